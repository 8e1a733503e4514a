"""Files that are not there any more: what a scan that saw a whole folder can tell."""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from indexer.pieces import Walked, is_text, nearest, problem
from indexer.taking import Tally
from sightsong.core import errors, ports
from sightsong.core.jobs import JobId

#: Files that are forgotten in one transaction.
_CHUNK = 256


def forget(
    tracks: ports.Tracks,
    walked: Walked,
    seen: set[str],
    *,
    ingest_id: JobId,
    remove: bool,
    tally: Tally,
) -> None:
    """Drop the registered files of a folder that are gone.

    What cannot be told from a disk that is away is kept, and counted as missing: everything, if the
    folder is not there any more or lies on another file system now; and what lay in a folder, or
    below it, that is there and holds nothing at all, as the place does where a disk was.

    Args:
        tracks: where files are registered.
        walked: a folder that was walked to its end without an error.
        seen: the audio files found.
        ingest_id: of the ingest that walked it.
        remove: whether tracks that have no other file are removed.
        tally: where this is counted.
    """
    if not is_text(str(walked.folder)):
        return  # nothing in it could be registered
    registered = tracks.paths_under(str(walked.folder))
    gone = [path for path in registered if path not in seen and _is_gone(path)]
    if not _is_there(walked):
        _keep(gone, walked.folder, remove=remove, tally=tally)
        return
    places: dict[Path, list[str]] = defaultdict(list)
    for path in gone:
        places[nearest(Path(path).parent, walked.folder)].append(path)
    for place in [place for place in places if _is_empty(place)]:
        _keep(places.pop(place), place, remove=remove, tally=tally)
    for chunk in _chunks([path for held in places.values() for path in held]):
        done = tracks.forget(chunk, ingest_id=ingest_id, remove=remove)
        tally.counts["moved"] += done.moved
        tally.counts["duplicates"] -= done.moved  # they were counted so when they were found
        tally.counts["gone"] += done.removed
        tally.counts["missing"] += done.missing


def _keep(paths: list[str], place: Path, *, remove: bool, tally: Tally) -> None:
    """Count files as missing, and say so where they would have been removed."""
    tally.counts["missing"] += len(paths)
    if remove and paths:
        reason = "It holds nothing any more; is its disk there? Its tracks were kept."
        tally.miss(problem(place.name, errors.UnreadableFile(reason)))


def _is_there(walked: Walked) -> bool:
    """Whether a folder is still the one that was walked."""
    try:
        return walked.folder.stat().st_dev == walked.device
    except OSError:
        return False


def _is_empty(folder: Path) -> bool:
    """Whether a folder holds nothing at all, not even what is hidden, or cannot be looked at."""
    try:
        return not any(folder.iterdir())
    except OSError:
        return True


def _is_gone(path: str) -> bool:
    """Whether a file does not exist; one that merely cannot be looked at may."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _chunks(paths: list[str]) -> Iterable[list[str]]:
    for start in range(0, len(paths), _CHUNK):
        yield paths[start : start + _CHUNK]
