"""New job rows."""

import uuid

from sqlalchemy import Connection, Double, bindparam, insert

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import blobs, ingests, jobs
from sightsong.core import transitions
from sightsong.core.jobs import Blob, Job, JobKind, JobState, NewJob

#: Added to the time when a job may be claimed while its ingest is paused: 3,000 years, in seconds.
#: Taken away again, the job has its old place in the queue.
HELD_S = 1e11

#: Built once: that costs more than to run it.
_ADD_JOB = (
    insert(jobs)
    .values(
        available_at=db_now() + bindparam("held_s", type_=Double),
        created_at=db_now(),
    )
    .returning(jobs)
)


def add_job(connection: Connection, new: NewJob, *, is_held: bool = False) -> Job:
    """Insert a queued job, with the row of its blob before it and that of an ingest after it.

    Args:
        connection: in a transaction.
        new: the job.
        is_held: whether it waits until its ingest is resumed.
    """
    if new.blob is not None:
        _add_blob(connection, new.blob)
    columns = {
        "id": str(uuid.uuid4()),
        "kind": new.kind,
        "queue": new.kind.queue,
        "state": JobState.QUEUED,
        "state_version": 1,
        "priority": new.priority,
        "attempt": 0,
        "max_attempts": transitions.MAX_ATTEMPTS,
        "crash_count": 0,
        "params": dict(new.params),
        "parent_id": new.parent_id,
        "blob_id": new.blob.id if new.blob else None,
        "held_s": HELD_S if is_held else 0.0,
    }
    row = connection.execute(_ADD_JOB, columns).one()
    if new.kind is JobKind.INGEST:
        _add_ingest(connection, row.id, row.sequence)
    return rows.job(row)


def _add_ingest(connection: Connection, job_id: str, sequence: int) -> None:
    connection.execute(
        insert(ingests).values(
            job_id=job_id, sequence=sequence, scan={}, is_paused=False, is_canceled=False
        )
    )


def _add_blob(connection: Connection, blob: Blob) -> None:
    connection.execute(
        insert(blobs).values(
            id=blob.id,
            sha256=blob.sha256,
            size_bytes=blob.size_bytes,
            media_type=blob.media_type,
            created_at=db_now(),
        )
    )
