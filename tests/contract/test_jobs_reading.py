"""The `Jobs` port: many jobs are read at once, each for its tenant."""

from sightsong.core.jobs import JobId
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from tests.contract import building
from tests.contract.building import photo

OTHER = TenantId("other")


def test_each_job_is_read_with_its_result(stores):
    queued = stores.jobs.submit(photo())
    done = building.claim_one(stores.jobs)
    stores.jobs.complete([building.done(done, caption="a cat")])
    waiting = stores.jobs.submit(photo(params={"top_k": 3}))
    wanted = [(one, DEFAULT_TENANT) for one in (queued.id, waiting.id)]
    assert stores.jobs.get_all(wanted) == {one: stores.jobs.get(one[0]) for one in wanted}
    assert stores.jobs.get_all(wanted)[wanted[0]].result == {"caption": "a cat"}


def test_what_is_not_there_or_anothers_is_left_out(stores):
    ours, theirs = stores.jobs.submit(photo()), stores.jobs.submit(photo(tenant=OTHER))
    wanted = [
        (ours.id, DEFAULT_TENANT),
        (ours.id, OTHER),
        (theirs.id, DEFAULT_TENANT),
        (theirs.id, OTHER),
        (JobId("none"), DEFAULT_TENANT),
    ]
    assert set(stores.jobs.get_all(wanted)) == {wanted[0], wanted[3]}


def test_an_erased_job_is_told_to_its_own_tenant_only(stores):
    job = stores.jobs.submit(photo(tenant=OTHER))
    stores.jobs.erase(job.id)
    wanted = [(job.id, OTHER), (job.id, DEFAULT_TENANT)]
    assert stores.jobs.get_all(wanted) == {(job.id, OTHER): None}


def test_many_are_read(stores):
    ids = [stores.jobs.submit(photo()).id for _ in range(30)]
    wanted = [(one, DEFAULT_TENANT) for one in ids * 2]
    assert set(stores.jobs.get_all(wanted)) == set(wanted)
    assert stores.jobs.get_all([]) == {}
