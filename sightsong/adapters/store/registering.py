"""Registering found files: tracks by their bytes, files by their paths, a job for what is new.

The caller holds a lock that lets one registration at a time past, so that what is read here stays
true until the commit.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, exists, func, insert, select

from sightsong.adapters.store import inserting
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import embeddings, jobs, track_files, tracks
from sightsong.adapters.store.upserts import upsert
from sightsong.core.embeddings import Space
from sightsong.core.jobs import JobId, JobKind, JobState, NewJob
from sightsong.core.tracks import FoundFile, Registered, TrackId, TrackState

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
        if _needs_embedding(connection, track_id, space):
            _add_embed_job(connection, track_id, parent_id)
    return Registered(new=told["new"], known=told["known"], duplicates=told["duplicates"])


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


def _needs_embedding(connection: Connection, track_id: TrackId, space: Space) -> bool:
    embedded = exists().where(embeddings.c.track_id == track_id, embeddings.c.space == space)
    asked = exists().where(jobs.c.id == tracks.c.embed_job_id, jobs.c.state.in_(_UNFINISHED))
    missing = select(tracks.c.id).where(
        tracks.c.id == track_id, tracks.c.state != TrackState.QUARANTINED, ~embedded, ~asked
    )
    return connection.execute(missing).first() is not None


def _add_embed_job(connection: Connection, track_id: TrackId, parent_id: JobId) -> None:
    new = NewJob(kind=JobKind.EMBED, params={"track_id": track_id}, parent_id=parent_id)
    job = inserting.add_job(connection, new)
    connection.execute(tracks.update().where(tracks.c.id == track_id).values(embed_job_id=job.id))
