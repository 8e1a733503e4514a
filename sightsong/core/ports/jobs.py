"""The job rows, and what wakes who works on them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sightsong.core.jobs import (
    Completion,
    Job,
    JobId,
    JobState,
    KeepQuery,
    NewJob,
    Owner,
    Queue,
    Swept,
    WorkerInfo,
)


class Jobs(Protocol):
    """The job rows: the truth about all work. Every time is the database's clock."""

    def submit(self, new: NewJob) -> Job:
        """Store a queued job (and its blob's row) in one transaction.

        Raises:
            StoreUnavailable: the database does not answer (503).
        """
        ...

    def submit_once(self, new: NewJob) -> Job | None:
        """Store the job unless one of its kind is queued or running already; None if so."""
        ...

    def get(self, job_id: JobId) -> Job:
        """Read a job with its result.

        Raises:
            JobNotFound: there is none.
        """
        ...

    def query(self, job_id: JobId) -> KeepQuery | None:
        """Read what an answered job searched for; None where that was not kept."""
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

        A queue is unrung when a job has waited in it for `ring_after_s` since it became available
        or was last rung for; such jobs are marked as rung.
        """
        ...

    def backlog(self, queue: Queue, *, limit: int) -> int:
        """Count the jobs queued in `queue`, at most `limit` (so that it stays cheap)."""
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
