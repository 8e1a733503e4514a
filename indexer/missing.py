"""Files that are not there any more: what a scan that saw a whole folder can tell."""

from collections.abc import Iterable
from pathlib import Path

from indexer.pieces import problem
from indexer.taking import Tally
from sightsong.core import errors, ports
from sightsong.core.jobs import JobId

#: Files that are forgotten in one transaction.
_CHUNK = 256


def forget(
    tracks: ports.Tracks,
    folder: Path,
    seen: set[str],
    *,
    ingest_id: JobId,
    remove: bool,
    tally: Tally,
) -> None:
    """Drop the registered files of a folder that are gone.

    A folder in which nothing at all was found, and once was, is more likely a disk that is not
    there than an emptied library: then nothing is dropped.

    Args:
        tracks: where files are registered.
        folder: that was walked to its end.
        seen: the audio files found.
        ingest_id: of the ingest that walked it.
        remove: whether tracks that have no other file are removed.
        tally: where this is counted.
    """
    registered = tracks.paths_under(str(folder))
    gone = [path for path in registered if path not in seen and _is_gone(Path(path))]
    if gone and len(gone) == len(registered) and folder.is_dir():
        if remove:
            reason = "It holds no music any more; is its disk there? Nothing was removed."
            tally.miss(problem(folder.name, errors.UnreadableFile(reason)))
        tally.counts["missing"] += len(gone)
        return
    for chunk in _chunks(gone):
        done = tracks.forget(chunk, ingest_id=ingest_id, remove=remove)
        tally.counts["moved"] += done.moved
        tally.counts["duplicates"] -= done.moved  # they were counted so when they were found
        tally.counts["gone"] += done.removed
        tally.counts["missing"] += done.missing


def _is_gone(path: Path) -> bool:
    """Whether a file does not exist; one that merely cannot be looked at may."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _chunks(paths: list[str]) -> Iterable[list[str]]:
    for start in range(0, len(paths), _CHUNK):
        yield paths[start : start + _CHUNK]
