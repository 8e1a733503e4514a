"""What a pull takes models from: the hub or a mirror folder, behind one port."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sightsong.core.catalogue import ModelSpec
from sightsong.core.errors import ConfigurationError, SightsongError

if TYPE_CHECKING:
    from sightsong.adapters.weights.hub import Hub


class PullFailed(SightsongError):
    """A model could not be fetched."""

    code = "pull_failed"


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A file as its source describes it."""

    size_bytes: int
    sha256: str | None = None
    git_sha1: str | None = None  #: Of small files on the hub, which has no SHA-256 of them.
    made_from: str | None = None  #: SHA-256 of the pickled file that it was converted from.

    def is_like(self, path: Path, sha256: str) -> bool:
        """Whether a file with this digest is the one that was offered."""
        if path.stat().st_size != self.size_bytes:
            return False
        if self.sha256 is not None:
            return sha256 == self.sha256
        return self.git_sha1 is None or _git_sha1(path) == self.git_sha1


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A repository at one revision."""

    revision: str
    files: Mapping[str, Offered]  #: By name.


class Source(Protocol):
    """Where models come from."""

    def offer(self, spec: ModelSpec, revision: str) -> Offer:
        """Describe a repository at a revision.

        Raises:
            PullFailed: it cannot be had; says why.
        """
        ...

    def fetch(
        self,
        spec: ModelSpec,
        name: str,
        part: Path,
        *,
        revision: str,
        on_bytes: Callable[[int], None],
    ) -> None:
        """Bring a file into `part`, going on where that ends; `on_bytes` hears of what arrives.

        Raises:
            PullFailed: it cannot be had; says why.
        """
        ...


class Watcher(Protocol):
    """Who hears how a pull goes."""

    def begin(self, what: str, *, size_bytes: int, done_bytes: int = 0) -> None:
        """Begin with a file."""
        ...

    def advance(self, count: int) -> None:
        """Count bytes of it; fewer than none when it has to begin anew."""
        ...


def open_hub(endpoint: str | None = None) -> "Hub":
    """Open the Hugging Face hub.

    Args:
        endpoint: address of another one; None: the one that `HF_ENDPOINT` names, or the public one.

    Raises:
        ConfigurationError: the library for it is not installed.
    """
    # Read by the library when it is imported: nothing but the files asked for is anyone's business.
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # noqa: TID251 - written, not read
    try:
        from sightsong.adapters.weights.hub import Hub  # noqa: PLC0415 - not in every installation
    except ImportError as error:
        raise ConfigurationError(
            f"models are fetched by {error.name}, which is not installed; run `./run install full`"
        ) from error
    return Hub(endpoint)


def _git_sha1(path: Path) -> str:
    """Digest a file as git names it."""
    sha1 = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    sha1.update(path.read_bytes())
    return sha1.hexdigest()
