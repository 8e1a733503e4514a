"""Intake: how work enters. Blob, then row, then ring, so that a message never points at nothing."""

import contextlib
from collections.abc import Mapping
from typing import Any

from sightsong.core import errors, jobs, ports
from sightsong.core.ingests import Ingest, Wish


def submit_photo(
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    *,
    content: bytes,
    media_type: str,
    params: Mapping[str, Any],
    queue_limit: int,
) -> jobs.Job:
    """Store a photo and its job, and wake the workers.

    Args:
        stores: where the bytes and the job go.
        doorbell: wakes the workers; the job is safe without it.
        content: the upload, which has passed the door's checks.
        media_type: as sniffed from the bytes, never as claimed.
        params: of the job, JSON values only.
        queue_limit: as many waiting photos as this are enough.

    Raises:
        QueueFull: too many photos wait already.
        StorageFull: the disk has no room for the photo.
        StoreUnavailable: the database does not answer; the job may have been stored or not.
    """
    if stores.jobs.backlog(jobs.Queue.PHOTOS, limit=queue_limit) >= queue_limit:
        raise errors.QueueFull
    blob = stores.blobs.put(content, media_type=media_type)
    try:
        job = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.PHOTO, params=params, blob=blob))
    except errors.StoreUnavailable:
        # It may have gone away after the commit: the row may exist, and then it needs its blob. A
        # blob without a row is garbage that nobody misses; a row without a blob must not be.
        raise
    except errors.SightsongError:
        with contextlib.suppress(errors.SightsongError):
            stores.blobs.delete(blob.id)
        raise
    _ring(doorbell, job.kind.queue)
    return job


def submit_ingest(stores: ports.Stores, doorbell: ports.Doorbell, wish: Wish) -> jobs.Job:
    """Store an ingest, whose source the door has checked, and wake the indexer.

    Raises:
        StoreUnavailable: the database does not answer; nothing was stored.
    """
    job = stores.ingests.submit(wish)
    _ring(doorbell, job.kind.queue)
    return job


def retry_ingest(stores: ports.Stores, doorbell: ports.Doorbell, ingest_id: jobs.JobId) -> int:
    """Try the failed tracks of an ingest again, and wake the workers; how many there are.

    Raises:
        JobNotFound: there is no such ingest.
    """
    tried = stores.ingests.retry(ingest_id)
    if tried:
        _ring(doorbell, jobs.Queue.TRACKS)
    return tried


def resume_ingest(stores: ports.Stores, doorbell: ports.Doorbell, ingest_id: jobs.JobId) -> Ingest:
    """Let a paused ingest go on, and wake who works on it.

    Raises:
        JobNotFound: there is no such ingest.
    """
    resumed = stores.ingests.resume(ingest_id)
    for queue in (jobs.Queue.LIBRARY, jobs.Queue.TRACKS):
        _ring(doorbell, queue)
    return resumed


def submit_rebuild(stores: ports.Stores, doorbell: ports.Doorbell) -> jobs.Job | None:
    """Store a job that builds a new index, unless one waits or runs already (None if so).

    Raises:
        StoreUnavailable: the database does not answer; nothing was stored.
    """
    job = stores.jobs.submit_once(jobs.NewJob(kind=jobs.JobKind.REBUILD))
    if job is not None:
        _ring(doorbell, job.kind.queue)
    return job


def _ring(doorbell: ports.Doorbell, queue: jobs.Queue) -> None:
    """Wake the workers of a queue; they find the job by themselves if nobody hears."""
    with contextlib.suppress(errors.Unavailable):
        doorbell.ring(queue)
