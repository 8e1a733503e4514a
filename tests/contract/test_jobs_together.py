"""Submits that come at the same time share a transaction, and nothing else."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from sightsong.adapters.store.together import Together
from sightsong.core.errors import IdempotencyMismatch, StoreUnavailable
from sightsong.core.jobs import Account, Idempotency, JobKind, NewJob, Queue, Submitted
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from tests.contract.building import photo
from tests.waiting import wait_until


class Gate:
    """A database whose writes wait until it is opened; counts them."""

    def __init__(self, database) -> None:
        self._database = database
        self.is_open = threading.Event()
        self.error = None
        self.writes = 0

    @contextmanager
    def write(self):
        self.writes += 1
        assert self.is_open.wait(30)
        if self.error:
            raise self.error
        with self._database.write() as connection:
            yield connection


@pytest.fixture
def gate(sql_stores, crowd):  # opened before the crowd is waited for
    gate = Gate(sql_stores.database)
    yield gate
    gate.is_open.set()


@pytest.fixture
def crowd():
    with ThreadPoolExecutor(16) as threads:
        yield threads


@pytest.fixture
def send(gate, crowd):
    """Let the first one begin to write, and the others come meanwhile."""

    def sent(*submits: tuple[object, ...]) -> list[Future[Submitted]]:
        together = Together(gate)
        first = crowd.submit(together.submit, *submits[0])
        wait_until(lambda: gate.writes == 1)
        others = [crowd.submit(together.submit, *submit) for submit in submits[1:]]
        wait_until(lambda: together.waiting == len(others))
        return [first, *others]

    return sent


def test_those_who_come_meanwhile_are_stored_in_one_transaction(sql_stores, gate, send):
    tickets = send(*[(photo(),) for _ in range(9)])
    gate.is_open.set()
    ids = {ticket.result(30).job.id for ticket in tickets}
    assert len(ids) == 9
    assert gate.writes == 2
    assert {sql_stores.jobs.get(one).id for one in ids} == ids
    assert sql_stores.keys.usage(DEFAULT_TENANT, key_id="", days=1)[0].photos == 9


def test_what_is_refused_of_one_does_not_touch_the_others(sql_stores, gate, send):
    key = Idempotency(key="k", fingerprint="a" * 64)
    first = sql_stores.jobs.submit_keyed(photo(), key)
    other = Idempotency(key="k", fingerprint="b" * 64)
    tickets = send(
        (photo(),), (photo(),), (photo(), other), (photo(), key), (NewJob(kind=JobKind.TEXT),)
    )
    gate.is_open.set()
    with pytest.raises(IdempotencyMismatch):
        tickets[2].result(30)
    again = tickets[3].result(30)
    assert (again.job.id, again.is_replay) == (first.job.id, True)
    assert [tickets[i].result(30).is_replay for i in (0, 1, 4)] == [False, False, False]
    assert gate.writes == 3  # a key comes once in a transaction
    today = sql_stores.keys.usage(DEFAULT_TENANT, key_id="", days=1)[0]
    assert (today.photos, today.texts) == (3, 1)


def test_one_that_cannot_be_stored_is_told_and_the_others_are_stored(sql_stores, gate, send):
    broken = photo(params={"no json": object()})
    tickets = send((photo(),), (photo(),), (broken,), (photo(),))
    gate.is_open.set()
    with pytest.raises(Exception, match="JSON"):
        tickets[2].result(30)
    assert all(tickets[i].result(30).job for i in (0, 1, 3))
    assert sql_stores.jobs.backlog(Queue.PHOTOS, limit=9) == 3


def test_when_the_database_is_away_everybody_is_told(gate, send):
    tickets = send(*[(photo(),) for _ in range(4)])
    gate.error = StoreUnavailable("gone")
    gate.is_open.set()
    for ticket in tickets:
        with pytest.raises(StoreUnavailable, match="gone"):
            ticket.result(30)


def test_each_is_counted_for_its_own_key_and_tenant(sql_stores, gate, send):
    ours = photo(account=Account(key_id="ours"), tenant=TenantId("a"))
    theirs = photo(account=Account(key_id="theirs"), tenant=TenantId("b"))
    tickets = send((ours,), (theirs,), (ours,), (ours,))
    gate.is_open.set()
    assert [ticket.result(30).job.tenant for ticket in tickets] == ["a", "b", "a", "a"]
    counted = {
        (tenant, key): sql_stores.keys.usage(TenantId(tenant), key_id=key, days=1)[0].photos
        for tenant, key in (("a", "ours"), ("b", "theirs"), ("a", "theirs"))
    }
    assert counted == {("a", "ours"): 3, ("b", "theirs"): 1, ("a", "theirs"): 0}


def test_a_crowd_that_sends_the_same_keys_makes_one_job_of_each(sql_stores, crowd):
    keys = [Idempotency(key=f"k{i % 20}", fingerprint=f"{i % 20:064x}") for i in range(200)]
    submitted = list(crowd.map(lambda key: sql_stores.jobs.submit_keyed(photo(), key), keys))
    made = {
        key.key: {one.job.id for one, k in zip(submitted, keys, strict=True) if k == key}
        for key in keys
    }
    assert all(len(ids) == 1 for ids in made.values())
    assert sum(not one.is_replay for one in submitted) == 20
    assert sql_stores.jobs.backlog(Queue.PHOTOS, limit=99) == 20
    assert sql_stores.keys.usage(DEFAULT_TENANT, key_id="", days=1)[0].photos == 20
