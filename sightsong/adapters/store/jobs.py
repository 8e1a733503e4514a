"""The job rows in SQL."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import and_, exists, func, or_, select

from sightsong.adapters.store import (
    answered,
    browsing,
    canceling,
    claims,
    completing,
    erasing,
    inserting,
    keys,
    outlook,
    presence,
    reading,
    rows,
    sweeping,
    together,
    usage,
)
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import blobs, is_queued, is_running, jobs, queries
from sightsong.core.errors import JobErased, JobNotFound
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


class SqlJobs:
    """The `Jobs` port over SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together = together.Together(database)

    def submit(self, new: NewJob) -> Job:
        """Store a job (and its blob's row) in one transaction.

        Raises:
            QuotaExceeded: the account has had its jobs of today.
            JobNotFound: there is no such job to copy, or it has no answer.
            JobErased: the job to copy was erased.
        """
        if together.is_plain(new):
            return self._together.submit(new).job
        with self._database.write() as connection:
            job = inserting.add_job(connection, new)
            usage.count_job(connection, new)
            return job

    def submit_keyed(self, new: NewJob, key: Idempotency) -> Submitted:
        """Store a queued job and the key that it was sent under, unless that was done already.

        Raises:
            IdempotencyMismatch: the key was used for another submit.
            JobErased: the job of this submit was erased, or that to copy.
            JobNotFound: there is no such job to copy, or it has no answer.
            QuotaExceeded: the account has had its jobs of today.
        """
        if together.is_plain(new):
            return self._together.submit(new, key)
        with self._database.write() as connection:
            submitted = keys.submit(connection, new, key)
            if not submitted.is_replay:
                usage.count_job(connection, new)
            return submitted

    def replay(self, key: Idempotency) -> Job | None:
        """Find the job that a submit of this key has made already.

        Raises:
            IdempotencyMismatch: the key was used for another submit.
            JobErased: the job of this submit was erased.
        """
        with self._database.read() as connection:
            return keys.replay(connection, key)

    def answered(self, digest: str, *, tenant: TenantId, max_age_s: float) -> Job | None:
        """Find the newest job of a tenant that has answered what this digest was made of."""
        with self._database.read() as connection:
            return answered.find(connection, digest, tenant=tenant, max_age_s=max_age_s)

    def cancel(self, job_id: JobId, *, tenant: TenantId | None = None) -> Job:
        """Cancel a job that has not ended.

        Raises:
            JobNotFound: there is none, or it is not of this tenant.
            JobErased: there was one, and what it held is gone.
            Conflict: it has ended otherwise.
        """
        with self._database.write() as connection:
            return canceling.cancel_one(connection, job_id, tenant=tenant)

    def erase(self, job_id: JobId, *, tenant: TenantId | None = None) -> BlobId | None:
        """Erase what a job holds; returns the blob whose bytes are to go.

        Raises:
            JobNotFound: there is none, or it is not of this tenant.
            Conflict: it is no photo or text.
        """
        blob_id = self._database.in_write(
            lambda connection: erasing.erase(connection, job_id, tenant=tenant)
        )
        self._database.forget_deleted()
        return blob_id

    def expired(self, *, limit: int, job_keep_s: float) -> Expired:
        """Erase what has been kept long enough; tells what went."""
        return erasing.expired(self._database, limit=limit, job_keep_s=job_keep_s)

    def listed(self, where: JobFilter, *, limit: int, before: JobId | None = None) -> list[Job]:
        """List jobs, newest first, without results; those before a given one."""
        with self._database.read() as connection:
            return browsing.listed(connection, where, limit=limit, before=before)

    def outlook(self, job_id: JobId, *, limit: int) -> Outlook | None:
        """Tell what a queued job may expect; None where it is not queued."""
        with self._database.read() as connection:
            return outlook.outlook(connection, job_id, limit=limit)

    def submit_once(self, new: NewJob) -> Job | None:
        """Store the job unless one of its kind is queued or running already; None if so."""
        # By queue first: the index of waiting jobs knows queues, not kinds.
        queued = and_(is_queued, jobs.c.queue == new.kind.queue, jobs.c.kind == new.kind)
        running = and_(is_running, jobs.c.kind == new.kind)
        with self._database.write() as connection:
            self._database.lock(connection, f"submit_once:{new.kind}")
            unfinished = select(or_(exists().where(queued), exists().where(running)))
            if connection.execute(unfinished).scalar_one():
                return None
            return inserting.add_job(connection, new)

    def get(self, job_id: JobId, *, tenant: TenantId | None = None) -> Job:
        """Read a job with its result.

        Raises:
            JobNotFound: there is none, or it is not of this tenant.
            JobErased: there was one, and what it held is gone.
        """
        with self._database.read() as connection:
            found = reading.jobs_of(connection, [job_id])
        for (_, owner), job in found.items():
            if tenant in (None, owner):
                if job is None:
                    raise JobErased
                return job
        raise JobNotFound

    def get_all(
        self, wanted: Iterable[tuple[JobId, TenantId]]
    ) -> Mapping[tuple[JobId, TenantId], Job | None]:
        """Read many jobs, each for a tenant; None for erased ones, without what there is not."""
        asked = set(wanted)
        with self._database.read() as connection:
            found = reading.jobs_of(connection, sorted({job_id for job_id, _ in asked}))
        return {one: found[one] for one in asked if one in found}

    def query(self, job_id: JobId) -> KeepQuery | None:
        """Read what an answered job searched for; None where that was not kept."""
        with self._database.read() as connection:
            found = select(queries).where(queries.c.job_id == job_id)
            row = connection.execute(found).first()
        return None if row is None else rows.query(row)

    def versions(self, job_ids: Iterable[JobId]) -> Mapping[JobId, int]:
        """Read the `state_version` of many jobs; unknown ids are left out."""
        found: dict[JobId, int] = {}
        with self._database.read() as connection:
            for chunk in rows.chunks(job_ids):
                query = select(jobs.c.id, jobs.c.state_version).where(jobs.c.id.in_(chunk))
                found |= {JobId(row.id): row.state_version for row in connection.execute(query)}
        return found

    def claim(
        self, queues: Sequence[Queue], *, owner: Owner, limit: int, lease_s: float
    ) -> list[Job]:
        """Lease up to `limit` jobs to `owner`, from the first queue that has any."""
        with self._database.write() as connection:
            for queue in queues:
                claimed = claims.claim(connection, queue, owner=owner, limit=limit, lease_s=lease_s)
                if claimed:
                    return claimed
        return []

    def heartbeat(self, jobs: Sequence[Job], *, lease_s: float) -> frozenset[JobId]:
        """Prolong the leases that these attempts still hold, and return the ids of those."""
        if not jobs:
            return frozenset()
        with self._database.write() as connection:
            return claims.prolong(connection, jobs, lease_s=lease_s)

    def complete(self, completions: Sequence[Completion]) -> frozenset[JobId]:
        """Write outcomes and effects in one transaction; each only if its attempt holds on."""
        if not completions:
            return frozenset()
        return self._database.in_write(lambda one: completing.complete(one, completions))

    def sweep(self, *, ring_after_s: float) -> Swept:
        """Give expired leases back (or fail them), and find unrung queues."""
        return sweeping.sweep(self._database, ring_after_s=ring_after_s)

    def backlog(self, queue: Queue, *, limit: int) -> int:
        """Count the jobs queued in `queue`, at most `limit`."""
        waiting = select(jobs.c.sequence).where(is_queued, jobs.c.queue == queue).limit(limit)
        with self._database.read() as connection:
            query = select(func.count()).select_from(waiting.subquery())
            return int(connection.execute(query).scalar_one())

    def pace(self, queue: Queue) -> float | None:
        """How many jobs of `queue` end in a second, of late; None where too few have ended."""
        with self._database.read() as connection:
            return outlook.pace(connection, queue)

    def is_busy(self, queue: Queue) -> bool:
        """Whether a job of `queue` runs, or waits for more than the end of a pause."""
        of_queue = jobs.c.queue == queue
        waits = exists().where(is_queued, of_queue, jobs.c.available_at < inserting.HELD_S)
        runs = exists().where(is_running, of_queue)
        with self._database.read() as connection:
            return bool(connection.execute(select(or_(waits, runs))).scalar_one())

    def blobs_held(self, blob_ids: Iterable[BlobId]) -> frozenset[BlobId]:
        """Find which of some blobs belong to a job."""
        found: set[BlobId] = set()
        with self._database.read() as connection:
            for chunk in rows.chunks(blob_ids):
                query = select(blobs.c.id).where(blobs.c.id.in_(chunk))
                found |= {BlobId(one) for one in connection.execute(query).scalars()}
        return frozenset(found)

    def children(self, parent_id: JobId) -> Mapping[JobState, int]:
        """Count the jobs that a job has spawned, by state."""
        query = (
            select(jobs.c.state, func.count().label("jobs"))
            .where(jobs.c.parent_id == parent_id)
            .group_by(jobs.c.state)
        )
        with self._database.read() as connection:
            return {JobState(row.state): row.jobs for row in connection.execute(query)}

    def report_worker(self, worker: WorkerInfo) -> None:
        """Note that a worker process is alive now."""
        with self._database.write() as connection:
            presence.report(connection, worker)

    def workers_alive(self, *, within_s: float) -> list[WorkerInfo]:
        """Read the workers that reported within the last `within_s` seconds."""
        with self._database.read() as connection:
            return presence.alive(connection, within_s=within_s)
