"""The ingests' rows in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select

from sightsong.adapters.store import (
    claims,
    holding,
    inserting,
    progressing,
    retrying,
    rows,
    watching,
)
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import (
    ingest_problems,
    ingests,
    is_queued,
    is_running,
    jobs,
    results,
)
from sightsong.core.embeddings import Space
from sightsong.core.errors import JobNotFound
from sightsong.core.ingests import Ingest, Order, Problem, Progress, Scan, Watched, Wish
from sightsong.core.jobs import Job, JobId, JobKind, NewJob
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId

_READ = select(
    jobs, results.c.payload, ingests.c.scan, ingests.c.is_paused, ingests.c.is_canceled
).select_from(ingests.join(jobs).outerjoin(results, results.c.job_id == jobs.c.id))


class SqlIngests:
    """The `Ingests` port over SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def submit(self, wish: Wish, *, tenant: TenantId = DEFAULT_TENANT) -> Job:
        """Store a queued ingest in one transaction; its job is of the tenant that asked for it."""
        new = NewJob(kind=JobKind.INGEST, params=wish.params(), tenant=tenant)
        with self._database.write() as connection:
            return inserting.add_job(connection, new)

    def get(self, ingest_id: JobId) -> Ingest:
        """Read an ingest.

        Raises:
            JobNotFound: there is none.
        """
        with self._database.read() as connection:
            row = connection.execute(_READ.where(ingests.c.job_id == ingest_id)).first()
        if row is None:
            raise JobNotFound
        return _ingest(row)

    def listed(self, *, limit: int, after: JobId | None = None) -> list[Ingest]:
        """Read ingests, newest first, those older than the given one."""
        query = _READ.order_by(ingests.c.sequence.desc()).limit(limit)
        if after is not None:
            place = select(ingests.c.sequence).where(ingests.c.job_id == after)
            query = query.where(ingests.c.sequence < place.scalar_subquery())
        with self._database.read() as connection:
            return [_ingest(row) for row in connection.execute(query)]

    def unfinished(self) -> list[Ingest]:
        """Read all ingests whose scans wait or run, oldest first."""
        # By queue first: the index of waiting jobs knows queues, not kinds.
        queued = select(jobs.c.id).where(is_queued, jobs.c.queue == JobKind.INGEST.queue)
        running = select(jobs.c.id).where(is_running, jobs.c.kind == JobKind.INGEST)
        is_open = or_(ingests.c.job_id.in_(queued), ingests.c.job_id.in_(running))
        with self._database.read() as connection:
            found = connection.execute(_READ.where(is_open).order_by(ingests.c.sequence))
            return [_ingest(row) for row in found]

    def note(self, job: Job, scan: Scan, problems: Sequence[Problem] = ()) -> Order:
        """Store how far a scan is, and say whether to go on."""
        this = ingests.c.job_id == job.id
        with self._database.write() as connection:
            # Before the job's row, as a pause and a cancel do: they cannot deadlock.
            flags = select(ingests.c.is_paused, ingests.c.furthest).where(this)
            row = connection.execute(flags.with_for_update()).first()
            if row is None or not claims.hold(connection, [job]):
                return Order.STOP
            if scan.found > row.furthest:
                claims.forgive(connection, job)
            far = max(scan.found, row.furthest)
            note = ingests.update().where(this)
            connection.execute(note.values(scan=scan.counted(), furthest=far))
            _note_problems(connection, job, problems, is_first=scan.found == 0)
            return Order.PAUSE if row.is_paused else Order.GO_ON

    def progress(self, ingest_id: JobId) -> Progress:
        """Read what has become of the tracks of an ingest."""
        with self._database.read() as connection:
            return progressing.progress(connection, ingest_id)

    def problems(self, ingest_id: JobId, *, limit: int, after: str | None = None) -> list[Problem]:
        """Read what could not be taken in: files first, then tracks; after the given cursor."""
        with self._database.read() as connection:
            return progressing.problems(connection, ingest_id, limit=limit, after=after)

    def pause(self, ingest_id: JobId) -> Ingest:
        """Let the scan and the tracks of an ingest wait; what runs ends. Safe to repeat.

        Raises:
            JobNotFound: there is none.
            Conflict: nothing of it is left to do, and it was not paused.
        """
        holding.pause(self._database, ingest_id)
        return self.get(ingest_id)

    def resume(self, ingest_id: JobId) -> Ingest:
        """Let a paused ingest go on. Safe to repeat.

        Raises:
            JobNotFound: there is none.
        """
        holding.resume(self._database, ingest_id)
        return self.get(ingest_id)

    def cancel(self, ingest_id: JobId) -> Ingest:
        """Give up what is left of an ingest; what is embedded stays. Safe to repeat.

        Raises:
            JobNotFound: there is none.
            Conflict: nothing of it was left to do, and it was neither paused nor canceled.
        """
        holding.cancel(self._database, ingest_id)
        return self.get(ingest_id)

    def retry(self, ingest_id: JobId) -> int:
        """Make a new job for each track of an ingest that failed; how many.

        Raises:
            JobNotFound: there is none.
        """
        return retrying.retry(self._database, ingest_id)

    def heard_per_s(self, space: Space) -> float | None:
        """Seconds of audio embedded in a second by the whole service, over the last tracks."""
        with self._database.read() as connection:
            return progressing.heard_per_s(connection, space)

    def watch(self, path: str) -> Watched:
        """Keep a folder in step from now on. Safe to repeat."""
        with self._database.write() as connection:
            return watching.add(connection, path)

    def unwatch(self, watched_id: str) -> None:
        """Leave a folder alone from now on.

        Raises:
            NotFound: it is not watched.
        """
        with self._database.write() as connection:
            watching.drop(connection, watched_id)

    def watched(self) -> list[Watched]:
        """Read the folders that are kept in step, the oldest first."""
        with self._database.read() as connection:
            return watching.listed(connection)

    def note_watched(self, watched_id: str, ingest_id: JobId) -> None:
        """Note the last ingest that was begun for a folder."""
        with self._database.write() as connection:
            watching.note(connection, watched_id, ingest_id)


def _note_problems(
    connection: Connection, job: Job, problems: Sequence[Problem], *, is_first: bool
) -> None:
    """Add problems; the first note of an attempt drops those of attempts before it."""
    if is_first:
        connection.execute(
            delete(ingest_problems).where(
                ingest_problems.c.ingest_id == job.id,
                # Its version as claimed: an attempt that was given back has its number again.
                ingest_problems.c.claim != job.state_version,
            )
        )
    new = [
        {
            "ingest_id": job.id,
            "claim": job.state_version,
            "code": one.code,
            "said": {"file": one.file, "detail": one.detail},
        }
        for one in problems
    ]
    if new:
        connection.execute(insert(ingest_problems), new)


def _ingest(row: Row[Any]) -> Ingest:
    job = rows.job(row)
    return Ingest(
        job=job,
        wish=Wish.of(job.params),
        scan=Scan(**row.scan),
        is_paused=row.is_paused,
        is_canceled=row.is_canceled,
    )
