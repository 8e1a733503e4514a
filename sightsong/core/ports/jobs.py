"""The job rows, and what wakes who works on them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sightsong.core.jobs import (
    BlobId,
    Completion,
    Expired,
    Idempotency,
    Job,
    JobFilter,
    JobId,
    JobState,
    KeepQuery,
    NewJob,
    Outlook,
    Owner,
    Queue,
    Submitted,
    Swept,
    WorkerInfo,
)
from sightsong.core.tenancy import TenantId

#: How long a submit may be sent again under its key, in seconds.
IDEMPOTENCY_S = 24 * 3600.0


class Jobs(Protocol):
    """The job rows: the truth about all work. Every time is the database's clock."""

    def submit(self, new: NewJob) -> Job:
        """Store a queued job (and its blob's row) in one transaction.

        Photos and texts are counted for their account in it. A copy (`copy_of`) is not queued: it
        has succeeded, with the result and the query of that job.

        Raises:
            QuotaExceeded: the account has had its jobs of today (429).
            JobNotFound: there is no such job to copy, or it has no answer.
            JobErased: the job to copy was erased.
            StoreUnavailable: the database does not answer (503).
        """
        ...

    def submit_keyed(self, new: NewJob, key: Idempotency) -> Submitted:
        """Store a queued job and the key that it was sent under, in one transaction.

        Of a key that was used within `IDEMPOTENCY_S` for the same submit, the job of that submit is
        returned, in whatever state it is by now, and nothing is stored or counted.

        Raises:
            IdempotencyMismatch: the key was used for another submit; not retried.
            JobErased: the job of this submit was erased; it is not made again. Or that to copy was.
            JobNotFound: there is no such job to copy, or it has no answer.
            QuotaExceeded: the account has had its jobs of today (429).
            StoreUnavailable: the database does not answer (503).
        """
        ...

    def replay(self, key: Idempotency) -> Job | None:
        """Find the job that a submit of this key has made already, before its blob is stored.

        Raises:
            IdempotencyMismatch: the key was used for another submit; not retried.
            JobErased: the job of this submit was erased.
        """
        ...

    def answered(self, digest: str, *, tenant: TenantId, max_age_s: float) -> Job | None:
        """Find the newest job of a tenant that has answered what this digest was made of.

        Args:
            digest: `asked_digest` of the job.
            tenant: answers of others are never found.
            max_age_s: one that ended longer ago than this is not found.

        Returns:
            The job with its result; None where there is none. Copies are not found: what they were
            made from is as old as it is.
        """
        ...

    def cancel(self, job_id: JobId, *, tenant: TenantId | None = None) -> Job:
        """Cancel a job that has not ended; its attempt, if any, is fenced. Again is fine.

        Raises:
            JobNotFound: there is none, or it is not of this tenant.
            JobErased: there was one, and what it held is gone.
            Conflict: it has ended otherwise.
        """
        ...

    def erase(self, job_id: JobId, *, tenant: TenantId | None = None) -> BlobId | None:
        """Erase what a job holds: params, result, query, the row of its blob. Again is fine.

        One that has not ended is canceled first. Its row stays as a mark, without anything of its
        sender's; `get` raises `JobErased` from then on.

        Returns:
            The blob whose bytes are to be deleted now, if it had one.

        Raises:
            JobNotFound: there is none, or it is not of this tenant.
            Conflict: it is no photo or text.
        """
        ...

    def expired(self, *, limit: int, job_keep_s: float) -> Expired:
        """Erase what has been kept long enough, and tell what went.

        That is: jobs of photos and texts that ended `job_keep_s` ago, wholly; and the images of
        those whose `keep_image_s` has passed since their end. At most `limit` of either at once.
        Old keys of submits go as well. Call it until nothing changes any more: it then sees to
        it that the database keeps no copies of what was erased.
        """
        ...

    def blobs_held(self, blob_ids: Iterable[BlobId]) -> frozenset[BlobId]:
        """Find which of some blobs belong to a job."""
        ...

    def listed(self, where: JobFilter, *, limit: int, before: JobId | None = None) -> list[Job]:
        """List jobs, newest first, without results; those before a given one. No erased ones."""
        ...

    def outlook(self, job_id: JobId, *, limit: int) -> Outlook | None:
        """Tell what a queued job may expect; None where it is not queued.

        Args:
            job_id: of a job.
            limit: as many jobs before it are counted at most.
        """
        ...

    def submit_once(self, new: NewJob) -> Job | None:
        """Store the job unless one of its kind is queued or running already; None if so."""
        ...

    def get(self, job_id: JobId, *, tenant: TenantId | None = None) -> Job:
        """Read a job with its result.

        Raises:
            JobNotFound: there is none, or it is not of this tenant.
            JobErased: there was one, and what it held is gone.
        """
        ...

    def get_all(
        self, wanted: Iterable[tuple[JobId, TenantId]]
    ) -> Mapping[tuple[JobId, TenantId], Job | None]:
        """Read many jobs with their results, each for a tenant.

        None stands for one that was erased; what there is not, or not for that tenant, is left out.
        """
        ...

    def query(self, job_id: JobId) -> KeepQuery | None:
        """Read what an answered job searched for; None where that was not kept.

        Whose job it is, `get` has told before.
        """
        ...

    def versions(self, job_ids: Iterable[JobId]) -> Mapping[JobId, int]:
        """Read the `state_version` of many jobs in one query; unknown ids are left out."""
        ...

    def claim(
        self, queues: Sequence[Queue], *, owner: Owner, limit: int, lease_s: float
    ) -> list[Job]:
        """Lease up to `limit` jobs to `owner`, from the first queue that has any.

        A suspect (`crash_count` above 0) is claimed alone and first. Jobs come in the order of
        priority, then age. Each claim raises `attempt` and `state_version`.
        """
        ...

    def heartbeat(self, jobs: Sequence[Job], *, lease_s: float) -> frozenset[JobId]:
        """Prolong the leases that these attempts still hold, and return the ids of those."""
        ...

    def complete(self, completions: Sequence[Completion]) -> frozenset[JobId]:
        """Write outcomes and effects in one transaction; each only if its attempt holds the lease.

        Returns:
            The ids that were written. The others were fenced: another attempt owns them now.
        """
        ...

    def sweep(self, *, ring_after_s: float) -> Swept:
        """Give expired leases back (or fail them as `worker_crashed`), and find unrung queues.

        Jobs that have not begun by their deadline fail as `deadline_exceeded`.

        A queue is unrung when a job has waited in it for `ring_after_s` since it became available
        or was last rung for; such jobs are marked as rung.
        """
        ...

    def backlog(self, queue: Queue, *, limit: int) -> int:
        """Count the jobs queued in `queue`, at most `limit` (so that it stays cheap)."""
        ...

    def pace(self, queue: Queue) -> float | None:
        """How many jobs of `queue` end in a second, of late; None where too few have ended."""
        ...

    def is_busy(self, queue: Queue) -> bool:
        """Whether a job of `queue` runs, or waits for more than the end of a pause."""
        ...

    def children(self, parent_id: JobId) -> Mapping[JobState, int]:
        """Count the jobs that a job has spawned, by state."""
        ...

    def report_worker(self, worker: WorkerInfo) -> None:
        """Note that a worker process is alive now."""
        ...

    def workers_alive(self, *, within_s: float) -> list[WorkerInfo]:
        """Read the workers that reported within the last `within_s` seconds."""
        ...


class Doorbell(Protocol):
    """Wakes workers. Nothing correct depends on it: they also look by themselves each second."""

    def ring(self, queue: Queue) -> None:
        """Tell the workers of a queue that it has work. May be lost or doubled.

        Raises:
            Unavailable: the broker does not answer.
        """
        ...
