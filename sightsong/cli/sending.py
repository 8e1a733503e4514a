"""Which files of a folder are sent to a service, and in which loads."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

#: Endings of what a service can make tracks of: audio, archives, manifests.
SUFFIXES = frozenset(
    {
        *(".aac", ".aif", ".aiff", ".flac", ".m4a", ".m4b", ".mp3", ".mp4", ".oga", ".ogg"),
        *(".opus", ".wav", ".wma", ".wv"),
        *(".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz"),
        *(".csv", ".jsonl", ".ndjson"),
    }
)
#: A load is smaller than what a service takes at once unless it was told otherwise.
MOST_BYTES = 1024**3
MOST_FILES = 500

Load = Mapping[str, Path]


def loads(
    sources: Sequence[Path], *, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES
) -> Iterator[Load]:
    """Pack files into loads, each by the name that the service is to know.

    Args:
        sources: files, and folders of which all music is taken.
        most_bytes: of a load, unless a single file has more.
        most_files: of a load.
    """
    load: dict[str, Path] = {}
    size = 0
    for name, path in _named(sources):
        added = path.stat().st_size
        if load and (size + added > most_bytes or len(load) >= most_files):
            yield load
            load, size = {}, 0
        load[_unlike(name, load)] = path
        size += added
    if load:
        yield load


def size_of(load: Load) -> int:
    """The bytes of a load."""
    return sum(path.stat().st_size for path in load.values())


def _named(sources: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    for source in sources:
        if source.is_dir():
            for path in _music_below(source):
                yield path.relative_to(source).as_posix(), path
        else:
            yield source.name, source


def _music_below(folder: Path) -> Iterator[Path]:
    for here, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            path = Path(here, name)
            is_music = path.suffix.lower() in SUFFIXES and not name.startswith(".")
            if is_music and path.is_file() and not path.is_symlink():
                yield path


def _unlike(name: str, taken: Mapping[str, Path]) -> str:
    """A name that is not taken: two folders may hold files of one name."""
    number, unlike = 1, name
    while unlike in taken:
        number += 1
        unlike = f"{number}/{name}"
    return unlike
