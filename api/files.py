"""Files of the machine, as far as a request may reach them."""

import contextlib
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from api.errors import TrackFileGone
from sightsong.core.errors import PathNotAllowed
from sightsong.core.tracks import is_remote

#: What players are told; a fixed table, because the system's own differs between machines.
_AUDIO_TYPES = {
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".mp4": "audio/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".wma": "audio/x-ms-wma",
    ".wv": "audio/x-wavpack",
}


def ingestible(path: str, *, root: Path | None) -> Path:
    """Check a path that somebody wants to take in, and resolve it.

    What lies outside the library folder is refused without looking at it, so that nobody learns
    what exists there.

    Raises:
        PathNotAllowed: it is not an absolute path of a folder or file that may be read.
    """
    given = Path(path)
    if not given.is_absolute():
        raise PathNotAllowed("The path must be absolute.")
    real = _resolved(given)
    if root is not None and not real.is_relative_to(_resolved(root)):
        raise PathNotAllowed("The path lies outside the library folder.")
    mode = _mode(real)
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise PathNotAllowed("There is no folder or file at this path.")
    needed = os.R_OK | os.X_OK if stat.S_ISDIR(mode) else os.R_OK
    if not os.access(real, needed):
        raise PathNotAllowed("This service may not read this path.")
    return real


def playable(
    paths: Iterable[str], *, root: Path | None, shelf: Path | None = None
) -> tuple[Path, os.stat_result]:
    """Find the first of a track's files that can be played, and its stat.

    Args:
        paths: where they lie; addresses in object stores are passed over.
        root: the library folder; None: any.
        shelf: where the service keeps music itself.

    Raises:
        TrackFileGone: none is there, a regular file, and inside one of the two folders.
    """
    roots = () if root is None else tuple(one for one in (root, shelf) if one is not None)
    for path in paths:
        with contextlib.suppress(TrackFileGone):
            return _playable(path, roots)
    raise TrackFileGone


def _playable(path: str, roots: Sequence[Path]) -> tuple[Path, os.stat_result]:
    if is_remote(path):
        raise TrackFileGone
    try:
        real = Path(path).resolve(strict=True)
        status = real.stat()
    except (OSError, ValueError, RuntimeError) as error:
        raise TrackFileGone from error
    inside = not roots or any(real.is_relative_to(root.resolve()) for root in roots)
    if not (inside and stat.S_ISREG(status.st_mode) and os.access(real, os.R_OK)):
        raise TrackFileGone
    return real, status


def audio_type(name: str) -> str:
    """The media type of an audio file, by its ending."""
    return _AUDIO_TYPES.get(Path(name).suffix.lower(), "application/octet-stream")


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError as error:
        raise PathNotAllowed("There is no folder or file at this path.") from error


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (
        OSError,
        ValueError,
        RuntimeError,
    ) as error:  # NUL bytes, rings of links, names too long
        raise PathNotAllowed from error
