"""Trying the failed tracks of an ingest again."""

from sqlalchemy import Connection, select

from sightsong.adapters.store import holding, standing
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import is_there, jobs, tracks
from sightsong.core.jobs import JobId, JobState
from sightsong.core.tracks import TrackId, TrackState

#: Failed jobs that are looked at in one transaction.
_CHUNK = 500


def retry(database: Database, ingest_id: JobId) -> int:
    """Make a new job for each track that is set aside; returns how many.

    Raises:
        JobNotFound: there is none.
    """
    made, after = 0, 0
    while True:
        with database.write() as connection:
            database.lock(connection, "register")
            is_held = holding.find(connection, ingest_id).is_paused
            failed = _failed(connection, ingest_id, after)
            if not failed:
                return made
            made += _again(connection, ingest_id, failed, is_held=is_held)
        after = max(failed)


def _failed(connection: Connection, ingest_id: JobId, after: int) -> dict[int, TrackId]:
    """Read failed jobs by their sequence, each with its track."""
    query = (
        select(jobs.c.sequence, jobs.c.params)
        .where(jobs.c.parent_id == ingest_id, jobs.c.state == JobState.FAILED)
        .where(jobs.c.sequence > after)
        .order_by(jobs.c.sequence)
        .limit(_CHUNK)
    )
    read = connection.execute(query).all()
    return {row.sequence: TrackId(row.params.get("track_id", "")) for row in read}


def _again(
    connection: Connection, ingest_id: JobId, failed: dict[int, TrackId], *, is_held: bool
) -> int:
    aside = select(tracks.c.id).where(
        tracks.c.id.in_(sorted(set(failed.values()))),
        tracks.c.state == TrackState.QUARANTINED,
        is_there,
    )
    waiting = frozenset(connection.execute(aside).scalars())
    tried = [sequence for sequence, track_id in failed.items() if track_id in waiting]
    if tried:
        left = jobs.update().where(jobs.c.sequence.in_(tried)).values(parent_id=None)
        connection.execute(left)
    for track_id in sorted(waiting):
        standing.add_job(connection, TrackId(track_id), ingest_id, is_held=is_held)
    return len(waiting)
