"""How work enters: blob, then row, then ring."""

from dataclasses import replace

import pytest

from sightsong.adapters import memory
from sightsong.core import erasing, errors, intake, jobs, ports
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


class Late:
    """Job rows that know of another submit only when theirs is stored."""

    def __init__(self, rows: ports.Jobs) -> None:
        self._rows = rows

    def replay(self, _key):
        return None

    def backlog(self, queue, *, limit):
        return self._rows.backlog(queue, limit=limit)

    def submit_keyed(self, new, key):
        return self._rows.submit_keyed(new, key)


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
    return send(stores, doorbell, queue_limit=queue_limit).job


def send(
    stores: ports.Stores,
    doorbell=None,
    *,
    key: str | None = None,
    content: bytes = b"photo",
    queue_limit: int = 9,
) -> jobs.Submitted:
    return intake.submit_photo(
        stores,
        doorbell or memory.MemoryDoorbell(),
        intake.Ask(params=PARAMS, key=key),
        content=content,
        media_type="image/jpeg",
        queue_limit=queue_limit,
    )


def say(
    stores: ports.Stores, doorbell=None, *, queue_limit: int = 9, **more: object
) -> jobs.Submitted:
    return intake.submit_text(
        stores,
        doorbell or memory.MemoryDoorbell(),
        intake.Ask(params={"text": "calm"}, **more),
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
    job = say(stores, doorbell).job

    assert (job.kind, job.params, job.blob_id) == (jobs.JobKind.TEXT, {"text": "calm"}, None)
    assert doorbell.rings == (jobs.Queue.PHOTOS,)


def test_words_are_refused_when_enough_photos_wait():
    stores, doorbell = memory.open_stores(), memory.MemoryDoorbell()
    submit(stores, doorbell)

    with pytest.raises(errors.QueueFull):
        say(stores, doorbell, queue_limit=1)


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


def test_a_photo_that_is_sent_again_under_its_key_is_the_same_job_and_stored_once():
    real = memory.open_stores()
    blobs = Watched(real.blobs)
    stores = replace(real, blobs=blobs)
    first, again = send(stores, key="k"), send(stores, key="k")

    assert (first.is_replay, again.is_replay) == (False, True)
    assert again.job == first.job
    assert len(blobs.put_ids) == 1


def test_a_key_stands_for_one_photo_only():
    stores = memory.open_stores()
    send(stores, key="k")

    with pytest.raises(errors.IdempotencyMismatch):
        send(stores, key="k", content=b"another photo")


def test_a_key_stands_for_how_it_is_handled_too():
    stores = memory.open_stores()
    say(stores, key="k", priority=1)

    with pytest.raises(errors.IdempotencyMismatch):
        say(stores, key="k", priority=2)


def test_words_and_a_photo_do_not_share_a_key():
    stores = memory.open_stores()
    say(stores, key="k")

    with pytest.raises(errors.IdempotencyMismatch):
        send(stores, key="k")


def test_without_a_key_each_is_a_job_of_its_own():
    stores = memory.open_stores()

    assert say(stores).job.id != say(stores).job.id


def test_a_photo_that_was_sent_twice_at_once_leaves_no_second_blob():
    real = memory.open_stores()
    blobs = Watched(real.blobs)
    first = send(real, key="k")

    again = send(replace(real, jobs=Late(real.jobs), blobs=blobs), key="k")
    assert (again.is_replay, again.job.id) == (True, first.job.id)
    assert blobs.deleted == blobs.put_ids != []


def test_a_full_queue_refuses_no_replay():
    stores = memory.open_stores()
    say(stores, key="k", queue_limit=1)

    assert say(stores, key="k", queue_limit=1).is_replay


def test_how_a_job_is_handled_is_kept_with_it():
    stores = memory.open_stores()
    job = say(stores, priority=0, custom_id="mine", deadline_s=60.0).job

    assert (job.priority, job.custom_id) == (0, "mine")
    assert job.deadline_at == pytest.approx(job.created_at + 60, abs=1)


def test_what_is_erased_leaves_no_bytes():
    real = memory.open_stores()
    blobs = Watched(real.blobs)
    stores = replace(real, blobs=blobs)
    job = submit(stores)
    erasing.erase_job(stores, job.id)

    assert blobs.deleted == [job.blob_id]
    with pytest.raises(errors.JobErased):
        stores.jobs.get(job.id)


@pytest.mark.parametrize("error", [PermissionError, errors.StoreUnavailable])
def test_bytes_that_will_not_go_do_not_make_an_erase_fail(error):
    class Stuck(Watched):
        def delete(self, blob_id: jobs.BlobId) -> None:
            super().delete(blob_id)
            raise error

    real = memory.open_stores()
    blobs = Stuck(real.blobs)
    job = submit(real)
    erasing.erase_job(replace(real, blobs=blobs), job.id)

    assert blobs.deleted == [job.blob_id]
    with pytest.raises(errors.JobErased):
        real.jobs.get(job.id)


def test_a_key_stands_for_what_was_said_and_not_for_what_was_filled_in():
    stores = memory.open_stores()
    first = say(stores, key="k", keep_image_s=60.0, said={"text": "calm"})

    again = say(stores, key="k", keep_image_s=90.0, said={"text": "calm"})
    assert (again.is_replay, again.job.id) == (True, first.job.id)
    with pytest.raises(errors.IdempotencyMismatch):
        say(stores, key="k", keep_image_s=60.0, said={"text": "wild"})


def test_who_finds_no_room_is_told_when_those_that_wait_will_have_ended():
    stores = memory.open_stores()
    for _ in range(3):
        submit(stores, queue_limit=9)
    moving = replace(stores, jobs=Moving(stores.jobs))

    with pytest.raises(errors.QueueFull) as full:
        submit(moving, queue_limit=3)
    assert full.value.retry_after_s == 6


class Moving:
    """Jobs that end at a steady pace."""

    PACE = 0.5

    def __init__(self, jobs: ports.Jobs) -> None:
        self._jobs = jobs

    def __getattr__(self, name: str) -> object:
        return getattr(self._jobs, name)

    def pace(self, _queue: jobs.Queue) -> float:
        return self.PACE
