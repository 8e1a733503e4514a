"""Registering found files: tracks by their bytes, files by their paths, a job for what is new.

The caller holds a lock that lets one registration at a time past, so that what is read here stays
true until the commit.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, case, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from sightsong.adapters.store import (
    canceling,
    locking,
    naming,
    removing,
    revising,
    rows,
    standing,
    termed,
)
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import ingests, track_files, tracks
from sightsong.core.embeddings import Space
from sightsong.core.jobs import JobId, JobState
from sightsong.core.tracks import FoundFile, Tags, TrackId, TrackState, Verdict


@dataclass(frozen=True, kw_only=True)
class _Met:
    """A found file, and what is known of it."""

    file: FoundFile
    here: Row[Any] | None  #: What its path is registered as, with that track's `removed_at`.
    track: Row[Any] | None  #: The track that has its bytes.
    keeps: bool = False  #: Whether the track of its path goes on with the new bytes.


def register(
    connection: Connection,
    files: Sequence[FoundFile],
    *,
    space: Space,
    parent_id: JobId,
    restore: bool,
) -> list[Verdict]:
    """Store found files, with an `embed` job for each track that needs one."""
    # Locked until the commit: a pause or a cancel comes before all of this or after it.
    asked = connection.execute(_ASKED_OF, {"id": parent_id}).first()
    asking = standing.Asking(
        space=space,
        parent_id=parent_id,
        is_held=asked is not None and asked.is_paused,
        is_canceled=asked is not None and asked.is_canceled,
    )
    told = _make_way(connection, files)
    before = revising.facts(connection, told)
    verdicts = [_register(connection, file, asking, restore=restore) for file in files]
    revising.notice_changes(connection, before)
    return verdicts


def _make_way(connection: Connection, files: Sequence[FoundFile]) -> set[TrackId]:
    """Lock all that may be changed, and fence the attempts that may have read other bytes.

    Returns:
        The tracks of which something else may be said.
    """
    digests = {file.path: file.sha256 for file in files}
    known = _known(connection, digests)
    changed = [row for row in known if row.sha256 != digests[row.path]]
    of_bytes = _of_bytes(connection, digests.values())
    leaving = {row.id for row in changed}
    told = {TrackId(of_bytes[one.sha256].id) for one in files if _tells(one, of_bytes)}
    met = {row.id for row in (*known, *of_bytes.values())}
    locking.hold(connection, met, leaving=leaving, in_searches=bool(told))
    running = (JobState.RUNNING,)
    canceling.cancel_all(connection, (row.embed_job_id for row in changed), states=running)
    return told | leaving


def _tells(file: FoundFile, of_bytes: Mapping[str, Row[Any]]) -> bool:
    """Whether a file may say something else of a track than what was said of it before."""
    track = of_bytes.get(file.sha256)
    if track is None:
        return False
    own, given = rows.tags(track.tags), rows.tags(track.given)
    return (own, given) != (file.tags, file.given.instead_of(given))


def _of_bytes(connection: Connection, sha256s: Iterable[str]) -> dict[str, Row[Any]]:
    """Read the tracks that have some bytes, by their digests."""
    found: dict[str, Row[Any]] = {}
    for chunk in rows.chunks(sha256s):
        query = select(tracks).where(tracks.c.sha256.in_(chunk))
        found |= {row.sha256: row for row in connection.execute(query)}
    return found


def _known(connection: Connection, paths: Iterable[str]) -> list[Row[Any]]:
    """Read the tracks of those paths that are registered."""
    found: list[Row[Any]] = []
    for chunk in rows.chunks(paths):
        query = (
            select(track_files.c.path, tracks.c.id, tracks.c.sha256, tracks.c.embed_job_id)
            .join_from(track_files, tracks)
            .where(track_files.c.path.in_(chunk))
        )
        found.extend(connection.execute(query))
    return found


def _register(
    connection: Connection, file: FoundFile, asking: standing.Asking, *, restore: bool
) -> Verdict:
    met = _meet(connection, file)
    verdict = _verdict(met, restore=restore)
    track_id = _put_track(connection, met, verdict)
    _put_file(connection, met, track_id, asking.parent_id, verdict)
    if met.here is not None and met.here.track_id != track_id:
        _leave(connection, met.here, asking)
    if verdict is Verdict.DUPLICATE:
        naming.rename(connection, track_id)  # it may have had no file left
    if verdict is not Verdict.REMOVED:
        standing.ask(connection, track_id, asking)
    return verdict


def _meet(connection: Connection, file: FoundFile) -> _Met:
    here = connection.execute(_HERE, {"of_path": file.path}).first()
    track = connection.execute(_OF_BYTES, {"digest": file.sha256}).first()
    keeps = (
        track is None
        and here is not None
        and here.removed_at is None
        and _count_files(connection, here.track_id) == 1
    )
    return _Met(file=file, here=here, track=track, keeps=keeps)


def _verdict(met: _Met, *, restore: bool) -> Verdict:
    if met.track is None:
        return Verdict.CHANGED if met.keeps else Verdict.NEW
    if met.track.removed_at is not None:
        return Verdict.NEW if restore else Verdict.REMOVED
    if met.here is None or met.here.track_id != met.track.id:
        return Verdict.DUPLICATE
    before = rows.tags(met.track.given)
    return Verdict.KNOWN if _given(met, met.track) == before else Verdict.CHANGED


def _put_track(connection: Connection, met: _Met, verdict: Verdict) -> TrackId:
    """Make the row of the track what the file says; returns its id."""
    if met.track is None:
        if met.here is not None and met.keeps:
            return _change(connection, met.here, met.file)
        return _add(connection, met.file)
    track_id = TrackId(met.track.id)
    if verdict is Verdict.NEW:
        _restore(connection, met.track, met.file)
    elif verdict is not Verdict.REMOVED:
        _say(connection, met, met.track)
    return track_id


def _add(connection: Connection, file: FoundFile) -> TrackId:
    track_id = TrackId(str(uuid.uuid4()))
    columns = _columns(file) | {"id": track_id, "state": TrackState.PENDING, "descriptors": {}}
    connection.execute(_ADD, columns)
    termed.add(connection, track_id, file)
    return track_id


def _change(connection: Connection, here: Row[Any], file: FoundFile) -> TrackId:
    """Give a track other bytes; its embeddings may be of them or not, which a job finds out."""
    track_id = TrackId(here.track_id)
    standing.doubt(connection, [track_id])
    is_aside = tracks.c.state == TrackState.QUARANTINED
    state = case((is_aside, TrackState.PENDING), else_=tracks.c.state)
    changed = tracks.update().where(tracks.c.id == track_id)
    connection.execute(changed.values(**_columns(file, here), state=state, error=None))
    termed.put(connection, track_id)
    return track_id


def _restore(connection: Connection, track: Row[Any], file: FoundFile) -> None:
    back = tracks.update().where(tracks.c.id == track.id)
    columns = _columns(file, track) | {"state": TrackState.PENDING}
    connection.execute(back.values(**columns, error=None, removed_at=None))
    termed.put(connection, TrackId(track.id))


def _say(connection: Connection, met: _Met, track: Row[Any]) -> None:
    """Note what is said of a track of the same bytes, if it is not what was said before."""
    given = rows.said(_given(met, track))
    # Of the same bytes the file's own tags differ only where they are read better than before.
    said = rows.said(met.file.tags)
    if (given, said) == (rows.said(rows.tags(track.given)), rows.said(rows.tags(track.tags))):
        return
    changed = tracks.update().where(tracks.c.id == track.id)
    connection.execute(changed.values(tags=said or {}, given=given))
    termed.put(connection, TrackId(track.id))


def _given(met: _Met, track: Row[Any]) -> Tags:
    """What manifests say of a track, when one of its files is found with some such words or none.

    Each file of a track may come with other words. Those of its main file count, or else the first
    ones: were it the last, each scan would change them to and fro. A file that comes without, as
    from the scan of a folder, takes none away.
    """
    before = rows.tags(track.given)
    is_main = before == Tags() or track.path == met.file.path
    return met.file.given.instead_of(before) if is_main else before


def _columns(file: FoundFile, before: Row[Any] | None = None) -> dict[str, Any]:
    """What a file makes of its track; without words of a manifest, those it has stay."""
    given = file.given.instead_of(rows.tags(None if before is None else before.given))
    return {
        "sha256": file.sha256,
        "path": file.path,
        "tags": rows.said(file.tags) or {},
        "given": rows.said(given),
    }


def _put_file(
    connection: Connection, met: _Met, track_id: TrackId, ingest_id: JobId, verdict: Verdict
) -> None:
    if verdict is Verdict.KNOWN and met.here is not None and met.here.ingest_id == ingest_id:
        verdict = met.here.verdict  # what this ingest found at first
    columns = {
        "path": met.file.path,
        "track_id": track_id,
        "size_bytes": met.file.size_bytes,
        "mtime_ns": met.file.mtime_ns,
        "ingest_id": ingest_id,
        "verdict": verdict,
    }
    connection.execute(_PUT_FILE[connection.dialect.name], columns)


def _leave(connection: Connection, here: Row[Any], asking: standing.Asking) -> None:
    """See to the track that a path belonged to.

    If it lives on elsewhere its embedding is looked at again: it may have been made of this path,
    of the bytes that are there now.
    """
    if here.removed_at is not None:
        return
    track_id = TrackId(here.track_id)
    if naming.rename(connection, track_id):
        standing.doubt(connection, [track_id])
        standing.ask(connection, track_id, asking)
    else:
        removing.drop(connection, [track_id])


def _count_files(connection: Connection, track_id: str) -> int:
    return int(connection.execute(_COUNT_FILES, {"id": track_id}).scalar_one())


def _put_statement(
    insert_into: Callable[[Table], "sqlite.Insert | postgresql.Insert"],
) -> "sqlite.Insert | postgresql.Insert":
    new = insert_into(track_files)
    others = [column.name for column in track_files.columns if not column.primary_key]
    changes = {name: new.excluded[name] for name in others}
    return new.on_conflict_do_update(index_elements=["path"], set_=changes)


# Built once: that costs more than to run them.
_PUT_FILE = {
    "sqlite": _put_statement(sqlite.insert),
    "postgresql": _put_statement(postgresql.insert),
}
_ASKED_OF = (
    select(ingests.c.is_paused, ingests.c.is_canceled)
    .where(ingests.c.job_id == bindparam("id"))
    .with_for_update(read=True)
)
_HERE = (
    select(track_files, tracks.c.removed_at, tracks.c.given)
    .join_from(track_files, tracks)
    .where(track_files.c.path == bindparam("of_path"))
)
_OF_BYTES = select(tracks).where(tracks.c.sha256 == bindparam("digest"))
_COUNT_FILES = (
    select(func.count()).select_from(track_files).where(track_files.c.track_id == bindparam("id"))
)
_ADD = insert(tracks).values(added_at=db_now())
