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
        QueueFull: too many photos and words wait already.
        StorageFull: the disk has no room for the photo.
        StoreUnavailable: the database does not answer; the job may have been stored or not.
    """
    _refuse_full(stores, jobs.Queue.PHOTOS, queue_limit)
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


def submit_text(
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    *,
    params: Mapping[str, Any],
    queue_limit: int,
) -> jobs.Job:
    """Store a job that finds the tracks which some words ask for, and wake the workers.

    Args:
        stores: where the job goes.
        doorbell: wakes the workers; the job is safe without it.
        params: of the job, JSON values only; `text` holds the words, which the door has checked.
        queue_limit: as many waiting photos and words as this are enough.

    Raises:
        QueueFull: too many of them wait already.
        StoreUnavailable: the database does not answer; the job may have been stored or not.
    """
    _refuse_full(stores, jobs.Queue.PHOTOS, queue_limit)
    job = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.TEXT, params=params))
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


def submit_rebuild(
    stores: ports.Stores, doorbell: ports.Doorbell, *, asked: bool = False
) -> jobs.Job | None:
    """Store a job that builds a new index, unless one waits or runs already (None if so).

    Args:
        stores: where the job goes.
        doorbell: wakes the indexer.
        asked: whether a person wants it; it then takes the place of a pinned index, too.

    Raises:
        StoreUnavailable: the database does not answer; nothing was stored.
    """
    params = {"asked": True} if asked else {}
    job = stores.jobs.submit_once(jobs.NewJob(kind=jobs.JobKind.REBUILD, params=params))
    if job is not None:
        _ring(doorbell, job.kind.queue)
    return job


def submit_verify(
    stores: ports.Stores, doorbell: ports.Doorbell, *, version: str, queue_limit: int
) -> jobs.Job:
    """Store a job that compares an index snapshot with its manifest, and wake the indexer.

    Raises:
        SnapshotNotFound: there is none of this version.
        QueueFull: too much waits for the indexer already.
        StoreUnavailable: the database does not answer; the job may have been stored or not.
    """
    snapshot = stores.snapshots.get(version)
    new = jobs.NewJob(kind=jobs.JobKind.VERIFY, params={"version": snapshot.version})
    return _submit_to_indexer(stores, doorbell, new, queue_limit=queue_limit)


def submit_prune(stores: ports.Stores, doorbell: ports.Doorbell, *, queue_limit: int) -> jobs.Job:
    """Store a job that removes the index snapshots which nobody needs, and wake the indexer.

    Raises:
        QueueFull: too much waits for the indexer already.
        StoreUnavailable: the database does not answer; the job may have been stored or not.
    """
    new = jobs.NewJob(kind=jobs.JobKind.PRUNE)
    return _submit_to_indexer(stores, doorbell, new, queue_limit=queue_limit)


def _submit_to_indexer(
    stores: ports.Stores, doorbell: ports.Doorbell, new: jobs.NewJob, *, queue_limit: int
) -> jobs.Job:
    _refuse_full(stores, new.kind.queue, queue_limit)
    job = stores.jobs.submit(new)
    _ring(doorbell, job.kind.queue)
    return job


def _refuse_full(stores: ports.Stores, queue: jobs.Queue, limit: int) -> None:
    """See that a queue has room for one more job."""
    if stores.jobs.backlog(queue, limit=limit) >= limit:
        raise errors.QueueFull


def _ring(doorbell: ports.Doorbell, queue: jobs.Queue) -> None:
    """Wake the workers of a queue; they find the job by themselves if nobody hears."""
    with contextlib.suppress(errors.Unavailable):
        doorbell.ring(queue)
