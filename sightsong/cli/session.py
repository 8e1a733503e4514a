"""What a command acts in: how it reaches a service, and how its errors become exit statuses."""

import functools
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import typer

from sightsong.cli import config
from sightsong.cli.expanding import Command
from sightsong.cli.identity import identified
from sightsong.cli.screen import note
from sightsong.client import (
    DEFAULT_URL,
    Client,
    ClientError,
    KeyExposed,
    Patience,
    ProblemResponse,
    ServiceUnreachable,
)
from sightsong.core.errors import ConfigurationError, InputError, SightsongError
from sightsong.local.child import ChildSpec
from sightsong.local.interrupts import Interrupted

FAILED = 1
USAGE = 2
UNREACHABLE = 3
REFUSED = 4
#: Where a command remembers for which other service the config file has a key.
_WITHHELD = "sightsong.withheld"


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything outside the command line; tests pass another."""

    transport: httpx.BaseTransport | None = None  #: None: the network.
    patience: Patience = field(default_factory=Patience)
    children: tuple[ChildSpec, ...] | None = None  #: None: the processes of the service.
    hub: str | None = None  #: Address of a hub of models; None: the public one.

    def connect(self, base_url: str, *, key: str | None = None, user: str | None = None) -> Client:
        """Open a client of the service at an address."""
        return Client(
            base_url, key=key, user=user, transport=self.transport, patience=self.patience
        )


def connect(ctx: typer.Context, base_url: str) -> Client:
    """Open a client in the world that the command was started in.

    Where `--server` was not said, nor its variable set, the address is that of the config file; so
    are the key and the user. The file's key goes to the file's service alone.

    Raises:
        ConfigurationError: that file is broken, or what was said is no address; or the file has the
            key, and others may read it.
    """
    source = ctx.get_parameter_source("server")
    if source is None:  # a command that has started the service itself
        return world(ctx).connect(base_url)
    ctx.meta.pop(_WITHHELD, None)
    said = {"key": ctx.params.get("key"), "user": ctx.params.get("user")}
    path = config.location()
    if source.name == "DEFAULT":
        file = config.read(path)
        base_url = file.server or base_url
    else:
        _check_address(base_url, said="SIGHTSONG_SERVER" if source.name == "ENVIRONMENT" else "")
        file = _file_of(ctx, path, base_url)
    if said["key"] is None and file.key is not None and path is not None:
        config.check_private(path)
    return world(ctx).connect(base_url, key=said["key"] or file.key, user=said["user"] or file.user)


def world(ctx: typer.Context) -> World:
    """The world that the command was started in."""
    return ctx.obj if isinstance(ctx.obj, World) else World()


def reported(command: Command) -> Callable[..., None]:
    """Wrap a command: errors that users can do something about become a line and a status.

    One that asks a service can be told who asks.
    """
    told = identified(command)

    @functools.wraps(told)
    def wrapped(*args: object, **kwargs: Any) -> None:  # noqa: ANN401 - what typer has read
        try:
            told(*args, **kwargs)
        except (ClientError, SightsongError) as error:
            note(_explained(error, kwargs.get("ctx")), style="red")
            raise typer.Exit(status_of(error)) from error
        except Interrupted as asked:
            raise typer.Exit(asked.exit_status) from asked
        except KeyboardInterrupt as asked:
            raise typer.Exit(Interrupted(signal.SIGINT).exit_status) from asked

    return wrapped


def advised(refusal: ProblemResponse, advice: str) -> ProblemResponse:
    """The same refusal, with what to type; the service's own words are about HTTP."""
    return ProblemResponse(
        f"{refusal.detail.rstrip('.')}: {advice}",
        code=refusal.code,
        status=refusal.status,
        retry_after_s=refusal.retry_after_s,
    )


def status_of(error: ClientError | SightsongError) -> int:
    """Name the exit status of an error."""
    if isinstance(error, ServiceUnreachable):
        return UNREACHABLE
    if isinstance(error, InputError) or (isinstance(error, ProblemResponse) and error.is_refusal):
        return REFUSED
    return USAGE if isinstance(error, ConfigurationError | KeyExposed) else FAILED


def _check_address(base_url: str, *, said: str) -> None:
    if not config.is_address(base_url):
        raise ConfigurationError(
            f"{said or '--server'} is to be an address, such as {DEFAULT_URL}; {base_url!r} is none"
        )


def _file_of(ctx: typer.Context, path: Path | None, base_url: str) -> config.Config:
    """What the config file says of a service that was named without it; no matter if it is broken.

    Nothing of another service: a key is for the one that it was written down with.
    """
    try:
        file = config.read(path)
    except ConfigurationError:
        return config.Config()
    its_own = file.server or DEFAULT_URL
    if base_url.rstrip("/") == its_own.rstrip("/"):
        return file
    if file.key is not None and ctx.params.get("key") is None:
        ctx.meta[_WITHHELD] = its_own
    return config.Config()


def _explained(error: ClientError | SightsongError, ctx: typer.Context | None) -> str:
    """What is told of an error; of a missing key, how to give one."""
    is_keyless = isinstance(error, ProblemResponse) and error.status == httpx.codes.UNAUTHORIZED
    if not is_keyless:
        return error.detail
    file = config.location() or "the config file"
    its_own = None if ctx is None else ctx.meta.get(_WITHHELD)
    if its_own is not None:
        return (
            f"{error.detail.rstrip('.')}: the key in {file} goes only to {its_own}, spelt just so; "
            "give this service its key with --key or in SIGHTSONG_KEY"
        )
    return (
        f"{error.detail.rstrip('.')}: give a key with --key, in SIGHTSONG_KEY, or as a line "
        f'key = "ssk_…" of {file}'
    )
