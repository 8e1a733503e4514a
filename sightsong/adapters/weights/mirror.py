"""A folder to take models from where there is no network: another models folder, or plain files."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from sightsong.adapters.weights import stamps
from sightsong.adapters.weights.lock import LockedModel, read_lock
from sightsong.adapters.weights.places import inside
from sightsong.adapters.weights.sources import Offer, Offered, PullFailed
from sightsong.core.catalogue import ModelSpec

_CHUNK_BYTES = 8 * 1024 * 1024
_DIGEST_LETTERS = 12


class Mirror:
    """A models folder with its lock, or a folder with `REPOSITORY/` folders and no lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def offer(self, spec: ModelSpec, revision: str) -> Offer:  # noqa: ARG002 - there is but one
        """Describe what is there, at whichever revision that is.

        Raises:
            PullFailed: there is nothing of this model.
            ModelsMissing: the mirror's lock cannot be used.
        """
        locked = read_lock(self._folder).get(spec.repository)
        if locked is not None:
            return _as_locked(locked)
        folder = self._folder / spec.repository
        try:
            names = [path.name for path in folder.iterdir() if path.is_file()]
            files = {name: _seen(folder / name) for name in spec.needed_among(names)}
        except FileNotFoundError as error:
            raise PullFailed(
                f"{self._folder} holds no {spec.repository}; expected in {folder}"
            ) from error
        except OSError as error:
            raise PullFailed(f"{folder} cannot be read ({error.strerror})") from error
        return Offer(revision=_local_revision(files), files=files)

    def fetch(
        self,
        spec: ModelSpec,
        name: str,
        part: Path,
        *,
        revision: str,  # noqa: ARG002 - there is but one
        on_bytes: Callable[[int], None],
    ) -> None:
        """Copy a file, from its beginning: a copy is quick.

        Raises:
            PullFailed: it cannot be read.
            ModelsMissing: the mirror's lock names a file outside of it.
        """
        path = inside(self._folder, spec.repository, name)
        if part.exists():
            on_bytes(-part.stat().st_size)
        try:
            source = path.open("rb")
        except OSError as error:
            raise PullFailed(f"{path} cannot be read ({error.strerror})") from error
        with source, part.open("wb") as target:
            while chunk := source.read(_CHUNK_BYTES):
                target.write(chunk)
                on_bytes(len(chunk))


def _seen(path: Path) -> Offered:
    return Offered(size_bytes=path.stat().st_size, sha256=stamps.digest(path))


def _as_locked(locked: LockedModel) -> Offer:
    files = {
        name: Offered(size_bytes=file.size_bytes, sha256=file.sha256, made_from=file.made_from)
        for name, file in locked.files.items()
    }
    return Offer(revision=locked.revision, files=files)


def _local_revision(files: dict[str, Offered]) -> str:
    """Name files by their bytes: the same files are the same revision, wherever they came from."""
    lines = "".join(f"{file.sha256}  {name}\n" for name, file in sorted(files.items()))
    return f"local-{hashlib.sha256(lines.encode()).hexdigest()[:_DIGEST_LETTERS]}"
