"""Looks at jobs: those that come while one is under way are the next one together.

A look at the database costs its way to another thread and back, whatever it asks. So there is one
at a time, for all who have come by then. Alone, a request is answered as fast as ever.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from api.patience import Askers
from sightsong.core import ports
from sightsong.core.errors import JobErased, JobNotFound, for_each
from sightsong.core.jobs import Job, JobId, JobState, Outlook
from sightsong.core.tenancy import TenantId

#: A job and whom it has to belong to.
Wanted = tuple[JobId, TenantId]
#: Looked at together, at most.
_MOST = 200
#: Jobs ahead of one are counted up to here.
_MOST_AHEAD = 10_000


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A job as it is."""

    job: Job
    outlook: Outlook | None  #: None where it is not queued.


#: Reads jobs: None where one was erased, left out where there is none for that tenant.
Read = Callable[[Sequence[Wanted]], Mapping[Wanted, Seen | None]]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Request:
    wanted: Wanted
    answer: asyncio.Future[Seen | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


def look(stores: ports.Stores, wanted: Sequence[Wanted]) -> Mapping[Wanted, Seen | None]:
    """Read jobs, and of those that are queued what they may expect."""
    return {
        one: None if job is None else Seen(job=job, outlook=_outlook(stores, job))
        for one, job in stores.jobs.get_all(wanted).items()
    }


def _outlook(stores: ports.Stores, job: Job) -> Outlook | None:
    if job.state is not JobState.QUEUED:
        return None
    return stores.jobs.outlook(job.id, limit=_MOST_AHEAD)


class Looking:
    """The looks of one process."""

    def __init__(self, askers: Askers, read: Read) -> None:
        """Prepare to look.

        Args:
            askers: have it done by a thread, in time.
            read: reads jobs.
        """
        self._askers = askers
        self._read = read
        self._waiting: list[_Request] = []
        self._task: asyncio.Task[None] | None = None

    async def at(self, job_id: JobId, *, tenant: TenantId) -> Seen:
        """See how a job is now.

        Raises:
            JobNotFound: there is none, or it is not of this tenant.
            JobErased: there was one, and what it held is gone.
            StoreUnavailable: the database does not answer in time.
        """
        request = _Request(wanted=(job_id, tenant))
        self._waiting.append(request)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._serve())
        seen = await request.answer
        if seen is None:
            raise JobErased
        return seen

    async def _serve(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            try:
                await self._answer([one for one in group if not one.answer.done()])
            except Exception as error:  # noqa: BLE001 - told to those who asked
                _tell(group, error)

    async def _answer(self, group: Sequence[_Request]) -> None:
        found = await self._askers.ask(self._read, list({one.wanted for one in group}))
        for one in group:
            if one.answer.done():
                continue  # whoever asked has gone
            if one.wanted in found:
                one.answer.set_result(found[one.wanted])
            else:
                one.answer.set_exception(JobNotFound())


def _tell(group: Sequence[_Request], error: Exception) -> None:
    """Raise an error where it is waited for; each its own, or their traces would mix."""
    for one in group:
        if not one.answer.done():
            one.answer.set_exception(for_each(error))
