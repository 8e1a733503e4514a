"""The library scan: which audio files lie under a folder."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from sightsong.core import errors

#: Endings that are looked at, in small letters. Whether the bytes are audio, the decoder finds out.
SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff"}
)


def audio_files(
    root: Path, *, on_unreadable: Callable[[Path, str], None] = lambda _path, _reason: None
) -> Iterator[Path]:
    """Walk a folder (or take one file) in a fixed order; hidden names are left out.

    Symbolic links are not followed, so that a scan never leaves the folder it was given.

    Args:
        root: the folder or file.
        on_unreadable: told of each folder below that cannot be listed, with the reason.

    Raises:
        PathNotAllowed: there is nothing to read at `root`.
        UnsupportedAudio: it is one file, and not of a kind that is looked at.
    """
    if root.is_file():
        if not _is_audio(root.name):
            raise errors.UnsupportedAudio(f"{root.name} has no ending of an audio file")
        yield root
        return
    if not root.is_dir():
        raise errors.PathNotAllowed("there is no folder or file at this path")

    def miss(error: OSError) -> None:
        on_unreadable(Path(error.filename), error.strerror or "the folder cannot be listed")

    for folder, names, files in os.walk(root, onerror=miss):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if _is_audio(name) and not path.is_symlink():
                yield path


def _is_audio(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
