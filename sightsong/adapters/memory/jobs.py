"""The job rows in memory."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sightsong.adapters.memory import effects
from sightsong.adapters.memory.state import IngestRow, Row, State, as_json
from sightsong.core import transitions
from sightsong.core.errors import JobNotFound
from sightsong.core.jobs import (
    Completion,
    Job,
    JobId,
    JobKind,
    JobState,
    KeepQuery,
    NewJob,
    Owner,
    Queue,
    StoreEmbedding,
    Swept,
    WorkerInfo,
)
from sightsong.core.transitions import Settled


class MemoryJobs:
    """The `Jobs` port over dictionaries."""

    def __init__(self, state: State) -> None:
        self._state = state

    def submit(self, new: NewJob) -> Job:
        """Store a queued job."""
        with self._state.lock:
            return insert(self._state, new)

    def submit_once(self, new: NewJob) -> Job | None:
        """Store the job unless one of its kind is queued or running already; None if so."""
        with self._state.lock:
            rows = self._state.rows.values()
            if any(r.job.kind is new.kind and not r.job.state.is_final for r in rows):
                return None
            return insert(self._state, new)

    def get(self, job_id: JobId) -> Job:
        """Read a job with its result.

        Raises:
            JobNotFound: there is none.
        """
        with self._state.lock:
            row = self._state.rows.get(job_id)
        if row is None:
            raise JobNotFound
        return row.job

    def query(self, job_id: JobId) -> KeepQuery | None:
        """Read what an answered job searched for; None where that was not kept."""
        with self._state.lock:
            return self._state.queries.get(job_id)

    def versions(self, job_ids: Iterable[JobId]) -> Mapping[JobId, int]:
        """Read the `state_version` of many jobs; unknown ids are left out."""
        with self._state.lock:
            rows = self._state.rows
            return {one: rows[one].job.state_version for one in job_ids if one in rows}

    def claim(
        self, queues: Sequence[Queue], *, owner: Owner, limit: int, lease_s: float
    ) -> list[Job]:
        """Lease up to `limit` jobs to `owner`, from the first queue that has any."""
        with self._state.lock:
            now = self._state.clock()
            for queue in queues:
                batch = _batch(self._state.queued(queue), now, limit)
                for row in batch:
                    _start(row, owner=owner, now=now, lease_s=lease_s)
                if batch:
                    return [row.job for row in batch]
        return []

    def heartbeat(self, jobs: Sequence[Job], *, lease_s: float) -> frozenset[JobId]:
        """Prolong the leases that these attempts still hold, and return the ids of those."""
        with self._state.lock:
            now = self._state.clock()
            kept = [row for job in jobs if (row := held(self._state, job, now))]
            for row in kept:
                row.lease_until = now + lease_s
            return frozenset(row.job.id for row in kept)

    def complete(self, completions: Sequence[Completion]) -> frozenset[JobId]:
        """Write outcomes and effects, each only if its attempt holds the lease."""
        written = set()
        with self._state.lock:
            now = self._state.clock()
            for completion in completions:
                row = held(self._state, completion.job, now)
                if row is not None:
                    self._complete(row, completion, now)
                    written.add(row.job.id)
        return frozenset(written)

    def sweep(self, *, ring_after_s: float) -> Swept:
        """Give expired leases back (or fail them), and find unrung queues."""
        with self._state.lock:
            now = self._state.clock()
            running = [r for r in self._state.rows.values() if r.job.state is JobState.RUNNING]
            lost = [row for row in running if row.lease_until <= now]
            for row in lost:
                self._settle(row, transitions.crash(row.job), now)
            failed = sum(row.job.state is JobState.FAILED for row in lost)
            unrung = frozenset(q for q in Queue if self._is_unrung(q, now - ring_after_s))
            self._state.rung_at.update(dict.fromkeys(unrung, now))
        return Swept(requeued=len(lost) - failed, failed=failed, unrung=unrung)

    def backlog(self, queue: Queue, *, limit: int) -> int:
        """Count the jobs queued in `queue`, at most `limit`."""
        with self._state.lock:
            return min(limit, len(self._state.queued(queue)))

    def is_busy(self, queue: Queue) -> bool:
        """Whether a job of `queue` runs, or waits for more than the end of a pause."""
        with self._state.lock:
            rows = [row for row in self._state.rows.values() if row.job.kind.queue is queue]
            return any(
                row.job.state is JobState.RUNNING
                or (row.job.state is JobState.QUEUED and not row.is_held)
                for row in rows
            )

    def children(self, parent_id: JobId) -> Mapping[JobState, int]:
        """Count the jobs that a job has spawned, by state."""
        with self._state.lock:
            jobs = [row.job for row in self._state.rows.values()]
        return dict(Counter(job.state for job in jobs if job.parent_id == parent_id))

    def report_worker(self, worker: WorkerInfo) -> None:
        """Note that a worker process is alive now."""
        with self._state.lock:
            self._state.workers[worker.owner] = (worker, self._state.clock())

    def workers_alive(self, *, within_s: float) -> list[WorkerInfo]:
        """Read the workers that reported within the last `within_s` seconds."""
        with self._state.lock:
            since = self._state.clock() - within_s
            alive = [info for info, seen_at in self._state.workers.values() if seen_at >= since]
        return sorted(alive, key=lambda info: info.owner)

    def _complete(self, row: Row, completion: Completion, now: float) -> None:
        settled = transitions.settle(row.job, completion.outcome)
        self._settle(row, settled, now)
        heard = [e.duration_s for e in completion.effects if isinstance(e, StoreEmbedding)]
        if heard and settled.state is JobState.SUCCEEDED:
            row.heard_s = sum(heard)
        for effect in completion.effects:
            effects.apply(self._state, effect, by=row)

    def _settle(self, row: Row, settled: Settled, now: float) -> None:
        row.change(
            state=settled.state,
            attempt=settled.attempt,
            crash_count=settled.crash_count,
            owner=None,
            error=settled.error,
            result=None if settled.result is None else as_json(settled.result),
            started_at=row.job.started_at if settled.attempt else None,
            finished_at=now if settled.state.is_final else None,
        )
        if settled.delay_s is not None:
            row.available_at = now + settled.delay_s
        if settled.gave_up and settled.error is not None:
            effect = transitions.quarantine(row.job, settled.error)
            if effect is not None:
                effects.apply(self._state, effect, by=row)

    def _is_unrung(self, queue: Queue, before: float) -> bool:
        if self._state.rung_at.get(queue, before) > before:
            return False
        waiting = [row for row in self._state.queued(queue) if not row.is_held]
        return any(row.available_at <= before for row in waiting)


def insert(state: State, new: NewJob, *, is_held: bool = False) -> Job:
    """Store a queued job. The caller holds the lock."""
    now = state.clock()
    job = Job(
        id=JobId(str(uuid.uuid4())),
        kind=new.kind,
        state=JobState.QUEUED,
        state_version=1,
        attempt=0,
        max_attempts=transitions.MAX_ATTEMPTS,
        crash_count=0,
        priority=new.priority,
        params=as_json(new.params),
        created_at=now,
        parent_id=new.parent_id,
        blob_id=new.blob.id if new.blob else None,
    )
    state.rows[job.id] = Row(
        job=job, sequence=next(state.sequence), available_at=now, is_held=is_held
    )
    if new.kind is JobKind.INGEST:
        state.ingests[job.id] = IngestRow()
    return job


def _batch(waiting: Sequence[Row], now: float, limit: int) -> list[Row]:
    """Pick a suspect alone, or else up to `limit` fresh jobs."""
    ready = [row for row in waiting if row.available_at <= now and not row.is_held]
    suspects = [row for row in ready if row.job.crash_count > 0]
    if suspects or not ready:
        return suspects[:1]
    return ready[:limit]


def _start(row: Row, *, owner: Owner, now: float, lease_s: float) -> None:
    row.lease_until = now + lease_s
    row.change(
        state=JobState.RUNNING,
        attempt=row.job.attempt + 1,
        owner=owner,
        started_at=now if row.job.started_at is None else row.job.started_at,
    )


def held(state: State, job: Job, now: float) -> Row | None:
    """The row of a job if this very attempt holds its lease; the fence of every write."""
    row = state.rows.get(job.id)
    if row is None or row.job.state is not JobState.RUNNING or row.lease_until <= now:
        return None
    same = (row.job.attempt, row.job.owner) == (job.attempt, job.owner)
    return row if same else None
