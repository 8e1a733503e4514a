"""Registering found files: tracks by their bytes, files by their paths, a job for what is new.

The caller holds a lock that lets one registration at a time past, so that what is read here stays
true until the commit.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
)

from sightsong.adapters.store import inserting
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import embeddings, jobs, track_files, tracks
from sightsong.adapters.store.upserts import upsert
from sightsong.core.embeddings import Space
from sightsong.core.jobs import JobId, JobKind, JobState, NewJob
from sightsong.core.tracks import FoundFile, Registered, TrackId, TrackState, needs_embedding

_UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


def register(
    connection: Connection, files: Sequence[FoundFile], *, space: Space, parent_id: JobId
) -> Registered:
    """Store found files, with an `embed` job for each track that needs one."""
    told: Counter[str] = Counter()
    for file in files:
        track_id = _track_of_bytes(connection, file.sha256)
        before = _track_of_path(connection, file.path)
        told[_verdict(track_id, before)] += 1
        if track_id is None:
            track_id = _add_track(connection, file)
        _put_file(connection, file, track_id)
        if before not in (None, track_id):
            _rename(connection, before)
        if is_wanting(connection.execute(_STANDING, {"id": track_id, "space": space}).one()):
            _add_embed_job(connection, track_id, parent_id)
    return Registered(new=told["new"], known=told["known"], duplicates=told["duplicates"])


def standing() -> tuple[ColumnElement[Any], ...]:
    """The columns of a query on `tracks` that tell how each stands in the space `:space`."""
    wanted = embeddings.c.space == bindparam("space")
    embedded = exists().where(embeddings.c.track_id == tracks.c.id, wanted)
    asked = exists().where(jobs.c.id == tracks.c.embed_job_id, jobs.c.state.in_(_UNFINISHED))
    return (
        tracks.c.state,
        tracks.c.error,
        embedded.label("is_embedded"),
        asked.label("is_asked"),
    )


def is_wanting(row: Row[Any]) -> bool:
    """Whether the track of a row with the columns of `standing` needs an `embed` job."""
    # The error is read here and not by SQL: Postgres refuses to take apart JSON with NUL in it.
    return needs_embedding(
        TrackState(row.state),
        (row.error or {}).get("code"),
        is_embedded=row.is_embedded,
        is_asked=row.is_asked,
    )


def _verdict(track_id: TrackId | None, before: TrackId | None) -> str:
    if track_id is None:
        return "new"
    return "known" if before == track_id else "duplicates"


def _track_of_bytes(connection: Connection, sha256: str) -> TrackId | None:
    return connection.execute(select(tracks.c.id).where(tracks.c.sha256 == sha256)).scalar()


def _track_of_path(connection: Connection, path: str) -> TrackId | None:
    query = select(track_files.c.track_id).where(track_files.c.path == path)
    return connection.execute(query).scalar()


def _add_track(connection: Connection, file: FoundFile) -> TrackId:
    track_id = TrackId(str(uuid.uuid4()))
    connection.execute(
        insert(tracks).values(
            id=track_id,
            sha256=file.sha256,
            path=file.path,
            state=TrackState.PENDING,
            tags=asdict(file.tags),
            added_at=db_now(),
            descriptors={},
        )
    )
    return track_id


def _put_file(connection: Connection, file: FoundFile, track_id: TrackId) -> None:
    columns = {"track_id": track_id, "size_bytes": file.size_bytes, "mtime_ns": file.mtime_ns}
    new = upsert(connection, track_files).values(path=file.path, **columns)
    connection.execute(new.on_conflict_do_update(index_elements=["path"], set_=columns))


def _rename(connection: Connection, track_id: TrackId | None) -> None:
    """Name another file of a track after one of its files became something else."""
    query = select(func.min(track_files.c.path)).where(track_files.c.track_id == track_id)
    left = connection.execute(query).scalar()
    if left is not None:
        connection.execute(tracks.update().where(tracks.c.id == track_id).values(path=left))


def _add_embed_job(connection: Connection, track_id: TrackId, parent_id: JobId) -> None:
    new = NewJob(kind=JobKind.EMBED, params={"track_id": track_id}, parent_id=parent_id)
    job = inserting.add_job(connection, new)
    connection.execute(_ASK, {"of_track": track_id, "embed_job_id": job.id})


def _ask() -> Update:
    is_quarantined = tracks.c.state == TrackState.QUARANTINED
    state = case((is_quarantined, TrackState.PENDING), else_=tracks.c.state)
    of_track = tracks.c.id == bindparam("of_track")
    return tracks.update().where(of_track).values(state=state, error=None)


# Built once: that costs more than to run them.
_STANDING = select(*standing()).where(tracks.c.id == bindparam("id"))
_ASK = _ask()
