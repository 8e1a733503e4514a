"""Usage: every photo and text is counted for its account, and none beyond what that may have."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from sightsong.adapters import memory
from sightsong.adapters.store import usage
from sightsong.adapters.store.schema import usage as counted_rows
from sightsong.core.errors import JobNotFound, QuotaExceeded
from sightsong.core.jobs import Account, Idempotency, JobKind, NewJob, Queue
from sightsong.core.keys import UsageDay
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from tests.clocks import Clock
from tests.contract.building import INGEST, photo

ACME, BOLT = TenantId("acme"), TenantId("bolt")
APP, SITE = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
DAY_S = 24 * 3600.0
THREADS = 8


def sent(kind: JobKind = JobKind.PHOTO, *, tenant: TenantId = ACME, **account: object) -> NewJob:
    return NewJob(kind=kind, tenant=tenant, account=Account(**{"key_id": APP} | account))


def seconds_left() -> float:
    """Until midnight in UTC."""
    return DAY_S - time.time() % DAY_S


def today(stores, tenant: TenantId = ACME, *, key_id: str | None = APP) -> tuple[int, int]:
    """Photos and texts of today."""
    (day,) = stores.keys.usage(tenant, key_id=key_id, days=1)
    return day.photos, day.texts


def test_photos_and_texts_are_counted_apart(stores):
    for kind in (JobKind.PHOTO, JobKind.TEXT, JobKind.PHOTO):
        stores.jobs.submit(sent(kind))
    assert today(stores) == (2, 1)


@pytest.mark.parametrize("kind", [JobKind.INGEST, JobKind.REBUILD, JobKind.EMBED])
def test_what_is_done_to_the_library_counts_for_nobody(stores, kind):
    stores.jobs.submit(sent(kind, jobs_per_day=0))
    assert today(stores) == (0, 0)


def test_each_key_and_each_tenant_has_a_count_of_its_own(stores):
    stores.jobs.submit(sent())
    stores.jobs.submit(sent(key_id=SITE))
    stores.jobs.submit(sent(JobKind.TEXT, tenant=BOLT))
    stores.jobs.submit(photo())
    assert (today(stores), today(stores, key_id=SITE)) == ((1, 0), (1, 0))
    assert today(stores, key_id=None) == (2, 0)
    assert (today(stores, BOLT), today(stores, BOLT, key_id=SITE)) == ((0, 1), (0, 0))
    assert today(stores, DEFAULT_TENANT, key_id="") == (1, 0)


def test_days_without_anything_are_told_as_well(stores):
    stores.jobs.submit(sent())
    days = stores.keys.usage(ACME, days=30)
    names = [one.day for one in days]
    assert (len(set(names)), names) == (30, sorted(names, reverse=True))
    assert days[1:] == [UsageDay(day=name) for name in names[1:]]


def test_as_many_as_an_account_may_have_and_not_one_more(stores):
    for kind in (JobKind.PHOTO, JobKind.TEXT):
        stores.jobs.submit(sent(kind, jobs_per_day=2))
    for kind in (JobKind.PHOTO, JobKind.TEXT):
        before = seconds_left()
        with pytest.raises(QuotaExceeded) as refused:
            stores.jobs.submit(sent(kind, jobs_per_day=2))
        off_s = abs(before - refused.value.retry_after_s)
        assert min(off_s, DAY_S - off_s) < 5  # midnight may have passed
        assert refused.value.detail == "1 job, of which 0 are left today (UTC), 2 a day in all."
    assert today(stores) == (1, 1)
    assert stores.jobs.backlog(Queue.PHOTOS, limit=9) == 2


def test_an_account_that_may_have_none_gets_none(stores):
    with pytest.raises(QuotaExceeded):
        stores.jobs.submit(sent(jobs_per_day=0))
    assert stores.jobs.backlog(Queue.PHOTOS, limit=9) == 0


def test_the_quota_of_one_key_leaves_others_alone(stores):
    stores.jobs.submit(sent(jobs_per_day=1))
    stores.jobs.submit(sent(key_id=SITE, jobs_per_day=1))
    stores.jobs.submit(sent(tenant=BOLT, jobs_per_day=1))
    with pytest.raises(QuotaExceeded):
        stores.jobs.submit(sent(jobs_per_day=1))


def test_a_submit_that_is_sent_again_counts_once_even_when_there_are_no_more_left(stores):
    key = Idempotency(key="a try", fingerprint="a" * 64, tenant=ACME)
    first = stores.jobs.submit_keyed(sent(jobs_per_day=1), key)
    again = stores.jobs.submit_keyed(sent(jobs_per_day=1), key)
    assert (again.job.id, again.is_replay) == (first.job.id, True)
    assert today(stores) == (1, 0)


def test_a_submit_that_is_refused_leaves_its_key_free(stores):
    key = Idempotency(key="a try", fingerprint="a" * 64, tenant=ACME)
    with pytest.raises(QuotaExceeded):
        stores.jobs.submit_keyed(sent(jobs_per_day=0), key)
    assert stores.jobs.replay(key) is None
    assert not stores.jobs.submit_keyed(sent(jobs_per_day=1), key).is_replay


def test_a_submit_that_cannot_be_stored_counts_nothing(stores):
    lost = NewJob(kind=JobKind.PHOTO, tenant=ACME, account=Account(key_id=APP), copy_of=INGEST)
    with pytest.raises(JobNotFound):
        stores.jobs.submit(lost)
    assert today(stores) == (0, 0)


def test_erasing_does_not_give_back_what_was_used(stores):
    job = stores.jobs.submit(sent(jobs_per_day=1))
    stores.jobs.erase(job.id)
    with pytest.raises(QuotaExceeded):
        stores.jobs.submit(sent(jobs_per_day=1))


def test_a_quota_is_exact_however_many_submit_at_once(stores):
    most, start = 21, Barrier(THREADS)

    def submit(number: int) -> int:
        start.wait()
        done = 0
        for turn in range(5):
            kind = JobKind.TEXT if (number + turn) % 2 else JobKind.PHOTO
            try:
                stores.jobs.submit(sent(kind, jobs_per_day=most))
            except QuotaExceeded:
                continue
            done += 1
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        done = sum(pool.map(submit, range(THREADS)))
    assert done == most == sum(today(stores))
    assert stores.jobs.backlog(Queue.PHOTOS, limit=99) == most


def test_many_at_once_are_counted_all_or_not_at_all(sql_stores):
    account = Account(key_id=APP, jobs_per_day=10)

    def count(photos: int, texts: int) -> None:
        with sql_stores.database.write() as connection:
            usage.count(connection, ACME, account, photos=photos, texts=texts)

    count(5, 3)
    for photos, texts in ((3, 0), (0, 3), (11, 0)):
        told = f"{photos + texts} jobs, of which 2 are left today .UTC., 10 a day in all"
        with pytest.raises(QuotaExceeded, match=told):
            count(photos, texts)
    count(0, 0)
    count(1, 1)
    assert today(sql_stores) == (6, 4)


def test_with_the_day_the_count_begins_anew(sql_stores):
    sql_stores.jobs.submit(sent(jobs_per_day=1))
    with pytest.raises(QuotaExceeded):
        sql_stores.jobs.submit(sent(jobs_per_day=1))
    yesterday = sql_stores.keys.usage(ACME, days=2)[1].day
    with sql_stores.database.write() as connection:
        connection.execute(counted_rows.update().values(day=yesterday))
    sql_stores.jobs.submit(sent(jobs_per_day=1))
    assert [day.photos for day in sql_stores.keys.usage(ACME, key_id=APP, days=3)] == [1, 1, 0]


def test_in_memory_the_day_ends_at_midnight_in_utc():
    clock = Clock(10 * DAY_S - 30.0)
    stores = memory.open_stores(clock)
    stores.jobs.submit(sent(jobs_per_day=1))
    with pytest.raises(QuotaExceeded) as refused:
        stores.jobs.submit(sent(jobs_per_day=1))
    assert refused.value.retry_after_s == 30.0
    clock.now += 30.0
    stores.jobs.submit(sent(jobs_per_day=1))
    assert stores.keys.usage(ACME, days=2) == [
        UsageDay(day="1970-01-11", photos=1),
        UsageDay(day="1970-01-10", photos=1),
    ]
