"""Intake: how work enters. Blob, then row, then ring, so that a message never points at nothing."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sightsong.core import erasing, errors, jobs, ports
from sightsong.core.ingests import Ingest, Wish
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId, Whose

#: What was sent, of a submit that does not say what its sender has said: the fingerprints of keys
#: in use are made of it.
_SENT = ("params", "priority", "custom_id", "deadline_s", "keep_image_s", "key", "said")


@dataclass(frozen=True, kw_only=True)
class Recall:
    """Which answers that were given before will do again."""

    max_age_s: float  #: Given no longer ago than this.
    holds: Callable[[jobs.Job], bool]  #: Whether the answer of this job would be the same now.


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What comes with a photo or words."""

    params: Mapping[str, Any]  #: Of the job, JSON values only.
    priority: int = 1  #: 0 first, 2 last.
    custom_id: str | None = None
    deadline_s: float | None = None
    keep_image_s: float | None = None
    key: str | None = None  #: Under which it may be sent again; None: each time it is another.
    #: What its sender said of all that, JSON values only; None: all of it. What the service has
    #: filled in may be another when the same is sent again.
    said: Mapping[str, Any] | None = None
    whose: Whose = field(default_factory=Whose)
    account: jobs.Account = field(default_factory=jobs.Account)
    webhook_id: str | None = None
    recall: Recall | None = None  #: None: it is worked out anew.

    def idempotency(self, kind: jobs.JobKind, content: bytes = b"") -> jobs.Idempotency | None:
        """The key, and a digest of what was sent under it."""
        if self.key is None:
            return None
        said = self.said
        if said is None:
            said = {name: getattr(self, name) for name in _SENT}
        told: dict[str, Any] = {"kind": kind, "said": dict(said)}
        if self.whose.user:
            told["user"] = self.whose.user
        if self.said is None and self.webhook_id is not None:
            told["webhook_id"] = self.webhook_id
        fingerprint = _digest(told, content)
        return jobs.Idempotency(key=self.key, fingerprint=fingerprint, tenant=self.whose.tenant)

    def asked(self, kind: jobs.JobKind, content: bytes = b"") -> str | None:
        """A digest of all that decides its answer but the library; None where none is recalled."""
        if self.recall is None:
            return None
        is_personal = self.params.get("personal") is not False
        told = {
            "kind": kind,
            "params": dict(self.params),
            "user": self.whose.user if is_personal else None,
        }
        return _digest(told, content)

    def job(self, kind: jobs.JobKind, blob: jobs.Blob | None = None) -> jobs.NewJob:
        """The job that it becomes."""
        return jobs.NewJob(
            kind=kind,
            params=self.params,
            blob=blob,
            priority=self.priority,
            custom_id=self.custom_id,
            deadline_s=self.deadline_s,
            keep_image_s=self.keep_image_s,
            tenant=self.whose.tenant,
            user=self.whose.user or None,
            account=self.account,
            webhook_id=self.webhook_id,
        )


def submit_photo(
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    ask: Ask,
    *,
    content: bytes,
    media_type: str,
    queue_limit: int,
) -> jobs.Submitted:
    """Store a photo and its job, and wake the workers.

    Args:
        stores: where the bytes and the job go.
        doorbell: wakes the workers; the job is safe without it.
        ask: what comes with it.
        content: the upload, which has passed the door's checks.
        media_type: as sniffed from the bytes, never as claimed.
        queue_limit: as many waiting photos as this are enough.

    Raises:
        IdempotencyMismatch: its key was used for something else.
        JobErased: the job that was made of it under its key was erased.
        WebhookUnknown: the tenant has no such webhook.
        QuotaExceeded: its account has had its jobs of today.
        QueueFull: too many photos and words wait already.
        StorageFull: the disk has no room for the photo.
        StoreUnavailable: the database does not answer; the job may have been stored or not.
    """
    key = ask.idempotency(jobs.JobKind.PHOTO, content)
    if key is not None and (job := stores.jobs.replay(key)) is not None:
        return jobs.Submitted(job=job, is_replay=True)
    refuse_unknown_webhook(stores, ask.webhook_id, tenant=ask.whose.tenant)
    asked = ask.asked(jobs.JobKind.PHOTO, content)
    if copied := _recalled(stores, ask, jobs.JobKind.PHOTO, key, asked=asked):
        return copied
    refuse_full(stores, jobs.Queue.PHOTOS, queue_limit)
    blob = stores.blobs.put(content, media_type=media_type)
    try:
        new = replace(ask.job(jobs.JobKind.PHOTO, blob), asked_digest=asked)
        submitted = _store(stores, new, key)
    except errors.StoreUnavailable:
        # It may have gone away after the commit: the row may exist, and then it needs its blob. A
        # blob without a row is garbage that nobody misses; a row without a blob must not be.
        raise
    except errors.SightsongError:
        erasing.discard(stores, [blob.id])
        raise
    if submitted.is_replay:
        erasing.discard(stores, [blob.id])  # the same was sent twice at once
    _ring(doorbell, jobs.Queue.PHOTOS)
    return submitted


def submit_text(
    stores: ports.Stores, doorbell: ports.Doorbell, ask: Ask, *, queue_limit: int
) -> jobs.Submitted:
    """Store a job that finds the tracks which some words ask for, and wake the workers.

    Args:
        stores: where the job goes.
        doorbell: wakes the workers; the job is safe without it.
        ask: `text` of its params holds the words, which the door has checked.
        queue_limit: as many waiting photos and words as this are enough.

    Raises:
        IdempotencyMismatch: its key was used for something else.
        JobErased: the job that was made of it under its key was erased.
        WebhookUnknown: the tenant has no such webhook.
        QuotaExceeded: its account has had its jobs of today.
        QueueFull: too many of them wait already.
        StoreUnavailable: the database does not answer; the job may have been stored or not.
    """
    key = ask.idempotency(jobs.JobKind.TEXT)
    if key is not None and (job := stores.jobs.replay(key)) is not None:
        return jobs.Submitted(job=job, is_replay=True)
    refuse_unknown_webhook(stores, ask.webhook_id, tenant=ask.whose.tenant)
    asked = ask.asked(jobs.JobKind.TEXT)
    if copied := _recalled(stores, ask, jobs.JobKind.TEXT, key, asked=asked):
        return copied
    refuse_full(stores, jobs.Queue.PHOTOS, queue_limit)
    submitted = _store(stores, replace(ask.job(jobs.JobKind.TEXT), asked_digest=asked), key)
    _ring(doorbell, jobs.Queue.PHOTOS)
    return submitted


def submit_ingest(
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    wish: Wish,
    *,
    tenant: TenantId = DEFAULT_TENANT,
) -> jobs.Job:
    """Store an ingest, whose source the door has checked, and wake the indexer.

    The music is everybody's; its job is of the tenant that asked, who follows it.

    Raises:
        StoreUnavailable: the database does not answer; nothing was stored.
    """
    job = stores.ingests.submit(wish, tenant=tenant)
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
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    *,
    asked: bool = False,
    tenant: TenantId = DEFAULT_TENANT,
) -> jobs.Job | None:
    """Store a job that builds a new index, unless one waits or runs already (None if so).

    Args:
        stores: where the job goes.
        doorbell: wakes the indexer.
        asked: whether a person wants it; it then takes the place of a pinned index, too.
        tenant: who asks, and may follow the job.

    Raises:
        StoreUnavailable: the database does not answer; nothing was stored.
    """
    params = {"asked": True} if asked else {}
    new = jobs.NewJob(kind=jobs.JobKind.REBUILD, params=params, tenant=tenant)
    job = stores.jobs.submit_once(new)
    if job is not None:
        _ring(doorbell, job.kind.queue)
    return job


def submit_verify(
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    *,
    version: str,
    queue_limit: int,
    tenant: TenantId = DEFAULT_TENANT,
) -> jobs.Job:
    """Store a job that compares an index snapshot with its manifest, and wake the indexer.

    Raises:
        SnapshotNotFound: there is none of this version.
        QueueFull: too much waits for the indexer already.
        StoreUnavailable: the database does not answer; the job may have been stored or not.
    """
    snapshot = stores.snapshots.get(version)
    params = {"version": snapshot.version}
    new = jobs.NewJob(kind=jobs.JobKind.VERIFY, params=params, tenant=tenant)
    return _submit_to_indexer(stores, doorbell, new, queue_limit=queue_limit)


def submit_prune(
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    *,
    queue_limit: int,
    tenant: TenantId = DEFAULT_TENANT,
) -> jobs.Job:
    """Store a job that removes the index snapshots which nobody needs, and wake the indexer.

    Raises:
        QueueFull: too much waits for the indexer already.
        StoreUnavailable: the database does not answer; the job may have been stored or not.
    """
    new = jobs.NewJob(kind=jobs.JobKind.PRUNE, tenant=tenant)
    return _submit_to_indexer(stores, doorbell, new, queue_limit=queue_limit)


def refuse_unknown_webhook(
    stores: ports.Stores, webhook_id: str | None, *, tenant: TenantId
) -> None:
    """See that a named webhook is there.

    Not before a replay was looked for: that is answered even when the webhook was removed.

    Raises:
        WebhookUnknown: the tenant has no such webhook.
    """
    if webhook_id is None:
        return
    try:
        stores.webhooks.get(webhook_id, tenant=tenant)
    except errors.WebhookNotFound as error:
        raise errors.WebhookUnknown from error


def _submit_to_indexer(
    stores: ports.Stores, doorbell: ports.Doorbell, new: jobs.NewJob, *, queue_limit: int
) -> jobs.Job:
    refuse_full(stores, new.kind.queue, queue_limit)
    job = stores.jobs.submit(new)
    _ring(doorbell, job.kind.queue)
    return job


def refuse_full(stores: ports.Stores, queue: jobs.Queue, limit: int, *, coming: int = 1) -> None:
    """See that a queue has room for some more jobs.

    Raises:
        QueueFull: it has not; says when those that wait will have ended.
    """
    waiting = stores.jobs.backlog(queue, limit=limit)
    if waiting + coming > limit:
        pace = stores.jobs.pace(queue)
        raise errors.QueueFull(retry_after_s=waiting / pace if pace else None)


def _ring(doorbell: ports.Doorbell, queue: jobs.Queue) -> None:
    """Wake the workers of a queue; they find the job by themselves if nobody hears."""
    with contextlib.suppress(errors.Unavailable):
        doorbell.ring(queue)


def _store(stores: ports.Stores, new: jobs.NewJob, key: jobs.Idempotency | None) -> jobs.Submitted:
    if key is None:
        return jobs.Submitted(job=stores.jobs.submit(new))
    return stores.jobs.submit_keyed(new, key)


def _recalled(
    stores: ports.Stores,
    ask: Ask,
    kind: jobs.JobKind,
    key: jobs.Idempotency | None,
    *,
    asked: str | None,
) -> jobs.Submitted | None:
    """Store a job that has an answer already, if one that was given before will do."""
    if ask.recall is None or asked is None:
        return None
    whose, oldest_s = ask.whose.tenant, ask.recall.max_age_s
    before = stores.jobs.answered(asked, tenant=whose, max_age_s=oldest_s)
    if before is None or not ask.recall.holds(before):
        return None
    try:
        return _store(stores, replace(ask.job(kind), copy_of=before.id), key)
    except (errors.JobNotFound, errors.JobErased):
        return None  # erased since it was found, or what the key stands for: which is told next


def _digest(told: Mapping[str, Any], content: bytes) -> str:
    said = json.dumps(told, sort_keys=True, ensure_ascii=True)
    digest = hashlib.sha256(said.encode())
    digest.update(content)
    return digest.hexdigest()
