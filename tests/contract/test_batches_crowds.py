"""The `Batches` port while many work on the jobs of one batch at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event

from sightsong.core.batches import Batch, BatchState, NewBatch
from sightsong.core.errors import Conflict, JobErased, QuotaExceeded
from sightsong.core.jobs import (
    Account,
    Idempotency,
    JobFilter,
    JobKind,
    JobState,
    NewJob,
    Owner,
    Queue,
)
from tests.contract import building, telling

ROUNDS = 12


def album(count: int, **fields: object) -> NewBatch:
    jobs = [NewJob(kind=JobKind.TEXT, params={"text": f"{i}"}, position=i) for i in range(count)]
    return NewBatch(jobs=jobs, **fields)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do several things at the same moment; returns what they return."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the work returns
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def claimed_apart(stores, count: int) -> Sequence[Callable[[], Any]]:
    """Claim so many jobs one by one, each by another worker; returns what ends each."""
    jobs = [building.claim_one(stores.jobs, owner=Owner(f"w{i}")) for i in range(count)]
    return [lambda job=job: stores.jobs.complete([building.done(job)]) for job in jobs]


def test_a_batch_whose_last_jobs_end_at_once_has_ended(stores):
    for _ in range(ROUNDS):
        batch_id = stores.batches.submit(album(4)).batch.id

        at_once(*claimed_apart(stores, 4))

        assert stores.batches.get(batch_id).state is BatchState.COMPLETED


def test_a_batch_that_is_given_up_while_its_jobs_end_has_ended(stores):
    def given_up(batch: Batch) -> bool:
        try:
            stores.batches.cancel(batch.id)
        except Conflict:
            return False
        return True

    for _ in range(ROUNDS):
        batch = stores.batches.submit(album(4)).batch

        *_, was_given_up = at_once(*claimed_apart(stores, 3), lambda one=batch: given_up(one))

        found = stores.batches.get(batch.id)
        assert found.finished_at is not None
        assert (found.state is BatchState.CANCELED) == was_given_up
        assert found.counts.get(JobState.QUEUED, 0) == 0


def test_a_batch_that_is_erased_while_its_jobs_end_is_gone(stores):
    for _ in range(ROUNDS):
        batch = stores.batches.submit(album(4)).batch

        at_once(*claimed_apart(stores, 3), lambda one=batch: stores.batches.erase(one.id))

        assert stores.batches.versions([batch.id]) == {}


def test_copies_and_the_erasing_of_what_they_copy_give_way_to_each_other(stores):
    for _ in range(4):
        sources = stores.batches.submit(album(60)).batch
        claimed = stores.jobs.claim([Queue.PHOTOS], owner=Owner("w"), limit=60, lease_s=60)
        stores.jobs.complete([building.done(job) for job in claimed])
        backwards = [one.id for one in reversed(claimed)]

        def copied(source_ids=backwards) -> bool:
            jobs = [
                NewJob(kind=JobKind.TEXT, position=at, copy_of=one)
                for at, one in enumerate(source_ids)
            ]
            try:
                copies = stores.batches.submit(NewBatch(jobs=jobs)).batch
            except JobErased:
                return False
            return copies.counts == {JobState.SUCCEEDED: 60}

        works = [lambda one=one: stores.jobs.erase(one) for one in backwards[20:23]]
        *_, was_copied = at_once(*works, lambda one=sources: stores.batches.erase(one.id), copied)
        assert stores.batches.versions([sources.id]) == {}
        assert len(stores.jobs.listed(JobFilter(), limit=100)) == 60 * was_copied
        for batch in stores.batches.listed(None, limit=9):
            stores.batches.erase(batch.id)


def test_a_batch_of_copies_takes_few_statements(sql_stores):
    sql_stores.batches.submit(album(50))
    claimed = sql_stores.jobs.claim([Queue.PHOTOS], owner=Owner("w"), limit=50, lease_s=60)
    sql_stores.jobs.complete([building.done(job) for job in claimed])
    jobs = [
        NewJob(kind=JobKind.TEXT, position=at, copy_of=one.id) for at, one in enumerate(claimed)
    ]
    run: list[str] = []
    event.listen(
        sql_stores.database.engine, "before_cursor_execute", lambda *told: run.append(told[2])
    )
    batch = sql_stores.batches.submit(NewBatch(jobs=jobs)).batch
    assert batch.state is BatchState.COMPLETED
    assert len(run) < 30


def test_the_same_batch_sent_many_times_at_once_is_one(stores):
    key = Idempotency(key="an album", fingerprint="f" * 64)

    sent = at_once(*[lambda: stores.batches.submit(album(3), key)] * 6)

    assert len({one.batch.id for one in sent}) == 1
    assert sorted(one.is_replay for one in sent) == [False, *[True] * 5]
    assert len(building.claim(stores.jobs, limit=20)) == 3


def test_batches_that_come_at_once_are_counted_together(stores):
    account = Account(key_id="k", jobs_per_day=5)

    def submit() -> bool:
        try:
            stores.batches.submit(album(2, account=account))
        except QuotaExceeded:
            return False
        return True

    assert sorted(at_once(*[submit] * 4)) == [False, False, True, True]
    assert len(building.claim(stores.jobs, limit=20)) == 4


def test_a_batch_that_passes_the_quota_leaves_nothing(stores):
    blob = stores.blobs.put(b"pixels", media_type="image/png")
    new = NewBatch(
        jobs=[building.photo(blob=blob, position=0), *album(2).jobs],
        account=Account(key_id="k", jobs_per_day=2),
    )
    key = Idempotency(key="an album", fingerprint="f" * 64)

    with pytest.raises(QuotaExceeded):
        stores.batches.submit(new, key)

    assert stores.jobs.blobs_held([blob.id]) == frozenset()
    assert stores.batches.replay(key) is None
    assert building.claim(stores.jobs) == []


def test_of_an_erased_batch_nothing_is_told_any_more(stores):
    webhook = telling.register(stores)
    batch_id = stores.batches.submit(album(2)).batch.id
    for job in building.claim(stores.jobs):
        stores.jobs.complete([building.done(job)])
    assert batch_id in {one.subject_id for one in telling.told(stores, webhook)}

    stores.batches.erase(batch_id)

    assert batch_id not in {one.subject_id for one in telling.told(stores, webhook)}
