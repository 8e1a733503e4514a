"""What has been kept long enough is erased, with its bytes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from indexer.tidying import Retention
from sightsong.adapters import memory
from sightsong.core import jobs, ports
from sightsong.core.errors import BlobNotFound, JobErased
from tests.clocks import Clock

DAY_S = 24 * 3600.0
PHOTO = jobs.JobKind.PHOTO


@pytest.fixture
def clock() -> Clock:
    return Clock(1e9)


@pytest.fixture
def stores(clock) -> ports.Stores:
    return memory.open_stores(clock)


def photo(stores: ports.Stores, *, keep_image_s: float | None = None) -> jobs.Job:
    """A photo that was answered."""
    blob = stores.blobs.put(b"pixels", media_type="image/png")
    stores.jobs.submit(jobs.NewJob(kind=PHOTO, blob=blob, keep_image_s=keep_image_s))
    [job] = stores.jobs.claim([PHOTO.queue], owner=jobs.Owner("w"), limit=1, lease_s=60)
    done = jobs.Completion(job=job, outcome=jobs.Succeeded(result={"query": "calm"}))
    stores.jobs.complete([done])
    return job


def has_bytes(stores: ports.Stores, job: jobs.Job) -> bool:
    try:
        with stores.blobs.open(job.blob_id):
            return True
    except BlobNotFound:
        return False


class Stuck:
    """Blobs of which one will not go."""

    def __init__(self, blobs: ports.Blobs, stuck: jobs.BlobId | None) -> None:
        self._blobs = blobs
        self.stuck: jobs.BlobId | None = stuck
        self.open, self.put, self.listing = blobs.open, blobs.put, blobs.listing

    def delete(self, blob_id: jobs.BlobId) -> None:
        if blob_id == self.stuck:
            raise PermissionError
        self._blobs.delete(blob_id)


def test_an_image_goes_when_its_time_is_over_and_its_answer_stays(stores, clock):
    brief, long = photo(stores, keep_image_s=DAY_S), photo(stores, keep_image_s=3 * DAY_S)
    clock.now += 2 * DAY_S
    Retention(stores, job_keep_s=30 * DAY_S).tidy()

    assert [has_bytes(stores, job) for job in (brief, long)] == [False, True]
    assert stores.jobs.get(brief.id).result == {"query": "calm"}


def test_a_job_goes_with_its_image_when_its_time_is_over(stores, clock):
    job = photo(stores)
    clock.now += 2 * DAY_S
    Retention(stores, job_keep_s=DAY_S).tidy()

    assert not has_bytes(stores, job)
    with pytest.raises(JobErased):
        stores.jobs.get(job.id)


def test_what_is_to_be_kept_is_kept(stores, clock):
    job = photo(stores)
    clock.now += DAY_S / 2
    Retention(stores, job_keep_s=DAY_S).tidy()

    assert has_bytes(stores, job)
    assert stores.jobs.get(job.id).result is not None


def test_one_round_goes_through_more_than_one_transaction_takes(stores, clock):
    old = [photo(stores, keep_image_s=0) for _ in range(600)]
    clock.now += 1
    Retention(stores, job_keep_s=DAY_S).tidy()

    assert not any(has_bytes(stores, job) for job in old)


def test_one_round_goes_through_more_texts_than_one_transaction_takes(stores, clock):
    texts = [stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.TEXT)).id for _ in range(600)]
    for text in texts:
        stores.jobs.cancel(text)
    clock.now += 2 * DAY_S
    Retention(stores, job_keep_s=DAY_S).tidy()

    assert stores.jobs.listed(jobs.JobFilter(), limit=9) == []


def test_orphans_are_looked_for_every_ten_minutes(stores, clock):
    asked = []

    class Listed:
        def listing(self, *, older_than_s: float) -> Iterator[jobs.BlobId]:
            asked.append((clock.now, older_than_s))
            return iter(())

    began = clock.now
    retention = Retention(replace(stores, blobs=Listed()), job_keep_s=DAY_S, clock=clock)
    for _ in range(21):
        retention.tidy()
        clock.now += 60

    assert asked == [(began + minutes * 60, 3600.0) for minutes in (0, 10, 20)]


def test_bytes_that_no_job_knows_go_and_others_stay(stores):
    orphan = stores.blobs.put(b"pixels", media_type="image/png")
    job = photo(stores)
    retention = Retention(stores, job_keep_s=DAY_S)
    retention.clear_orphans()
    assert set(stores.blobs.listing(older_than_s=0)) == {orphan.id, job.blob_id}
    retention.clear_orphans(older_than_s=0)

    assert list(stores.blobs.listing(older_than_s=0)) == [job.blob_id]


def test_bytes_that_will_not_go_hold_up_no_others_and_are_tried_again(stores, clock):
    stuck, other = photo(stores, keep_image_s=0), photo(stores, keep_image_s=0)
    blobs = Stuck(stores.blobs, stuck.blob_id)
    retention = Retention(replace(stores, blobs=blobs), job_keep_s=DAY_S)
    clock.now += 1
    retention.tidy()
    assert [has_bytes(stores, job) for job in (stuck, other)] == [True, False]
    blobs.stuck = None
    retention.clear_orphans(older_than_s=0)

    assert not has_bytes(stores, stuck)
