"""POST /v1/batches that are refused as a whole, or sent twice: nothing is left of them."""

import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from sightsong.core import ports
from sightsong.core.errors import StoreUnavailable
from tests.unit.api.albums import (
    BROKEN,
    JPEG,
    LINES,
    PNG,
    ZIP,
    KeptBlobs,
    archive,
    claim,
    form,
    made,
    ndjson,
)
from tests.unit.api.asking import Caller


@pytest.fixture
def caller(make) -> Caller:
    """A door with room for an album."""
    return make(queue_limit=2000)


@pytest.fixture
def kept(stores) -> KeptBlobs:
    return KeptBlobs(stores.blobs)


@pytest.fixture
def watched(make, stores, kept) -> Caller:
    """A caller of an app whose blobs can be counted."""
    return make(stores=replace(stores, blobs=kept), queue_limit=2000)


def test_a_batch_without_any_item_that_can_be_taken_is_refused(caller, stores, doorbell):
    answer = caller.post("/v1/batches", **form(("bad.jpg", BROKEN)))

    assert answer.status_code == 422
    assert answer.json()["code"] == "batch_refused"
    assert "damaged" in answer.json()["detail"]
    assert stores.batches.listed(None, limit=5) == []
    assert doorbell.rings == ()


@pytest.mark.parametrize(
    "body",
    [
        {"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        form(("a.jpg", JPEG), items="no json"),
        form(("a.jpg", JPEG), items="[1]"),
        form(("a.jpg", JPEG), items="[{}, {}]"),
        {"files": [("file", ("a.jpg", JPEG))]},
        {"content": b"", "headers": LINES},
        {"content": b"\n\n", "headers": LINES},
    ],
)
def test_forms_and_lines_that_make_no_batch_are_refused_and_leave_nothing(
    watched, kept, stores, body
):
    answer = watched.post("/v1/batches", **body)

    assert (answer.status_code, answer.json()["code"]) == (422, "batch_refused")
    assert kept.there == set()
    assert stores.batches.listed(None, limit=5) == []


@pytest.mark.parametrize(
    "fields", [{"top_k": "many"}, {"moods": "no-such-mood"}, {"colour": "red"}, {"webhook": "w"}]
)
def test_a_wish_that_cannot_be_refuses_the_whole(make, stores, kept, fields):
    caller = make(stores=replace(stores, blobs=kept), queue_limit=20, moods=("happy",))

    answer = caller.post("/v1/batches", **form(("a.jpg", JPEG), **fields))

    assert answer.status_code == 422
    assert answer.json()["code"] in {"invalid_request", "unknown_mood", "webhook_unknown"}
    assert kept.there == set()


@pytest.mark.parametrize(
    "content",
    [b"no zip at all", archive(a=JPEG)[:60], b""],
    ids=["no zip", "cut short", "empty"],  # not by their bytes: a zip holds the time
)
def test_a_damaged_zip_is_refused_and_leaves_nothing(watched, kept, settings, content):
    answer = watched.post("/v1/batches", content=content, headers=ZIP)

    assert answer.status_code == 422
    assert answer.json()["code"] in {"archive_refused", "batch_refused"}
    assert kept.there == set()
    assert not list(settings.scratch_dir.iterdir())


def test_a_zip_that_unpacks_to_too_much_is_refused_and_leaves_nothing(watched, kept, settings):
    bomb = archive(**{"a.jpg": JPEG, "bomb.jpg": b"\0" * 30_000_000})

    answer = watched.post("/v1/batches", content=bomb, headers=ZIP)

    assert (answer.status_code, answer.json()["code"]) == (422, "archive_refused")
    assert kept.there == set()
    assert not list(settings.scratch_dir.iterdir())


def test_more_than_a_thousand_items_are_refused(watched, kept):
    lines = ndjson(*itertools.repeat({"text": "calm"}, 1001))

    answer = watched.post("/v1/batches", **lines)

    assert (answer.status_code, answer.json()["code"]) == (422, "batch_refused")


def test_a_body_that_is_too_large_is_refused_and_leaves_nothing(make, stores, kept):
    caller = make(stores=replace(stores, blobs=kept), queue_limit=20, max_music_bytes=2000)

    answer = caller.post("/v1/batches", **form(*((f"{i}.jpg", JPEG) for i in range(10))))

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert kept.there == set()


def test_a_sender_that_goes_away_leaves_nothing(watched, kept, stores):
    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
        yield JPEG + b"\r\n--x\r\n"
        yield b'Content-Disposition: form-data; name="image"; filename="b.jpg"\r\n\r\n' + JPEG

    async def pieces() -> AsyncIterator[bytes]:
        for piece in body():
            yield piece

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = watched.post("/v1/batches", content=pieces(), headers=headers)

    assert answer.status_code == 422
    assert kept.there == set()
    assert stores.batches.listed(None, limit=5) == []


def test_a_full_disk_refuses_the_whole_and_leaves_nothing(make, stores):
    blobs = KeptBlobs(stores.blobs, fails_at=2)
    caller = make(stores=replace(stores, blobs=blobs), queue_limit=20)

    answer = caller.post("/v1/batches", **form(*((f"{i}.jpg", JPEG) for i in range(4))))

    assert (answer.status_code, answer.json()["code"]) == (503, "insufficient_storage")
    assert blobs.there == set()


class DeafBatches:
    """Batches of a database that goes away in its commit."""

    def __init__(self, batches: ports.Batches) -> None:
        self._batches = batches

    def submit(self, new, key=None):
        self._batches.submit(new, key)
        raise StoreUnavailable

    def __getattr__(self, name: str) -> object:
        return getattr(self._batches, name)


def test_blobs_stay_when_the_database_goes_away_in_its_commit(make, stores, kept):
    """The rows may be there; without their blobs, they could not be."""
    deaf = replace(stores, blobs=kept, batches=DeafBatches(stores.batches))

    answer = make(stores=deaf, queue_limit=20).post("/v1/batches", **form(("a.jpg", JPEG)))

    assert answer.status_code == 503
    assert len(kept.there) == 1


def test_a_batch_that_would_pass_the_limit_of_the_queue_is_refused_as_a_whole(make, stores, kept):
    caller = make(stores=replace(stores, blobs=kept), queue_limit=3)
    caller.submit(JPEG)
    caller.submit(JPEG)

    answer = caller.post("/v1/batches", **form(("a.jpg", JPEG), ("b.jpg", JPEG)))

    assert (answer.status_code, answer.json()["code"]) == (503, "queue_full")
    assert "retry-after" in answer.headers
    assert len(kept.there) == 2
    assert caller.post("/v1/batches", **form(("a.jpg", JPEG))).status_code == 202


def test_the_same_batch_under_one_key_is_one(watched, kept, stores):
    headers = {"Idempotency-Key": "album-1"}
    first = watched.post("/v1/batches", headers=headers, **form(("a.jpg", JPEG), top_k="2"))
    stored = set(kept.there)

    again = watched.post("/v1/batches", headers=headers, **form(("a.jpg", JPEG), top_k="2"))

    assert made(again)["id"] == made(first)["id"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert kept.there == stored
    assert len(claim(stores)) == 1


@pytest.mark.parametrize(
    "other",
    [
        form(("a.jpg", PNG), top_k="2"),
        form(("a.jpg", JPEG), top_k="3"),
        form(("b.jpg", JPEG), top_k="2"),
        form(("a.jpg", JPEG), ("b.jpg", BROKEN), top_k="2"),
        form(("a.jpg", JPEG), top_k="2", custom_id="named"),
    ],
)
def test_another_batch_under_the_same_key_is_refused(watched, kept, other):
    headers = {"Idempotency-Key": "album-1"}
    made(watched.post("/v1/batches", headers=headers, **form(("a.jpg", JPEG), top_k="2")))
    stored = set(kept.there)

    answer = watched.post("/v1/batches", headers=headers, **other)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
    assert kept.there == stored


def test_the_key_of_a_batch_may_be_that_of_a_job(caller):
    headers = {"Idempotency-Key": "same", "Content-Type": "image/jpeg"}
    assert caller.post("/v1/jobs", content=JPEG, headers=headers).status_code == 202

    body = form(("a.jpg", JPEG))
    made(caller.post("/v1/batches", headers={"Idempotency-Key": "same"}, **body))
