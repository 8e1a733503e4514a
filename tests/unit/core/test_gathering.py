"""How a batch enters, and what is recalled for it."""

from dataclasses import replace

import pytest

from sightsong.adapters import memory
from sightsong.core import ports
from sightsong.core.batches import Batch, BatchState
from sightsong.core.errors import BatchRefused, BrokenImage, JobErased, QuotaExceeded
from sightsong.core.gathering import Album, Gathering
from sightsong.core.intake import Ask, Recall
from sightsong.core.jobs import Account, Completion, Job, Owner, Queue, Succeeded

ALBUM = Album(custom_id="summer")
ANY = Recall(max_age_s=3600, holds=lambda _job: True)
NONE = Recall(max_age_s=3600, holds=lambda _job: False)


@pytest.fixture
def stores() -> ports.Stores:
    return memory.open_stores()


@pytest.fixture
def doorbell() -> memory.MemoryDoorbell:
    return memory.MemoryDoorbell()


def gather(stores, doorbell, *photos: bytes, album: Album = ALBUM, recall=None) -> Batch:
    with Gathering(stores) as gathering:
        for content in photos:
            blob = gathering.keep(content, media_type="image/png")
            gathering.add(Ask(params={"top_k": 5}, recall=recall), blob)
        return gathering.submit(album, doorbell, queue_limit=100).batch


def jobs_of(stores, batch: Batch) -> list[Job]:
    items = stores.batches.items(batch.id, first=0, limit=batch.total)
    return [one.job for one in items if one.job is not None]


def answer_all(stores) -> None:
    claimed = stores.jobs.claim([Queue.PHOTOS], owner=Owner("me"), limit=100, lease_s=60)
    outcome = Succeeded(result={"caption": "a beach"})
    stores.jobs.complete([Completion(job=one, outcome=outcome) for one in claimed])


def test_what_was_answered_before_is_answered_at_once(stores, doorbell):
    before = gather(stores, doorbell, b"beach", recall=ANY)
    answer_all(stores)

    batch = gather(stores, doorbell, b"beach", b"forest", recall=ANY)

    beach, forest = jobs_of(stores, batch)
    assert beach.result == {"caption": "a beach"}
    assert beach.cached_from == jobs_of(stores, before)[0].id
    assert not forest.state.is_final
    assert beach.blob_id is None
    assert forest.blob_id is not None


def test_a_batch_that_was_answered_before_as_a_whole_has_ended(stores, doorbell):
    gather(stores, doorbell, b"beach", recall=ANY)
    answer_all(stores)

    batch = gather(stores, doorbell, b"beach", b"beach", recall=ANY)

    assert batch.state is BatchState.COMPLETED
    assert batch.finished_at is not None


def test_an_answer_that_would_be_another_now_is_worked_out_anew(stores, doorbell):
    gather(stores, doorbell, b"beach", recall=ANY)
    answer_all(stores)

    batch = gather(stores, doorbell, b"beach", recall=NONE)

    assert batch.state is BatchState.RUNNING


class Forgetful:
    """Batches of a store in which an answer that is to be copied is erased just before."""

    def __init__(self, stores: ports.Stores) -> None:
        self._stores = stores

    def submit(self, new, key=None) -> object:
        for one in new.jobs:
            if one.copy_of is not None:
                self._stores.jobs.erase(one.copy_of)
        return self._stores.batches.submit(new, key)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stores.batches, name)


def test_an_answer_that_is_erased_on_the_way_is_worked_out_anew(stores, doorbell):
    before = gather(stores, doorbell, b"beach", recall=ANY)
    answer_all(stores)
    [source] = jobs_of(stores, before)

    batch = gather(replace(stores, batches=Forgetful(stores)), doorbell, b"beach", recall=ANY)

    [job] = jobs_of(stores, batch)
    assert not job.state.is_final
    with stores.blobs.open(job.blob_id) as file:
        assert file.read() == b"beach"
    with pytest.raises(JobErased):
        stores.jobs.get(source.id)


def test_all_items_are_counted_at_once_or_none(stores, doorbell):
    account = Account(key_id="k", jobs_per_day=3)
    asked = replace(ALBUM, account=account)
    gather(stores, doorbell, b"1", b"2", album=asked)

    with pytest.raises(QuotaExceeded):
        gather(stores, doorbell, b"3", b"4", album=asked)

    gather(stores, doorbell, b"5", album=asked)
    assert len(stores.batches.listed(None, limit=10)) == 2


def test_a_batch_that_no_day_has_room_for_is_refused_for_good(stores, doorbell):
    album = replace(ALBUM, account=Account(key_id="k", jobs_per_day=2))

    with pytest.raises(BatchRefused, match=r"has 3 jobs, more than .* in a day \(2\)"):
        gather(stores, doorbell, b"a", b"b", b"c", album=album)
    gather(stores, doorbell, b"a", b"b", album=album)


def test_a_batch_of_nothing_but_refusals_says_why(stores, doorbell):
    with Gathering(stores) as gathering:
        gathering.refuse("a.jpg", BrokenImage())
        with pytest.raises(BatchRefused, match="damaged"):
            gathering.submit(ALBUM, doorbell, queue_limit=10)


def test_a_gathering_that_breaks_off_leaves_no_photo(stores):
    def break_off() -> None:
        with Gathering(stores) as gathering:
            gathering.keep(b"beach", media_type="image/png")
            raise KeyError

    with pytest.raises(KeyError):
        break_off()

    assert list(stores.blobs.listing(older_than_s=-1)) == []
