"""The `Jobs` port: what belongs to a tenant is not there for any other."""

import hashlib

import pytest
from sqlalchemy import select

from sightsong.adapters.store.schema import idempotency, jobs
from sightsong.core.errors import IdempotencyMismatch, JobErased, JobNotFound
from sightsong.core.ingests import Wish
from sightsong.core.jobs import Idempotency, JobFilter, JobKind, JobState, NewJob, Queue
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId, UserId
from tests.contract import building
from tests.contract.building import INGEST, photo

ACME, BOLT = TenantId("acme"), TenantId("bolt")
ALICE, CARL = UserId("alice"), UserId("carl")


def of_acme(**fields: object) -> NewJob:
    return photo(tenant=ACME, **fields)


def key_of(tenant: TenantId, *, fingerprint: str = "a" * 64) -> Idempotency:
    return Idempotency(key="my first try", fingerprint=fingerprint, tenant=tenant)


def ids(stores, **where: object) -> set[str]:
    return {job.id for job in stores.jobs.listed(JobFilter(**where), limit=99)}


def test_a_job_is_of_the_tenant_and_the_user_that_it_was_submitted_for(stores):
    job = stores.jobs.submit(of_acme(user=ALICE))
    assert (job.tenant, job.user) == (ACME, ALICE)
    assert stores.jobs.get(job.id, tenant=ACME) == job == stores.jobs.get(job.id)


def test_a_job_of_nobody_in_particular_is_of_the_tenant_of_a_keyless_service(stores):
    job = stores.jobs.submit(photo())
    assert (job.tenant, job.user) == (DEFAULT_TENANT, None)
    assert stores.jobs.get(job.id, tenant=DEFAULT_TENANT) == job


def test_whoever_works_on_a_job_knows_whose_it_is(stores):
    stores.jobs.submit(of_acme(user=ALICE))
    claimed = building.claim_one(stores.jobs)
    assert (claimed.tenant, claimed.user) == (ACME, ALICE)


@pytest.mark.parametrize("do", ["get", "cancel", "erase"])
def test_a_job_of_another_tenant_is_not_found_and_stays_as_it_is(stores, do):
    job = stores.jobs.submit(of_acme())
    for stranger in (BOLT, DEFAULT_TENANT):
        with pytest.raises(JobNotFound):
            getattr(stores.jobs, do)(job.id, tenant=stranger)
    assert stores.jobs.get(job.id) == job


@pytest.mark.parametrize("do", ["get", "cancel"])
def test_only_its_own_tenant_is_told_that_a_job_was_erased(stores, do):
    job = stores.jobs.submit(of_acme())
    stores.jobs.erase(job.id, tenant=ACME)
    with pytest.raises(JobErased):
        getattr(stores.jobs, do)(job.id, tenant=ACME)
    with pytest.raises(JobNotFound):
        getattr(stores.jobs, do)(job.id, tenant=BOLT)


def test_an_erased_job_is_not_there_to_be_erased_again_by_another_tenant(stores):
    job = stores.jobs.submit(of_acme())
    stores.jobs.erase(job.id, tenant=ACME)
    assert stores.jobs.erase(job.id, tenant=ACME) is None
    with pytest.raises(JobNotFound):
        stores.jobs.erase(job.id, tenant=BOLT)


def test_a_tenant_cancels_its_own(stores):
    job = stores.jobs.submit(of_acme(user=ALICE))
    canceled = stores.jobs.cancel(job.id, tenant=ACME)
    assert (canceled.state, canceled.tenant, canceled.user) == (JobState.CANCELED, ACME, ALICE)


def test_keys_of_two_tenants_do_not_meet(stores):
    first = stores.jobs.submit_keyed(of_acme(), key_of(ACME))
    other = stores.jobs.submit_keyed(photo(tenant=BOLT), key_of(BOLT, fingerprint="b" * 64))
    of_default = stores.jobs.submit_keyed(photo(), key_of(DEFAULT_TENANT, fingerprint="c" * 64))
    assert [one.is_replay for one in (first, other, of_default)] == [False] * 3
    assert stores.jobs.replay(key_of(ACME)) == first.job
    assert stores.jobs.replay(key_of(BOLT, fingerprint="b" * 64)) == other.job
    assert stores.jobs.replay(key_of(TenantId("cork"))) is None
    with pytest.raises(IdempotencyMismatch):
        stores.jobs.replay(key_of(ACME, fingerprint="b" * 64))


def test_a_key_that_begins_with_the_name_of_another_tenant_is_not_one_of_its(stores):
    stores.jobs.submit_keyed(of_acme(), key_of(ACME))
    for between in ("", "\x00", "\n", ":", "/"):
        guess = Idempotency(key=f"acme{between}my first try", fingerprint="a" * 64)
        assert stores.jobs.replay(guess) is None


def test_keys_that_were_sent_before_there_were_tenants_stand_for_what_they_did(sql_stores):
    sql_stores.jobs.submit_keyed(photo(), key_of(DEFAULT_TENANT))
    with sql_stores.database.read() as connection:
        kept = connection.execute(select(idempotency.c.key)).scalar_one()
    assert kept == hashlib.sha256(b"my first try").hexdigest()


def test_a_tenant_is_shown_its_own_jobs(stores):
    mine = {stores.jobs.submit(of_acme()).id for _ in range(3)}
    others = {stores.jobs.submit(photo(tenant=BOLT)).id, stores.jobs.submit(photo()).id}
    assert ids(stores, tenant=ACME) == mine
    assert ids(stores) == mine | others
    assert ids(stores, tenant=TenantId("cork")) == set()


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.CANCELED])
def test_a_tenant_is_shown_its_own_jobs_in_a_state(stores, state):
    both = [stores.jobs.submit(photo(tenant=one)).id for one in (ACME, BOLT)]
    if state is JobState.RUNNING:
        building.claim(stores.jobs)
    if state is JobState.CANCELED:
        for job_id in both:
            stores.jobs.cancel(job_id)
    assert ids(stores, tenant=ACME, state=state) == {both[0]}


def test_jobs_are_listed_by_the_user_that_they_are_of(stores):
    of_alice = {stores.jobs.submit(of_acme(user=ALICE)).id for _ in range(2)}
    stores.jobs.submit(of_acme(user=CARL))
    stores.jobs.submit(of_acme())
    stores.jobs.submit(photo(tenant=BOLT, user=ALICE))
    assert ids(stores, tenant=ACME, user=ALICE) == of_alice
    assert {job.user for job in stores.jobs.listed(JobFilter(user=CARL), limit=9)} == {CARL}


def test_the_pages_of_a_user_are_its_list_in_order(stores):
    for number in range(6):
        stores.jobs.submit(of_acme(user=(ALICE, CARL)[number % 2]))
    where = JobFilter(tenant=ACME, user=ALICE)
    whole = [job.id for job in stores.jobs.listed(where, limit=9)]
    first = [job.id for job in stores.jobs.listed(where, limit=2)]
    rest = [job.id for job in stores.jobs.listed(where, limit=2, before=first[-1])]
    assert (len(whole), first + rest) == (3, whole)


def test_jobs_are_listed_by_the_batch_that_they_are_of(stores):
    of_batch = [
        stores.jobs.submit(of_acme(parent_id=INGEST, position=number)).id for number in range(3)
    ]
    stores.jobs.submit(of_acme())
    stores.jobs.cancel(of_batch[0])
    assert ids(stores, parent_id=INGEST) == set(of_batch)
    assert ids(stores, parent_id=INGEST, state=JobState.QUEUED) == set(of_batch[1:])
    assert ids(stores, parent_id=INGEST, tenant=BOLT) == set()


def test_of_an_erased_job_the_tenant_stays_and_nothing_else_of_its_sender(sql_stores):
    told = {"user": ALICE, "asked_digest": "d" * 64, "webhook_id": INGEST}
    job = sql_stores.jobs.submit(of_acme(**told))
    sql_stores.jobs.erase(job.id)
    with sql_stores.database.read() as connection:
        (row,) = connection.execute(select(jobs))
    assert row.tenant == ACME
    assert (row.user_id, row.asked_digest, row.webhook_id, row.cached_from) == (None,) * 4


def test_nobody_is_named_in_what_is_left_of_an_erased_job(stores):
    job = stores.jobs.submit(of_acme(user=ALICE, asked_digest="d" * 64, webhook_id=INGEST))
    stores.jobs.erase(job.id)
    assert ids(stores, tenant=ACME, user=ALICE) == set()


def test_an_ingest_can_be_followed_by_who_asked_for_it(stores):
    job = stores.ingests.submit(Wish(paths=("/music",)), tenant=ACME)
    assert stores.jobs.get(job.id, tenant=ACME).kind is JobKind.INGEST
    with pytest.raises(JobNotFound):
        stores.jobs.get(job.id, tenant=BOLT)
    assert stores.ingests.submit(Wish(paths=("/music",))).tenant == DEFAULT_TENANT


def test_a_job_that_is_submitted_once_is_of_who_asked_for_it(stores):
    job = stores.jobs.submit_once(NewJob(kind=JobKind.REBUILD, tenant=ACME))
    assert stores.jobs.get(job.id, tenant=ACME) == job
    assert stores.jobs.submit_once(NewJob(kind=JobKind.REBUILD, tenant=BOLT)) is None
    assert building.claim_one(stores.jobs, queue=Queue.INDEX).tenant == ACME
