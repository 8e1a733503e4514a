"""The `Batches` port: jobs that are handed in together, counted, given up and erased together."""

from collections.abc import Sequence

import pytest

from sightsong.core.batches import MOST_ITEMS, BatchId, BatchState, NewBatch, Refused
from sightsong.core.errors import (
    BatchErased,
    BatchNotFound,
    Conflict,
    IdempotencyMismatch,
    JobErased,
    JobNotFound,
)
from sightsong.core.jobs import (
    Completion,
    Failed,
    Idempotency,
    Job,
    JobError,
    JobFilter,
    JobId,
    JobKind,
    JobState,
    NewJob,
)
from sightsong.core.tenancy import NOBODY, TenantId, UserId
from tests.contract import building
from tests.contract.building import OOPS

BROKEN = JobError(code="image_broken", detail="The image is truncated or damaged.")
NONE = BatchId(JobId("00000000-0000-4000-8000-00000000000b"))
KEY = Idempotency(key="an album", fingerprint="f" * 64)
ANN, EVE = TenantId("ann"), TenantId("eve")


def text(position: int, **fields: object) -> NewJob:
    return NewJob(
        kind=JobKind.TEXT,
        params={"text": f"words {position}"},
        position=position,
        custom_id=f"item-{position}",
        **fields,
    )


def album(count: int = 3, *, refused: Sequence[int] = (), **fields: object) -> NewBatch:
    """A batch of words, in which some positions were refused."""
    return NewBatch(
        jobs=[text(i) for i in range(count) if i not in refused],
        refused=[Refused(position=i, custom_id=f"item-{i}", error=BROKEN) for i in refused],
        **fields,
    )


def photos(stores, count: int) -> NewBatch:
    blobs = [stores.blobs.put(b"pixels %d" % i, media_type="image/png") for i in range(count)]
    return NewBatch(
        jobs=[building.photo(blob=one, position=i) for i, one in enumerate(blobs)],
        custom_id="an album",
    )


def succeed(stores, job: Job) -> None:
    assert stores.jobs.complete([building.done(job, query=job.params.get("text", "?"))])


def fail(stores, job: Job) -> None:
    assert stores.jobs.complete([Completion(job=job, outcome=Failed(error=OOPS))])


def finish(stores) -> None:
    """Have all that wait succeed."""
    while claimed := building.claim(stores.jobs):
        for job in claimed:
            succeed(stores, job)


def test_a_new_batch_runs_and_all_its_jobs_wait(stores):
    made = stores.batches.submit(album(3, custom_id="summer", user=UserId("bo"))).batch

    assert made == stores.batches.get(made.id)
    assert (made.state, made.total, made.refused) == (BatchState.RUNNING, 3, 0)
    assert (made.custom_id, made.user, made.finished_at) == ("summer", "bo", None)
    assert made.counts == {JobState.QUEUED: 3}


def test_its_jobs_are_ordinary_ones_that_know_their_batch(stores):
    batch_id = stores.batches.submit(album(2)).batch.id

    listed = stores.jobs.listed(JobFilter(parent_id=batch_id), limit=10)

    assert {job.custom_id for job in listed} == {"item-0", "item-1"}
    assert {job.parent_id for job in listed} == {batch_id}
    assert [job.custom_id for job in building.claim(stores.jobs)] == ["item-0", "item-1"]


def test_what_becomes_of_the_jobs_is_counted_by_state(stores):
    batch_id = stores.batches.submit(album(5, refused=[1])).batch.id
    first, second, _third = building.claim(stores.jobs, limit=3)
    succeed(stores, first)
    fail(stores, second)

    found = stores.batches.get(batch_id)

    assert found.counts == {
        JobState.SUCCEEDED: 1,
        JobState.FAILED: 1,
        JobState.RUNNING: 1,
        JobState.QUEUED: 1,
    }
    assert (found.total, found.refused) == (5, 1)


def test_the_version_grows_with_each_change_of_a_job(stores):
    batch_id = stores.batches.submit(album(2)).batch.id
    seen = [stores.batches.get(batch_id).version]
    for job in building.claim(stores.jobs, limit=1):
        seen.append(stores.batches.get(batch_id).version)
        succeed(stores, job)
        seen.append(stores.batches.get(batch_id).version)
    seen.append(stores.batches.cancel(batch_id).version)

    assert seen == sorted(set(seen))
    assert stores.batches.versions([batch_id, NONE]) == {batch_id: seen[-1]}


def test_jobs_of_others_are_counted_in_no_batch(stores):
    batch_id = stores.batches.submit(album(2)).batch.id
    stores.batches.submit(album(3))
    stores.jobs.submit(text(0))

    assert stores.batches.get(batch_id).counts == {JobState.QUEUED: 2}


def test_items_are_read_in_order_with_results_and_refusals(stores):
    batch_id = stores.batches.submit(album(4, refused=[2])).batch.id
    first, second = building.claim(stores.jobs, limit=2)
    fail(stores, second)
    succeed(stores, first)

    items = stores.batches.items(batch_id, first=0, limit=10)

    assert [one.position for one in items] == [0, 1, 2, 3]
    assert [one.custom_id for one in items] == [f"item-{i}" for i in range(4)]
    assert [one.job and one.job.state for one in items] == [
        JobState.SUCCEEDED,
        JobState.FAILED,
        None,
        JobState.QUEUED,
    ]
    assert items[0].job.result == {"query": "words 0"}
    assert items[1].job.error == OOPS
    assert items[2].error == BROKEN


def test_a_page_of_items_holds_those_positions_and_no_others(stores):
    batch_id = stores.batches.submit(album(7, refused=[2, 5])).batch.id

    page = stores.batches.items(batch_id, first=2, limit=3)

    assert [one.position for one in page] == [2, 3, 4]
    assert stores.batches.items(batch_id, first=7, limit=3) == []


def test_one_job_that_is_erased_leaves_its_place(stores):
    batch_id = stores.batches.submit(album(2)).batch.id
    job = building.claim_one(stores.jobs)
    stores.jobs.erase(job.id)

    first, second = stores.batches.items(batch_id, first=0, limit=2)

    assert (first.is_erased, first.custom_id) == (True, None)
    assert not second.is_erased


def test_giving_up_a_batch_cancels_what_has_not_ended(stores):
    batch_id = stores.batches.submit(album(3)).batch.id
    succeed(stores, building.claim_one(stores.jobs))
    running = building.claim_one(stores.jobs)

    canceled = stores.batches.cancel(batch_id)

    assert canceled.counts == {JobState.SUCCEEDED: 1, JobState.CANCELED: 2}
    assert canceled.state is BatchState.CANCELED
    assert not stores.jobs.complete([building.done(running)])
    assert stores.batches.cancel(batch_id) == canceled


def test_nothing_is_given_up_of_another_batch(stores):
    batch_id = stores.batches.submit(album(1)).batch.id
    other_id = stores.batches.submit(album(2)).batch.id

    stores.batches.cancel(batch_id)

    assert stores.batches.get(other_id).counts == {JobState.QUEUED: 2}


def test_erasing_a_batch_leaves_nothing_of_its_senders(stores):
    batch_id = stores.batches.submit(photos(stores, 3)).batch.id
    job_ids = [one.job.id for one in stores.batches.items(batch_id, first=0, limit=3)]
    held = [one.job.blob_id for one in stores.batches.items(batch_id, first=0, limit=3)]

    gone = stores.batches.erase(batch_id)

    assert sorted(gone) == sorted(held)
    assert stores.jobs.blobs_held(held) == frozenset()
    with pytest.raises(BatchErased):
        stores.batches.get(batch_id)
    with pytest.raises(BatchErased):
        stores.batches.items(batch_id, first=0, limit=3)
    for job_id in job_ids:
        with pytest.raises(JobErased):
            stores.jobs.get(job_id)


def test_an_erased_batch_is_in_no_list_has_no_version_and_can_be_erased_again(stores):
    batch_id = stores.batches.submit(album(2)).batch.id
    stores.batches.erase(batch_id)

    assert stores.batches.listed(None, limit=10) == []
    assert stores.batches.versions([batch_id]) == {}
    assert stores.batches.erase(batch_id) == []
    with pytest.raises(BatchErased):
        stores.batches.cancel(batch_id)


def test_a_batch_goes_with_the_last_of_its_jobs(stores):
    batch_id = stores.batches.submit(album(2)).batch.id
    first, second = [one.job.id for one in stores.batches.items(batch_id, first=0, limit=2)]
    stores.jobs.erase(first)
    stores.batches.get(batch_id)

    stores.jobs.erase(second)

    with pytest.raises(BatchErased):
        stores.batches.get(batch_id)


def test_a_batch_whose_jobs_have_been_kept_long_enough_is_erased_with_them(stores):
    batch_id = stores.batches.submit(album(2)).batch.id
    finish(stores)

    stores.jobs.expired(limit=10, job_keep_s=0)

    with pytest.raises(BatchErased):
        stores.batches.get(batch_id)


def test_the_same_batch_under_the_same_key_is_one(stores):
    made = stores.batches.submit(album(2), KEY)
    again = stores.batches.submit(album(2), KEY)

    assert again.is_replay
    assert not made.is_replay
    assert again.batch.id == made.batch.id == stores.batches.replay(KEY).id
    assert stores.batches.listed(None, limit=10) == [made.batch]


def test_another_batch_under_the_same_key_is_refused_and_leaves_nothing(stores):
    stores.batches.submit(album(2), KEY)
    other = Idempotency(key=KEY.key, fingerprint="e" * 64)

    with pytest.raises(IdempotencyMismatch):
        stores.batches.submit(album(3), other)
    with pytest.raises(IdempotencyMismatch):
        stores.batches.replay(other)

    assert len(stores.batches.listed(None, limit=10)) == 1
    assert len(building.claim(stores.jobs)) == 2


def test_the_key_of_an_erased_batch_does_not_make_it_again(stores):
    batch_id = stores.batches.submit(album(2), KEY).batch.id
    stores.batches.erase(batch_id)

    with pytest.raises(BatchErased):
        stores.batches.submit(album(2), KEY)
    assert building.claim(stores.jobs) == []


def test_keys_of_batches_and_jobs_and_of_other_tenants_are_other_keys(stores):
    stores.jobs.submit_keyed(text(0), KEY)
    ann = stores.batches.submit(album(1), KEY)
    of_eve = Idempotency(key=KEY.key, fingerprint="e" * 64, tenant=EVE)

    eve = stores.batches.submit(album(1, tenant=EVE), of_eve)

    assert not ann.is_replay
    assert not eve.is_replay
    assert stores.jobs.submit_keyed(text(0), KEY).is_replay


def test_a_key_that_was_never_used_stands_for_nothing(stores):
    assert stores.batches.replay(KEY) is None


def test_batches_are_listed_newest_first_and_page_by_page(stores):
    made = [stores.batches.submit(album(1, custom_id=f"{i}")).batch for i in range(5)]

    first = stores.batches.listed(None, limit=2)
    second = stores.batches.listed(None, limit=2, before=first[-1].id)

    assert [*first, *second] == made[:0:-1]
    assert stores.batches.listed(None, limit=2, before=NONE) == []


def test_the_batches_of_one_user_are_told_from_those_of_others(stores):
    ben, nobody = UserId("ben"), NOBODY
    made = {
        user: stores.batches.submit(album(1, user=user or None)).batch for user in (ben, nobody)
    }

    for user, batch in made.items():
        assert stores.batches.listed(None, user=user, limit=9) == [batch]


def test_a_batch_of_another_tenant_is_none(stores):
    mine = stores.batches.submit(album(2, tenant=ANN)).batch

    for ask in (stores.batches.get, stores.batches.cancel, stores.batches.erase):
        with pytest.raises(BatchNotFound):
            ask(mine.id, tenant=EVE)
    assert stores.batches.listed(EVE, limit=10) == []
    assert stores.batches.listed(ANN, limit=10) == [stores.batches.get(mine.id, tenant=ANN)]


def test_there_is_no_batch_that_was_never_made(stores):
    for ask in (stores.batches.get, stores.batches.cancel, stores.batches.erase):
        with pytest.raises(BatchNotFound):
            ask(NONE)


def test_the_largest_batch_is_stored_whole(stores):
    batch_id = stores.batches.submit(album(MOST_ITEMS)).batch.id

    assert stores.batches.get(batch_id).counts == {JobState.QUEUED: MOST_ITEMS}
    assert stores.batches.cancel(batch_id).counts == {JobState.CANCELED: MOST_ITEMS}


def test_a_batch_ends_with_the_last_of_its_jobs(stores):
    batch_id = stores.batches.submit(album(2, refused=[1])).batch.id
    assert stores.batches.get(batch_id).finished_at is None

    finish(stores)

    ended = stores.batches.get(batch_id)
    assert ended.state is BatchState.COMPLETED
    assert ended.finished_at is not None
    with pytest.raises(Conflict):
        stores.batches.cancel(batch_id)


def test_what_is_asked_of_an_ingest_touches_no_batch(stores):
    batch_id = stores.batches.submit(album(2)).batch.id

    asks = (stores.ingests.get, stores.ingests.pause, stores.ingests.cancel, stores.ingests.retry)
    for ask in asks:
        with pytest.raises(JobNotFound):
            ask(batch_id)

    assert stores.batches.get(batch_id).counts == {JobState.QUEUED: 2}
