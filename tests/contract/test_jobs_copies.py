"""The `Jobs` port: an answer that was given is found again, and copied whole."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest

from sightsong.adapters import memory
from sightsong.adapters.store import answered as store_answers
from sightsong.adapters.store import inserting
from sightsong.core import embeddings
from sightsong.core.affect import Affect
from sightsong.core.errors import JobErased, JobNotFound, QuotaExceeded
from sightsong.core.jobs import (
    Account,
    Completion,
    Failed,
    Idempotency,
    Job,
    JobError,
    JobFilter,
    JobState,
    KeepQuery,
    NewJob,
    Queue,
    Retry,
    Succeeded,
)
from sightsong.core.tenancy import TenantId, UserId
from tests.clocks import Clock
from tests.contract import building
from tests.contract.building import INGEST, LONG_S, OOPS, photo

ACME, BOLT = TenantId("acme"), TenantId("bolt")
ALICE = UserId("alice")
DIGEST, OTHER = "d" * 64, "e" * 64
ANSWER = {"caption": "a cat\x00", "matches": [{"score": 0.5}]}
KEY = Idempotency(key="a try", fingerprint="a" * 64, tenant=ACME)
AFFECT = Affect(valence=0.25, arousal=-0.5)


def asked(**fields: object) -> NewJob:
    return photo(**{"tenant": ACME, "asked_digest": DIGEST} | fields)


def answered(stores, **fields: object) -> Job:
    """A photo that was answered, with what it searched for."""
    stores.jobs.submit(asked(**fields))
    job = building.claim_one(stores.jobs)
    vector = embeddings.unit(np.arange(1, 5).astype(np.float32))
    query = KeepQuery(job_id=job.id, space=building.SPACE, vector=vector, affect=AFFECT)
    done = Completion(job=job, outcome=Succeeded(result=ANSWER), effects=(query,))
    assert stores.jobs.complete([done]) == {job.id}
    return stores.jobs.get(job.id)


def copy_of(job: Job, **fields: object) -> NewJob:
    return replace(asked(**fields), copy_of=job.id)


def find(stores, digest: str = DIGEST, *, tenant: TenantId = ACME, max_age_s: float = LONG_S):
    return stores.jobs.answered(digest, tenant=tenant, max_age_s=max_age_s)


def test_what_was_answered_is_found_with_its_answer(stores):
    job = answered(stores)
    assert find(stores) == job
    assert find(stores).result == ANSWER


def test_of_several_answers_the_newest_is_found(stores):
    answered(stores)
    newest = answered(stores)
    answered(stores, asked_digest=OTHER)
    assert find(stores) == newest


def test_the_answers_of_other_tenants_and_to_other_questions_are_not_found(stores):
    answered(stores)
    answered(stores, asked_digest=None)
    assert find(stores, tenant=BOLT) is None
    assert find(stores, OTHER) is None


def test_what_has_no_answer_is_not_found(stores):
    for outcome in (Failed(error=OOPS), Retry(error=OOPS, delay_s=LONG_S)):
        stores.jobs.submit(asked())
        job = building.claim_one(stores.jobs)
        stores.jobs.complete([Completion(job=job, outcome=outcome)])
    stores.jobs.cancel(stores.jobs.submit(asked()).id)
    stores.jobs.submit(asked())
    assert find(stores) is None


def test_an_erased_answer_is_not_found(stores):
    stores.jobs.erase(answered(stores).id)
    assert find(stores) is None


def test_an_answer_that_is_too_old_is_not_found(stores):
    answered(stores)
    assert find(stores, max_age_s=0.0) is None


def test_in_memory_an_answer_is_too_old_after_its_time():
    clock = Clock(1_000.0)
    stores = memory.open_stores(clock)
    answered(stores)
    clock.now += 9.9
    assert find(stores, max_age_s=10.0) is not None
    clock.now += 0.1
    assert find(stores, max_age_s=10.0) is None


def test_a_copy_has_succeeded_at_once_with_the_same_answer(stores):
    source = answered(stores)
    copy = stores.jobs.submit(copy_of(source, user=ALICE, custom_id="again", params={"limit": 3}))
    assert (copy.state, copy.state_version, copy.attempt) == (JobState.SUCCEEDED, 1, 0)
    assert (copy.result, copy.cached_from) == (ANSWER, source.id)
    assert (copy.user, copy.custom_id, copy.params) == (ALICE, "again", {"limit": 3})
    assert copy.finished_at >= copy.created_at
    assert copy.started_at is None
    assert stores.jobs.get(copy.id, tenant=ACME) == copy


def test_a_copy_can_be_refined_as_what_it_was_made_from(stores):
    source = answered(stores)
    copy = stores.jobs.submit(copy_of(source))
    query, of_source = stores.jobs.query(copy.id), stores.jobs.query(source.id)
    assert (query.job_id, query.space, query.affect) == (copy.id, building.SPACE, AFFECT)
    np.testing.assert_array_equal(query.vector, of_source.vector)


def test_an_answer_without_a_query_is_copied_without_one(stores):
    stores.jobs.submit(asked())
    job = building.claim_one(stores.jobs)
    stores.jobs.complete([building.done(job, caption="a cat")])
    copy = stores.jobs.submit(copy_of(job))
    assert copy.result == {"caption": "a cat"}
    assert stores.jobs.query(copy.id) is None


def test_nobody_works_on_a_copy_and_nobody_waits_behind_it(stores):
    source = answered(stores)
    stores.jobs.submit(copy_of(source))
    assert building.claim(stores.jobs) == []
    assert stores.jobs.backlog(Queue.PHOTOS, limit=9) == 0
    assert building.gave_back(stores.jobs.sweep(ring_after_s=0.0)) == 0


def test_copies_say_nothing_of_how_fast_answers_are_worked_out(stores):
    source = answered(stores)
    for _ in range(5):
        stores.jobs.submit(copy_of(source))
    waiting = stores.jobs.submit(asked())
    assert stores.jobs.outlook(waiting.id, limit=9).eta_s is None


def test_copies_are_not_found_as_they_are_no_younger_than_their_source(stores):
    source = answered(stores)
    stores.jobs.submit(copy_of(source))
    assert find(stores) == source
    stores.jobs.erase(source.id)
    assert find(stores) is None


def test_copies_are_listed_and_say_what_they_are(stores):
    source = answered(stores)
    copy = stores.jobs.submit(copy_of(source))
    listed = stores.jobs.listed(JobFilter(tenant=ACME, state=JobState.SUCCEEDED), limit=9)
    assert [(job.id, job.cached_from) for job in listed] == [
        (copy.id, source.id),
        (source.id, None),
    ]


def test_a_copy_outlives_what_it_was_made_from(stores):
    source = answered(stores)
    copy = stores.jobs.submit(copy_of(source))
    stores.jobs.erase(source.id)
    assert stores.jobs.get(copy.id) == copy
    assert stores.jobs.query(copy.id) is not None


def test_an_erased_copy_leaves_its_source(stores):
    source = answered(stores)
    copy = stores.jobs.submit(copy_of(source))
    stores.jobs.erase(copy.id)
    with pytest.raises(JobErased):
        stores.jobs.get(copy.id)
    assert stores.jobs.query(copy.id) is None
    assert stores.jobs.get(source.id) == source
    assert stores.jobs.query(source.id) is not None


def test_a_copy_may_be_sent_again_under_its_key(stores):
    source = answered(stores)
    first = stores.jobs.submit_keyed(copy_of(source), KEY)
    again = stores.jobs.submit_keyed(copy_of(source), KEY)
    assert (first.is_replay, again.is_replay) == (False, True)
    assert again.job == first.job == stores.jobs.replay(KEY)
    assert first.job.cached_from == source.id


def test_a_copy_counts_as_any_other(stores):
    account = Account(key_id="aaaaaaaaaaaa", jobs_per_day=1)
    source = answered(stores)
    stores.jobs.submit(copy_of(source, account=account))
    with pytest.raises(QuotaExceeded):
        stores.jobs.submit(copy_of(source, account=account))
    assert stores.keys.usage(ACME, key_id=account.key_id, days=1)[0].photos == 1
    assert len(stores.jobs.listed(JobFilter(), limit=9)) == 2


def unanswered(stores) -> Job:
    return stores.jobs.submit(asked())


def failed(stores) -> Job:
    stores.jobs.submit(asked())
    job = building.claim_one(stores.jobs)
    error = JobError(code="image_broken", detail="it ends early")
    stores.jobs.complete([Completion(job=job, outcome=Failed(error=error))])
    return job


def of_another_tenant(stores) -> Job:
    return answered(stores, tenant=BOLT)


@pytest.mark.parametrize("made", [unanswered, failed, of_another_tenant])
def test_what_has_no_answer_for_this_tenant_cannot_be_copied(stores, made):
    source = made(stores)
    before = stores.jobs.listed(JobFilter(), limit=9)
    with pytest.raises(JobNotFound):
        stores.jobs.submit(copy_of(source))
    with pytest.raises(JobNotFound):
        stores.jobs.submit_keyed(copy_of(source), KEY)
    assert stores.jobs.listed(JobFilter(), limit=9) == before
    assert stores.jobs.replay(KEY) is None


def test_a_job_that_never_was_cannot_be_copied(stores):
    with pytest.raises(JobNotFound):
        stores.jobs.submit(replace(asked(), copy_of=INGEST))


def test_an_erased_job_cannot_be_copied(stores):
    source = answered(stores)
    stores.jobs.erase(source.id)
    with pytest.raises(JobErased):
        stores.jobs.submit(copy_of(source))
    assert stores.jobs.listed(JobFilter(), limit=9) == []


def test_what_is_copied_while_it_is_erased_is_copied_whole_or_not_at_all(stores):
    sources = [answered(stores) for _ in range(30)]
    start = Barrier(4)

    def copy_all(number: int) -> list[Job]:
        start.wait()
        made = []
        for source in sources if number else reversed(sources):
            try:
                made.append(stores.jobs.submit(copy_of(source)))
            except JobErased:
                continue
        return made

    def erase_all() -> list[Job]:
        start.wait()
        for source in sources:
            stores.jobs.erase(source.id)
        return []

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(erase_all), *(pool.submit(copy_all, number) for number in range(3))]
        copies = [job for one in working for job in one.result()]
    assert all(stores.jobs.get(copy.id) == copy for copy in copies)
    assert {copy.result["caption"] for copy in copies} <= {ANSWER["caption"]}
    assert all(stores.jobs.query(copy.id) is not None for copy in copies)
    assert {job.id for job in stores.jobs.listed(JobFilter(), limit=100)} == {c.id for c in copies}


def test_what_is_being_copied_is_not_erased_before_the_copy_is_whole(sql_stores):
    source = answered(sql_stores)
    with ThreadPoolExecutor(1) as pool:
        with sql_stores.database.write() as connection:
            store_answers.hold(connection, source.id, tenant=ACME)
            erasing = pool.submit(sql_stores.jobs.erase, source.id)
            _, waiting = wait([erasing], timeout=0.5)
            copy = inserting.add_job(connection, copy_of(source))
        assert waiting == {erasing}
        erasing.result()
    assert sql_stores.jobs.get(copy.id).result == ANSWER
    with pytest.raises(JobErased):
        sql_stores.jobs.get(source.id)
