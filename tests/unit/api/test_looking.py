"""Looks at jobs: those that come together are one look, and each is answered for itself."""

import asyncio
import threading
from collections.abc import Mapping, Sequence

import pytest

from api.looking import Looking, Seen, Wanted, look
from api.patience import Askers
from sightsong.adapters import memory
from sightsong.core.errors import JobErased, JobNotFound, StoreUnavailable
from sightsong.core.jobs import JobId, JobKind, NewJob, Owner, Queue
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from tests.waiting import wait_until


@pytest.fixture
def stores():
    return memory.open_stores()


class Read:
    """Reads jobs; can be held up; notes what it was asked for together."""

    def __init__(self, stores) -> None:
        self._stores = stores
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.asked = []
        self.error = None

    def __call__(self, wanted: Sequence[Wanted]) -> Mapping[Wanted, Seen | None]:
        self.asked.append(set(wanted))
        assert self.may_go_on.wait(30)
        if self.error:
            raise self.error
        return look(self._stores, wanted)


@pytest.fixture
def read(stores):
    read = Read(stores)
    yield read
    read.may_go_on.set()


def looking_at(read):
    return Looking(Askers(patience_s=5), read)


def submit(stores, **more: object):
    return stores.jobs.submit(NewJob(kind=JobKind.TEXT, **more)).id


def see(read, *job_ids: str, tenant=DEFAULT_TENANT):
    async def all_at_once() -> list[Seen | BaseException]:
        looking = looking_at(read)
        looks = [looking.at(JobId(one), tenant=tenant) for one in job_ids]
        return await asyncio.gather(*looks, return_exceptions=True)

    return asyncio.run(all_at_once())


def test_a_job_is_seen_with_what_it_may_expect_while_it_waits(stores, read):
    first, second = submit(stores), submit(stores)
    [seen] = see(read, second)
    assert (seen.job, seen.outlook.ahead) == (stores.jobs.get(second), 1)
    stores.jobs.claim([Queue.PHOTOS], owner=Owner("w"), limit=1, lease_s=9)
    [seen] = see(read, first)
    assert (seen.job.state, seen.outlook) == ("running", None)


def test_each_is_told_of_its_own(stores, read):
    here, gone = submit(stores), submit(stores)
    stores.jobs.erase(gone)
    seen, erased, none = see(read, here, gone, "none")
    assert isinstance(seen, Seen)
    assert isinstance(erased, JobErased)
    assert isinstance(none, JobNotFound)


def test_what_is_anothers_is_not_there(stores, read):
    job_id = submit(stores, tenant=TenantId("theirs"))
    [ours] = see(read, job_id)
    [theirs] = see(read, job_id, tenant=TenantId("theirs"))
    assert isinstance(ours, JobNotFound)
    assert theirs.job.id == job_id


def test_those_who_come_during_a_look_are_the_next_one_together(stores, read):
    ids = [submit(stores) for _ in range(9)]

    async def crowd() -> list[str]:
        looking = looking_at(read)
        read.may_go_on.clear()
        first = asyncio.create_task(looking.at(ids[0], tenant=DEFAULT_TENANT))
        await asyncio.to_thread(wait_until, lambda: read.asked)
        others = [asyncio.create_task(looking.at(one, tenant=DEFAULT_TENANT)) for one in ids]
        await asyncio.sleep(0)
        read.may_go_on.set()
        return [seen.job.id for seen in await asyncio.gather(first, *others)]

    assert asyncio.run(crowd()) == [ids[0], *ids]
    assert [len(together) for together in read.asked] == [1, 9]


def test_when_the_database_is_away_all_are_told_and_the_next_look_succeeds(stores, read):
    job_id = submit(stores)

    async def away_and_back() -> tuple[list[Seen | BaseException], Seen]:
        looking = looking_at(read)
        read.error = StoreUnavailable("gone")
        looks = [looking.at(job_id, tenant=DEFAULT_TENANT) for _ in range(3)]
        away = await asyncio.gather(*looks, return_exceptions=True)
        read.error = None
        return away, await looking.at(job_id, tenant=DEFAULT_TENANT)

    away, back = asyncio.run(away_and_back())
    assert [type(one) for one in away] == [StoreUnavailable] * 3
    assert back.job.id == job_id


def test_who_goes_away_holds_nobody_up(stores, read):
    job_id = submit(stores)

    async def one_goes() -> Seen:
        looking = looking_at(read)
        read.may_go_on.clear()
        goes, stays = (
            asyncio.create_task(looking.at(job_id, tenant=DEFAULT_TENANT)) for _ in range(2)
        )
        await asyncio.sleep(0.01)
        goes.cancel()
        read.may_go_on.set()
        return await stays

    assert asyncio.run(one_goes()).job.id == job_id


def test_no_look_is_made_by_the_event_loop(stores):
    threads = set()

    def read(wanted: Sequence[Wanted]) -> Mapping[Wanted, Seen | None]:
        threads.add(threading.get_ident())
        return look(stores, wanted)

    [seen] = see(read, submit(stores))
    assert seen.job.state == "queued"
    assert threading.get_ident() not in threads
