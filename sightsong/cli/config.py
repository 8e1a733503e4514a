"""The file that says once what would else be said with each command."""

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import httpx

from sightsong.cli import identity
from sightsong.core.errors import ConfigurationError
from sightsong.core.tenancy import is_user_name

_SCHEMES = ("http://", "https://")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the file says; None where it does not."""

    server: str | None = None  #: Address of the service.
    key: str | None = None  #: The key to it; for this service alone.
    user: str | None = None  #: Whom it is asked for, among its users.


def location() -> Path | None:
    """Where the file lies, if it is there; None where this account has no home."""
    base = Path(os.environ.get("XDG_CONFIG_HOME", ""))  # noqa: TID251 - where, not what is set
    if not base.is_absolute():  # as good as not said: the XDG specification wants it so
        try:
            base = Path.home() / ".config"
        except RuntimeError:
            return None
    return base / "sightsong" / "config.toml"


def read(path: Path | None) -> Config:
    """Read the file; one that is not there says nothing.

    Raises:
        ConfigurationError: it cannot be read, or says what nobody understands.
    """
    if path is None:
        return Config()
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Config()
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    return _checked(path, said)


def check_private(path: Path) -> None:
    """See that nobody else can read a file with a key in it; to be called before it is used.

    Raises:
        ConfigurationError: others can; says how to end that.
    """
    if path.stat().st_mode & _OTHERS:
        raise ConfigurationError(
            f"{path} holds a key, and others on this machine may read it; run: chmod 600 {path}"
        )


def is_address(server: str) -> bool:
    """Whether a service may be there: http or https, and a host."""
    try:
        return server.startswith(_SCHEMES) and bool(httpx.URL(server).host)
    except httpx.InvalidURL:
        return False


def _checked(path: Path, said: Mapping[str, Any]) -> Config:
    known = [field.name for field in fields(Config)]
    for name in said:
        if name not in known:
            raise ConfigurationError(
                f"{path} says {name!r}, which is no setting; there is {', '.join(known)}"
            )
    server, key, user = (said.get(name) for name in ("server", "key", "user"))
    if server is not None and not (isinstance(server, str) and is_address(server)):
        raise ConfigurationError(
            f'{path}: server is to be an address, such as server = "http://127.0.0.1:8000"'
        )
    if key is not None and not (isinstance(key, str) and identity.is_key(key)):
        raise ConfigurationError(f'{path}: key is to be a key, such as key = "ssk_…"')
    if user is not None and not (isinstance(user, str) and is_user_name(user)):
        raise ConfigurationError(f'{path}: user is to be a name, such as user = "alice"')
    return Config(server=server, key=key, user=user)
