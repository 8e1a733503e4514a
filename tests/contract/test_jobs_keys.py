"""The `Jobs` port: what is submitted twice under one key is one job."""

import subprocess
import sys

import pytest
from sqlalchemy import exc

from sightsong.adapters import memory
from sightsong.adapters.store.schema import idempotency
from sightsong.core.errors import IdempotencyMismatch, JobErased
from sightsong.core.jobs import Idempotency, JobKind, JobState, NewJob, Queue
from sightsong.core.ports.jobs import IDEMPOTENCY_S
from tests.clocks import Clock
from tests.contract import building
from tests.contract.building import photo

KEY = Idempotency(key="my first try \x00 é \ud800", fingerprint="a" * 64)
OTHER_BODY = Idempotency(key=KEY.key, fingerprint="b" * 64)
OTHER_KEY = Idempotency(key="my second try", fingerprint=KEY.fingerprint)


def test_a_submit_with_a_key_stores_a_job(stores):
    submitted = stores.jobs.submit_keyed(photo(params={"limit": 3}), KEY)
    assert not submitted.is_replay
    assert stores.jobs.get(submitted.job.id) == submitted.job
    assert (submitted.job.state, submitted.job.params) == (JobState.QUEUED, {"limit": 3})


def test_the_same_submit_again_is_the_same_job(stores):
    blob = stores.blobs.put(b"pixels", media_type="image/png")
    again = stores.blobs.put(b"pixels", media_type="image/png")
    first = stores.jobs.submit_keyed(photo(blob=blob), KEY)
    second = stores.jobs.submit_keyed(photo(blob=again), KEY)
    assert (second.job, second.is_replay) == (first.job, True)
    assert stores.jobs.backlog(Queue.PHOTOS, limit=9) == 1
    assert stores.jobs.blobs_held([blob.id, again.id]) == {blob.id}


def test_a_replay_shows_the_job_as_it_is_by_now(stores):
    stores.jobs.submit_keyed(photo(), KEY)
    job = building.claim_one(stores.jobs)
    stores.jobs.complete([building.done(job, caption="a cat")])
    again = stores.jobs.submit_keyed(photo(), KEY)
    assert again.is_replay
    assert (again.job.state, again.job.result) == (JobState.SUCCEEDED, {"caption": "a cat"})
    assert stores.jobs.replay(KEY) == again.job == stores.jobs.get(job.id)


def test_a_key_that_was_never_used_has_no_job(stores):
    stores.jobs.submit_keyed(photo(), OTHER_KEY)
    assert stores.jobs.replay(KEY) is None


def test_other_keys_make_other_jobs(stores):
    first = stores.jobs.submit_keyed(photo(), KEY)
    second = stores.jobs.submit_keyed(photo(), OTHER_KEY)
    assert not second.is_replay
    assert first.job.id != second.job.id


def test_a_key_is_no_good_for_another_submit(stores):
    stores.jobs.submit_keyed(photo(), KEY)
    with pytest.raises(IdempotencyMismatch):
        stores.jobs.submit_keyed(photo(), OTHER_BODY)
    with pytest.raises(IdempotencyMismatch):
        stores.jobs.replay(OTHER_BODY)
    assert stores.jobs.backlog(Queue.PHOTOS, limit=9) == 1


def test_a_submit_that_cannot_be_stored_leaves_its_key_free(stores):
    refused = (TypeError, exc.StatementError)  # the latter wraps the former
    with pytest.raises(refused):
        stores.jobs.submit_keyed(photo(params={"limit": object()}), KEY)
    assert stores.jobs.replay(KEY) is None
    assert not stores.jobs.submit_keyed(photo(), KEY).is_replay


def test_a_late_copy_of_a_submit_does_not_bring_back_what_was_erased(stores):
    job = stores.jobs.submit_keyed(photo(), KEY).job
    stores.jobs.erase(job.id)
    for again in (KEY, OTHER_BODY):
        with pytest.raises(JobErased):
            stores.jobs.submit_keyed(photo(), again)
        with pytest.raises(JobErased):
            stores.jobs.replay(again)
    assert stores.jobs.backlog(Queue.PHOTOS, limit=9) == 0


def test_a_text_may_have_a_key_as_well(stores):
    text = NewJob(kind=JobKind.TEXT, params={"text": "rain"})
    first = stores.jobs.submit_keyed(text, KEY)
    assert stores.jobs.submit_keyed(text, KEY).job.id == first.job.id


SUBMIT = """
import sys
from pathlib import Path
from sightsong.adapters.store import open_stores
from sightsong.core.jobs import Idempotency, JobKind, NewJob
stores = open_stores(sys.argv[1], Path("unused"))
input()
for number in range(20):
    key = Idempotency(key=f"try {number}", fingerprint="a" * 64)
    print(stores.jobs.submit_keyed(NewJob(kind=JobKind.PHOTO), key).job.id)
"""


def test_many_processes_that_submit_the_same_make_one_job_of_each(sql_stores):
    url = sql_stores.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", SUBMIT, url]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate("go\n", timeout=60)[0].split() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(set(said[0])) == 20
    assert said == [said[0]] * 3
    assert sql_stores.jobs.backlog(Queue.PHOTOS, limit=99) == 20


def check_that_old_keys_are_gone(jobs, grow_old) -> None:
    first = jobs.submit_keyed(photo(), KEY).job
    grow_old()
    assert jobs.replay(KEY) is None
    assert jobs.replay(OTHER_BODY) is None
    anew = jobs.submit_keyed(photo(), OTHER_BODY)
    assert not anew.is_replay
    assert anew.job.id != first.id
    assert jobs.replay(OTHER_BODY) == anew.job


def test_in_memory_an_old_key_stands_for_nothing():
    clock = Clock(1_700_000_000.0)

    def grow_old() -> None:
        clock.now += IDEMPOTENCY_S

    check_that_old_keys_are_gone(memory.open_stores(clock).jobs, grow_old)


def grow_old(stores, *, by_s: float = IDEMPOTENCY_S) -> None:
    """Set back the times of all keys."""
    earlier = idempotency.update().values(created_at=idempotency.c.created_at - by_s)
    with stores.database.write() as connection:
        connection.execute(earlier)


def test_in_a_database_an_old_key_stands_for_nothing(sql_stores):
    check_that_old_keys_are_gone(sql_stores.jobs, lambda: grow_old(sql_stores))


def test_a_key_is_good_for_almost_a_day(sql_stores):
    first = sql_stores.jobs.submit_keyed(photo(), KEY)
    grow_old(sql_stores, by_s=IDEMPOTENCY_S - 60)
    assert sql_stores.jobs.submit_keyed(photo(), KEY).job == first.job


def test_old_keys_are_thrown_away_in_time(sql_stores):
    for number in range(3):
        key = Idempotency(key=f"old {number}", fingerprint="a" * 64)
        sql_stores.jobs.submit_keyed(photo(), key)
    grow_old(sql_stores)
    sql_stores.jobs.submit_keyed(photo(), KEY)
    left = []
    for _ in range(3):
        sql_stores.jobs.expired(limit=2, job_keep_s=1e6)
        with sql_stores.database.read() as connection:
            left.append(len(connection.execute(idempotency.select()).all()))
    assert left == [2, 1, 1]
    assert sql_stores.jobs.replay(KEY) is not None
