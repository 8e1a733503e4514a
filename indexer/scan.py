"""The library scan: which audio files lie under a folder."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

#: Endings that are looked at, in small letters. Whether the bytes are audio, the decoder finds out.
SUFFIXES = frozenset(
    {
        *(".aac", ".ac3", ".aif", ".aifc", ".aiff", ".ape", ".au", ".caf", ".dff", ".dsf", ".eac3"),
        *(".flac", ".m4a", ".m4b", ".m4p", ".mka", ".mp2", ".mp3", ".mpc", ".oga", ".ogg", ".opus"),
        *(".snd", ".spx", ".tak", ".tta", ".wav", ".wave", ".weba", ".wma", ".wv"),
    }
)

OnUnreadable = Callable[[Path, str], None]
OnIgnored = Callable[[Path], None]


def is_audio(name: str) -> bool:
    """Whether a file is looked at, by its name: not hidden, and with an ending of audio."""
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def is_audio_at(path: str) -> bool:
    """Whether a member of an archive is looked at, by its path there."""
    return is_audio(path.rpartition("/")[2])


def audio_files(
    root: Path,
    *,
    on_unreadable: OnUnreadable = lambda _path, _reason: None,
    on_ignored: OnIgnored = lambda _path: None,
) -> Iterator[Path]:
    """Walk a folder in a fixed order; hidden names are left out.

    Symbolic links are not followed, so that a scan never leaves the folder it was given.

    Args:
        root: the folder.
        on_unreadable: told of each folder that cannot be listed, with the reason.
        on_ignored: told of each file that is no audio by its ending.
    """

    def miss(error: OSError) -> None:
        on_unreadable(Path(error.filename), error.strerror or "the folder cannot be listed")

    for folder, names, files in os.walk(root, onerror=miss):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(name for name in files if not name.startswith(".")):
            path = Path(folder, name)
            if os.path.islink(path):  # noqa: PTH114 - says no where it cannot look
                continue
            if is_audio(name):
                yield path
            else:
                on_ignored(path)
