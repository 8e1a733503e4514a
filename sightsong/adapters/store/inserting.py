"""New job rows."""

import uuid

from sqlalchemy import Connection, insert

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import blobs, jobs
from sightsong.core import transitions
from sightsong.core.jobs import Blob, Job, JobState, NewJob

#: Built once: that costs more than to run it.
_ADD_JOB = insert(jobs).values(available_at=db_now(), created_at=db_now()).returning(jobs)


def add_job(connection: Connection, new: NewJob) -> Job:
    """Insert a queued job, and the row of its blob before it."""
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
    }
    return rows.job(connection.execute(_ADD_JOB, columns).one())


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
