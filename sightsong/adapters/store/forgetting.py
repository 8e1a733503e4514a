"""Forgetting files that are gone. The caller holds the lock of registrations."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from sightsong.adapters.store import locking, naming, removing, rows, standing
from sightsong.adapters.store.schema import track_files, tracks
from sightsong.core.jobs import JobId
from sightsong.core.tracks import Forgotten, TrackId, Verdict

_FILES = (
    track_files.c.path,
    track_files.c.track_id,
    track_files.c.ingest_id,
    track_files.c.verdict,
    tracks.c.removed_at,
)


@dataclass(kw_only=True)
class _Plan:
    """What is to be done."""

    dropped: list[str] = field(default_factory=list)  #: Files.
    moved: list[str] = field(default_factory=list)  #: Files that tracks moved to.
    renamed: list[TrackId] = field(default_factory=list)  #: Tracks that live on elsewhere.
    doubted: list[TrackId] = field(default_factory=list)  #: Of those, what lost a copy.
    orphans: list[TrackId] = field(default_factory=list)  #: Tracks without another file.


def forget(
    connection: Connection, paths: Sequence[str], *, ingest_id: JobId, remove: bool
) -> Forgotten:
    """Drop files that are gone, and their tracks if so told."""
    gone = frozenset(paths)
    plan = _Plan()
    for track_id, files in _files_of_tracks(connection, gone).items():
        _plan(plan, track_id, files, gone=gone, ingest_id=ingest_id)
    leaving = plan.orphans if remove else []
    locking.hold(connection, [*plan.renamed, *plan.doubted], leaving=leaving)
    if remove:
        removing.drop(connection, plan.orphans)
    for chunk in rows.chunks(plan.dropped):
        connection.execute(delete(track_files).where(track_files.c.path.in_(chunk)))
    if plan.moved:
        connection.execute(_MOVE, [{"of_path": path} for path in plan.moved])
    for track_id in plan.renamed:
        naming.rename(connection, track_id)
    standing.doubt(connection, plan.doubted)
    orphans = len(plan.orphans)
    return Forgotten(
        moved=len(plan.moved),
        removed=orphans if remove else 0,
        missing=0 if remove else orphans,
    )


def _plan(
    plan: _Plan,
    track_id: TrackId,
    files: Sequence[Any],
    *,
    gone: Collection[str],
    ingest_id: JobId,
) -> None:
    left = [file for file in files if file.path not in gone]
    lost = [file.path for file in files if file.path in gone]
    is_mark = files[0].removed_at is not None
    if not left and not is_mark:
        plan.orphans.append(track_id)
        return
    plan.dropped += lost
    if is_mark:
        return
    plan.renamed.append(track_id)
    found = [
        file.path
        for file in left
        if file.ingest_id == ingest_id and file.verdict == Verdict.DUPLICATE
    ]
    plan.moved += sorted(found)[: len(lost)]
    if len(found) < len(lost):
        plan.doubted.append(track_id)  # it may have been heard there, when other bytes lay there


def _files_of_tracks(connection: Connection, paths: Iterable[str]) -> dict[TrackId, list[Any]]:
    """Read all files of the tracks that have one of `paths`."""
    of_paths: set[TrackId] = set()
    for chunk in rows.chunks(sorted(paths)):
        query = select(track_files.c.track_id).where(track_files.c.path.in_(chunk))
        of_paths.update(connection.execute(query).scalars())
    found: dict[TrackId, list[Any]] = defaultdict(list)
    for ids in rows.chunks(sorted(of_paths)):
        files = select(*_FILES).join_from(track_files, tracks).where(tracks.c.id.in_(ids))
        for row in connection.execute(files):
            found[TrackId(row.track_id)].append(row)
    return found


_MOVE = (
    track_files.update()
    .where(track_files.c.path == bindparam("of_path"))
    .values(verdict=Verdict.MOVED)
)
