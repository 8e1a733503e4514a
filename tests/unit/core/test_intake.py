"""How work enters: blob, then row, then ring."""

from dataclasses import replace

import pytest

from sightsong.adapters import memory
from sightsong.core import errors, intake, jobs, ports
from sightsong.core.ingests import Wish

PARAMS = {"top_k": 5, "alpha": None}


class Silent:
    """A doorbell whose broker is away."""

    def ring(self, queue: jobs.Queue) -> None:
        raise errors.Unavailable(f"no broker for {queue}")


class Rows:
    """Job rows of a database that goes down when a job is stored."""

    def __init__(self, error: errors.SightsongError) -> None:
        self._error = error

    def backlog(self, _queue, *, limit):
        return min(0, limit)

    def submit(self, _new):
        raise self._error


class Watched:
    """Blobs that note what was deleted; deleting may fail."""

    def __init__(self, blobs: ports.Blobs, *, is_stuck: bool = False) -> None:
        self._blobs = blobs
        self._is_stuck = is_stuck
        self.put_ids: list[jobs.BlobId] = []
        self.deleted: list[jobs.BlobId] = []

    def put(self, content, *, media_type):
        blob = self._blobs.put(content, media_type=media_type)
        self.put_ids.append(blob.id)
        return blob

    def open(self, blob_id):
        return self._blobs.open(blob_id)

    def delete(self, blob_id):
        self.deleted.append(blob_id)
        if self._is_stuck:
            raise errors.StorageFull
        self._blobs.delete(blob_id)


def submit(stores: ports.Stores, doorbell=None, *, queue_limit: int = 9) -> jobs.Job:
    return intake.submit_photo(
        stores,
        doorbell or memory.MemoryDoorbell(),
        content=b"photo",
        media_type="image/jpeg",
        params=PARAMS,
        queue_limit=queue_limit,
    )


def test_a_photo_is_stored_with_its_job_before_the_bell_rings():
    stores, doorbell = memory.open_stores(), memory.MemoryDoorbell()
    job = submit(stores, doorbell)

    assert stores.jobs.get(job.id).params == PARAMS
    with stores.blobs.open(job.blob_id) as file:
        assert file.read() == b"photo"
    assert doorbell.rings == (jobs.Queue.PHOTOS,)


def test_a_broker_that_is_away_costs_no_job():
    stores = memory.open_stores()
    job = submit(stores, Silent())

    assert stores.jobs.get(job.id).state is jobs.JobState.QUEUED


def test_as_many_waiting_photos_as_the_limit_are_enough():
    stores = memory.open_stores()
    for _ in range(2):
        submit(stores, queue_limit=2)

    with pytest.raises(errors.QueueFull):
        submit(stores, queue_limit=2)


@pytest.mark.parametrize("is_stuck", [False, True])
def test_a_row_that_fails_takes_its_blob_with_it_if_it_can(is_stuck):
    real = memory.open_stores()
    blobs = Watched(real.blobs, is_stuck=is_stuck)
    rows = Rows(errors.StorageFull())
    stores = replace(real, jobs=rows, blobs=blobs)

    with pytest.raises(errors.StorageFull):
        submit(stores)
    assert blobs.deleted == blobs.put_ids != []


def test_a_row_that_may_have_been_written_keeps_its_blob():
    real = memory.open_stores()
    blobs = Watched(real.blobs)
    rows = Rows(errors.StoreUnavailable())
    stores = replace(real, jobs=rows, blobs=blobs)

    with pytest.raises(errors.StoreUnavailable):
        submit(stores)
    assert blobs.deleted == []


def test_an_ingest_waits_for_the_indexer():
    stores, doorbell = memory.open_stores(), memory.MemoryDoorbell()
    job = intake.submit_ingest(stores, doorbell, Wish(paths=("/music",), restore=True))

    assert (job.kind, job.params) == (jobs.JobKind.INGEST, {"paths": ["/music"], "restore": True})
    assert Wish.of(job.params) == Wish(paths=("/music",), restore=True)
    assert doorbell.rings == (jobs.Queue.LIBRARY,)


def test_only_one_rebuild_waits_at_a_time():
    stores, doorbell = memory.open_stores(), memory.MemoryDoorbell()
    first = intake.submit_rebuild(stores, doorbell)

    assert first is not None
    assert intake.submit_rebuild(stores, doorbell) is None
    assert doorbell.rings == (jobs.Queue.INDEX,)


def test_a_rebuild_that_a_person_asks_for_says_so():
    stores, doorbell = memory.open_stores(), memory.MemoryDoorbell()
    job = intake.submit_rebuild(stores, doorbell, asked=True)

    assert job is not None
    assert job.params == {"asked": True}


def test_words_wait_in_the_line_of_the_photos():
    stores, doorbell = memory.open_stores(), memory.MemoryDoorbell()
    job = intake.submit_text(stores, doorbell, params={"text": "calm"}, queue_limit=9)

    assert (job.kind, job.params, job.blob_id) == (jobs.JobKind.TEXT, {"text": "calm"}, None)
    assert doorbell.rings == (jobs.Queue.PHOTOS,)


def test_words_are_refused_when_enough_photos_wait():
    stores, doorbell = memory.open_stores(), memory.MemoryDoorbell()
    submit(stores, doorbell)

    with pytest.raises(errors.QueueFull):
        intake.submit_text(stores, doorbell, params={"text": "calm"}, queue_limit=1)


def test_a_snapshot_that_there_is_not_is_not_verified():
    stores, doorbell = memory.open_stores(), memory.MemoryDoorbell()

    with pytest.raises(errors.SnapshotNotFound):
        intake.submit_verify(stores, doorbell, version="none", queue_limit=9)
    assert doorbell.rings == ()


def test_the_indexer_is_asked_for_a_few_things_at_a_time():
    stores, doorbell = memory.open_stores(), memory.MemoryDoorbell()
    job = intake.submit_prune(stores, doorbell, queue_limit=1)

    assert job.kind is jobs.JobKind.PRUNE
    with pytest.raises(errors.QueueFull):
        intake.submit_prune(stores, doorbell, queue_limit=1)
    assert doorbell.rings == (jobs.Queue.INDEX,)
