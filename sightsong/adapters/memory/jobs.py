"""The job rows in memory."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sightsong.adapters.memory import answered, browsing, effects, erasing, keys, usage
from sightsong.adapters.memory.state import IngestRow, Row, State, as_json
from sightsong.core import transitions
from sightsong.core.errors import Conflict, JobErased, JobNotFound
from sightsong.core.jobs import (
    BlobId,
    Completion,
    Expired,
    Idempotency,
    Job,
    JobFilter,
    JobId,
    JobKind,
    JobState,
    KeepQuery,
    NewJob,
    Outlook,
    Owner,
    Queue,
    StoreEmbedding,
    Submitted,
    Swept,
    WorkerInfo,
)
from sightsong.core.tenancy import TenantId
from sightsong.core.transitions import Settled


class MemoryJobs:
    """The `Jobs` port over dictionaries."""

    def __init__(self, state: State) -> None:
        self._state = state

    def submit(self, new: NewJob) -> Job:
        """Store a job.

        Raises:
            QuotaExceeded: the account has had its jobs of today.
            JobNotFound: there is no such job to copy, or it has no answer.
            JobErased: the job to copy was erased.
        """
        with self._state.lock:
            usage.refuse_spent(self._state, new)
            job = insert(self._state, new)
            usage.count_job(self._state, new)
            return job

    def submit_keyed(self, new: NewJob, key: Idempotency) -> Submitted:
        """Store a queued job and the key that it was sent under, unless that was done already.

        Raises:
            IdempotencyMismatch: the key was used for another submit.
            JobErased: the job of this submit was erased, or that to copy.
            JobNotFound: there is no such job to copy, or it has no answer.
            QuotaExceeded: the account has had its jobs of today.
        """
        with self._state.lock:
            found = keys.find(self._state, key)
            if found is not None:
                return Submitted(job=found, is_replay=True)
            job = self.submit(new)
            keys.take(self._state, key, job)
            return Submitted(job=job)

    def replay(self, key: Idempotency) -> Job | None:
        """Find the job that a submit of this key has made already.

        Raises:
            IdempotencyMismatch: the key was used for another submit.
            JobErased: the job of this submit was erased.
        """
        with self._state.lock:
            return keys.find(self._state, key)

    def answered(self, digest: str, *, tenant: TenantId, max_age_s: float) -> Job | None:
        """Find the newest job of a tenant that has answered what this digest was made of."""
        with self._state.lock:
            return answered.find(self._state, digest, tenant=tenant, max_age_s=max_age_s)

    def cancel(self, job_id: JobId, *, tenant: TenantId | None = None) -> Job:
        """Cancel a job that has not ended.

        Raises:
            JobNotFound: there is none, or it is not of this tenant.
            JobErased: there was one, and what it held is gone.
            Conflict: it has ended otherwise.
        """
        with self._state.lock:
            row = self._kept(job_id, tenant)
            self._state.cancel(row)
            if row.job.state is not JobState.CANCELED:
                raise Conflict("This job has ended.")
            return row.job

    def erase(self, job_id: JobId, *, tenant: TenantId | None = None) -> BlobId | None:
        """Erase what a job holds; returns the blob whose bytes are to go.

        Raises:
            JobNotFound: there is none, or it is not of this tenant.
            Conflict: it is no photo or text.
        """
        with self._state.lock:
            return erasing.erase(self._state, self._row(job_id, tenant))

    def expired(self, *, limit: int, job_keep_s: float) -> Expired:
        """Erase what has been kept long enough; tells what went."""
        with self._state.lock:
            return erasing.expired(self._state, limit=limit, job_keep_s=job_keep_s)

    def listed(self, where: JobFilter, *, limit: int, before: JobId | None = None) -> list[Job]:
        """List jobs, newest first, without results; those before a given one."""
        with self._state.lock:
            return browsing.listed(self._state, where, limit=limit, before=before)

    def outlook(self, job_id: JobId, *, limit: int) -> Outlook | None:
        """Tell what a queued job may expect; None where it is not queued."""
        with self._state.lock:
            row = self._state.rows.get(job_id)
            return None if row is None else browsing.outlook(self._state, row, limit=limit)

    def submit_once(self, new: NewJob) -> Job | None:
        """Store the job unless one of its kind is queued or running already; None if so."""
        with self._state.lock:
            rows = self._state.rows.values()
            if any(r.job.kind is new.kind and not r.job.state.is_final for r in rows):
                return None
            return insert(self._state, new)

    def get(self, job_id: JobId, *, tenant: TenantId | None = None) -> Job:
        """Read a job with its result.

        Raises:
            JobNotFound: there is none, or it is not of this tenant.
            JobErased: there was one, and what it held is gone.
        """
        with self._state.lock:
            return self._kept(job_id, tenant).job

    def get_all(
        self, wanted: Iterable[tuple[JobId, TenantId]]
    ) -> Mapping[tuple[JobId, TenantId], Job | None]:
        """Read many jobs, each for a tenant; None for erased ones, without what there is not."""
        found: dict[tuple[JobId, TenantId], Job | None] = {}
        for job_id, tenant in wanted:
            try:
                found[job_id, tenant] = self.get(job_id, tenant=tenant)
            except JobErased:
                found[job_id, tenant] = None
            except JobNotFound:
                continue
        return found

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
            overdue = [row for row in self._state.rows.values() if _is_overdue(row, now)]
            for row in overdue:
                self._settle(row, transitions.overdue(row.job), now)
            unrung = frozenset(q for q in Queue if self._is_unrung(q, now - ring_after_s))
            self._state.rung_at.update(dict.fromkeys(unrung, now))
        requeued = len(lost) - failed
        return Swept(requeued=requeued, failed=failed + len(overdue), unrung=unrung)

    def backlog(self, queue: Queue, *, limit: int) -> int:
        """Count the jobs queued in `queue`, at most `limit`."""
        with self._state.lock:
            return min(limit, len(self._state.queued(queue)))

    def pace(self, queue: Queue) -> float | None:
        """How many jobs of `queue` end in a second, of late; None where too few have ended."""
        with self._state.lock:
            return browsing.pace(self._state, queue)

    def is_busy(self, queue: Queue) -> bool:
        """Whether a job of `queue` runs, or waits for more than the end of a pause."""
        with self._state.lock:
            rows = [row for row in self._state.rows.values() if row.job.kind.queue is queue]
            return any(
                row.job.state is JobState.RUNNING
                or (row.job.state is JobState.QUEUED and not row.is_held)
                for row in rows
            )

    def blobs_held(self, blob_ids: Iterable[BlobId]) -> frozenset[BlobId]:
        """Find which of some blobs belong to a job."""
        with self._state.lock:
            held = {row.job.blob_id for row in self._state.rows.values()}
        return frozenset(one for one in blob_ids if one in held)

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

    def _row(self, job_id: JobId, tenant: TenantId | None) -> Row:
        row = self._state.rows.get(job_id)
        if row is None or tenant not in (None, row.job.tenant):
            raise JobNotFound
        return row

    def _kept(self, job_id: JobId, tenant: TenantId | None) -> Row:
        row = self._row(job_id, tenant)
        if row.erased_at is not None:
            raise JobErased
        return row

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
        if settled.state.is_final:
            self._state.tell_end(row)

    def _is_unrung(self, queue: Queue, before: float) -> bool:
        if self._state.rung_at.get(queue, before) > before:
            return False
        waiting = [row for row in self._state.queued(queue) if not row.is_held]
        return any(row.available_at <= before for row in waiting)


def insert(state: State, new: NewJob, *, is_held: bool = False) -> Job:
    """Store a job, queued or a copy. The caller holds the lock.

    Raises:
        JobNotFound: its tenant has no such job to copy, or that has no answer.
        JobErased: the job to copy was erased.
    """
    now = state.clock()
    copied = answered.copied(state, new, now)
    job = Job(
        id=JobId(str(uuid.uuid4())),
        kind=new.kind,
        state_version=1,
        attempt=0,
        max_attempts=transitions.MAX_ATTEMPTS,
        crash_count=0,
        priority=new.priority,
        params=as_json(new.params),
        created_at=now,
        parent_id=new.parent_id,
        blob_id=new.blob.id if new.blob else None,
        custom_id=new.custom_id,
        deadline_at=None if new.deadline_s is None else now + new.deadline_s,
        tenant=new.tenant,
        user=new.user,
        **copied,
    )
    if new.copy_of in state.queries:
        state.queries[job.id] = replace(state.queries[new.copy_of], job_id=job.id)
    state.rows[job.id] = Row(
        job=job,
        sequence=next(state.sequence),
        available_at=now,
        is_held=is_held,
        keep_image_s=new.keep_image_s if new.blob else None,
        webhook_id=new.webhook_id,
        position=new.position,
        asked_digest=None if new.copy_of else new.asked_digest,
    )
    if new.kind is JobKind.INGEST:
        state.ingests[job.id] = IngestRow()
    if job.state.is_final:
        state.tell_end(state.rows[job.id])
    return job


def _batch(waiting: Sequence[Row], now: float, limit: int) -> list[Row]:
    """Pick a suspect alone, or else up to `limit` fresh jobs."""
    due = [row for row in waiting if row.available_at <= now and not row.is_held]
    ready = [row for row in due if not _is_overdue(row, now)]
    suspects = [row for row in ready if row.job.crash_count > 0]
    if suspects or not ready:
        return suspects[:1]
    return ready[:limit]


def _is_overdue(row: Row, now: float) -> bool:
    deadline_at = row.job.deadline_at
    is_late = deadline_at is not None and deadline_at <= now
    return is_late and row.job.state is JobState.QUEUED and row.job.started_at is None


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
