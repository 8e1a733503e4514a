"""New job rows."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Double, Row, bindparam, insert

from sightsong.adapters.store import answered, ended
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import blobs, ingests, jobs
from sightsong.core import transitions
from sightsong.core.jobs import Blob, Job, JobId, JobKind, JobState, NewJob

#: Added to the time when a job may be claimed while its ingest is paused: 3,000 years, in seconds.
#: Taken away again, the job has its old place in the queue.
HELD_S = 1e11

#: Built once: that costs more than to run it.
ADD_JOBS = insert(jobs).values(
    available_at=db_now() + bindparam("held_s", type_=Double),
    created_at=db_now(),
    deadline_at=db_now() + bindparam("deadline_s", type_=Double),
    finished_at=db_now() + bindparam("ended_s", type_=Double),
)
_TOLD = (jobs.c.created_at, jobs.c.deadline_at, jobs.c.finished_at, jobs.c.params)
_ADD_JOB = ADD_JOBS.returning(jobs.c.sequence, *_TOLD)
#: In one statement; to have the rows told in its order, SQLite would take one for each.
_ADD_SEVERAL = ADD_JOBS.returning(jobs.c.id, *_TOLD)
ADD_BLOBS = insert(blobs).values(created_at=db_now())


def new_id() -> JobId:
    """Make an id."""
    return JobId(str(uuid.uuid4()))


def add_job(
    connection: Connection, new: NewJob, *, is_held: bool = False, job_id: JobId | None = None
) -> Job:
    """Insert a job, with the row of its blob before it and that of an ingest after it.

    It is queued; or, as a copy of another, has succeeded with the answer of that.

    Args:
        connection: in a transaction.
        new: the job.
        is_held: whether it waits until its ingest is resumed.
        job_id: an id that was made for it; None: it gets one.

    Raises:
        JobNotFound: its tenant has no such job to copy, or that has no answer.
        JobErased: the job to copy was erased.
    """
    if new.copy_of is not None:
        return _add_copy(connection, new, new.copy_of, job_id or new_id())
    if new.blob is not None:
        _add_blob(connection, new.blob)
    job_id = job_id or new_id()
    held_s = HELD_S if is_held else 0.0
    row = connection.execute(_ADD_JOB, columns(job_id, new) | {"held_s": held_s}).one()
    if new.kind is JobKind.INGEST:
        _add_ingest(connection, job_id, row.sequence)
    return _job(job_id, new, row)


def add_plain_jobs(connection: Connection, new: Sequence[tuple[JobId, NewJob]]) -> list[Job]:
    """Insert several queued photos and texts under ids that were made for them."""
    blobs = [columns_of_blob(one.blob) for _, one in new if one.blob is not None]
    if blobs:
        connection.execute(ADD_BLOBS, blobs)
    values = [columns(job_id, one) for job_id, one in new]
    if not values:
        return []
    told = {row.id: row for row in connection.execute(_ADD_SEVERAL, values)}
    return [_job(job_id, one, told[job_id]) for job_id, one in new]


def _add_copy(connection: Connection, new: NewJob, source: JobId, job_id: JobId) -> Job:
    answer = answered.hold(connection, source, tenant=new.tenant)
    row = connection.execute(_ADD_JOB, columns_of_copy(job_id, new)).one()
    answered.copy(connection, source, job_id)
    ended.ended(connection, [row.sequence])
    copied = {"state": JobState.SUCCEEDED, "result": answer.payload, "cached_from": source}
    return replace(_job(job_id, new, row), **copied)


def columns_of_copy(job_id: JobId, new: NewJob) -> dict[str, Any]:
    """What `ADD_JOBS` is given of a copy of another job."""
    # Without what it is found by: a copy is no younger than what it was made from.
    is_done = {"state": JobState.SUCCEEDED, "ended_s": 0.0, "asked_digest": None}
    return columns(job_id, new) | is_done


def columns(job_id: JobId, new: NewJob) -> dict[str, Any]:
    """What `ADD_JOBS` is given of a job that is queued."""
    return {
        "id": job_id,
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
        "held_s": 0.0,
        "ended_s": None,
        "custom_id": new.custom_id,
        "deadline_s": new.deadline_s,
        "keep_image_s": new.keep_image_s if new.blob else None,
        "tenant": new.tenant,
        "user_id": new.user,
        "webhook_id": new.webhook_id,
        "position": new.position,
        "asked_digest": new.asked_digest,
        "cached_from": new.copy_of,
    }


def _job(job_id: JobId, new: NewJob, row: Row[Any]) -> Job:
    """Make the job of what was asked for, and of what only the database knows."""
    return Job(
        id=job_id,
        kind=new.kind,
        state=JobState.QUEUED,
        state_version=1,
        attempt=0,
        max_attempts=transitions.MAX_ATTEMPTS,
        crash_count=0,
        priority=new.priority,
        params=row.params,
        created_at=row.created_at,
        finished_at=row.finished_at,
        parent_id=new.parent_id,
        blob_id=new.blob.id if new.blob else None,
        custom_id=new.custom_id,
        deadline_at=row.deadline_at,
        tenant=new.tenant,
        user=new.user,
    )


def _add_ingest(connection: Connection, job_id: str, sequence: int) -> None:
    connection.execute(
        insert(ingests).values(
            job_id=job_id, sequence=sequence, scan={}, is_paused=False, is_canceled=False
        )
    )


def _add_blob(connection: Connection, blob: Blob) -> None:
    connection.execute(ADD_BLOBS, columns_of_blob(blob))


def columns_of_blob(blob: Blob) -> dict[str, Any]:
    """What `ADD_BLOBS` is given of a photo."""
    return {
        "id": blob.id,
        "sha256": blob.sha256,
        "size_bytes": blob.size_bytes,
        "media_type": blob.media_type,
    }
