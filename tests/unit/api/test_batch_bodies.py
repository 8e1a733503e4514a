"""POST /v1/batches: many photos and words at once, each one a job, or refused by itself."""

import itertools
import json
from pathlib import Path

import pytest

from sightsong.core.jobs import JobKind, Queue
from tests.unit.api.albums import (
    BROKEN,
    JPEG,
    PNG,
    ZIP,
    archive,
    claim,
    encoded,
    form,
    made,
    ndjson,
    results,
)
from tests.unit.api.asking import Caller


@pytest.fixture
def caller(make) -> Caller:
    """A door with room for an album."""
    return make(queue_limit=2000)


def test_photos_of_a_form_become_jobs_in_order(caller, stores, doorbell):
    answer = caller.post("/v1/batches", **form(("a.jpg", JPEG), ("b.png", PNG)))

    batch = made(answer)
    assert answer.headers["location"] == f"/v1/batches/{batch['id']}"
    assert answer.headers["retry-after"] == "1"
    assert (batch["state"], batch["total"], batch["counts"]["queued"]) == ("running", 2, 2)
    assert [(job.custom_id, job.kind) for job in claim(stores)] == [
        ("a.jpg", JobKind.PHOTO),
        ("b.png", JobKind.PHOTO),
    ]
    assert doorbell.rings == (Queue.PHOTOS,)


def test_what_a_form_wishes_holds_for_all_its_photos_wherever_it_stands(caller, stores):
    body = form(("a.jpg", JPEG), ("b.jpg", JPEG), top_k="3", custom_id="summer", moods="happy")

    batch = made(caller.post("/v1/batches?alpha=0.25", **body))

    assert batch["custom_id"] == "summer"
    for job in claim(stores):
        asked = {name: job.params[name] for name in ("top_k", "alpha", "moods")}
        assert asked == {"top_k": 3, "alpha": 0.25, "moods": ["happy"]}


def test_fields_that_come_before_the_photos_are_taken_as_well(caller, stores):
    fields = [("top_k", (None, b"3")), ("image", ("a.jpg", JPEG)), ("alpha", (None, b"0.5"))]

    made(caller.post("/v1/batches", files=fields))

    [job] = claim(stores)
    assert (job.params["top_k"], job.params["alpha"]) == (3, 0.5)


def test_items_of_a_form_say_more_of_each_photo(caller, stores):
    items = [{"custom_id": "first", "top_k": 7}, {}]

    body = form(("a.jpg", JPEG), ("b.jpg", JPEG), items=json.dumps(items), top_k="2")
    made(caller.post("/v1/batches", **body))

    assert [(job.custom_id, job.params["top_k"]) for job in claim(stores)] == [
        ("first", 7),
        ("b.jpg", 2),
    ]


def test_a_broken_photo_is_refused_by_itself(caller, stores):
    body = form(("a.jpg", JPEG), ("bad.jpg", BROKEN), ("text.jpg", b"no photo"), ("c.jpg", JPEG))

    batch = made(caller.post("/v1/batches", **body))

    assert batch["total"] == 4
    assert batch["counts"]["refused"] == 2
    lines = results(caller, batch)
    assert [(one["custom_id"], one["state"]) for one in lines] == [
        ("a.jpg", "queued"),
        ("bad.jpg", "refused"),
        ("text.jpg", "refused"),
        ("c.jpg", "queued"),
    ]
    assert [one["error"] and one["error"]["code"] for one in lines] == [
        None,
        "image_broken",
        "unsupported_image",
        None,
    ]
    assert [one["position"] for one in lines] == [0, 1, 2, 3]
    assert len(claim(stores)) == 2


def test_a_photo_that_is_too_large_is_refused_by_itself(caller, settings):
    large = JPEG + b"\0" * settings.max_image_bytes

    batch = made(caller.post("/v1/batches", **form(("l.jpg", large), ("a.jpg", JPEG))))

    [line] = results(caller, batch, state="refused")
    assert line["error"]["code"] == "image_too_large"


def test_lines_of_json_may_hold_words_and_photos_with_wishes_of_their_own(caller, stores):
    items = (
        {"text": "calm piano", "custom_id": "words", "top_k": 9},
        {"image": encoded(JPEG), "custom_id": "photo", "caption": False},
    )

    batch = made(caller.post("/v1/batches?top_k=2&custom_id=mixed", **ndjson(*items)))

    words, photo = claim(stores)
    assert batch["custom_id"] == "mixed"
    assert (words.kind, words.params["text"], words.params["top_k"]) == (
        JobKind.TEXT,
        "calm piano",
        9,
    )
    assert (photo.kind, photo.params["caption"], photo.params["top_k"]) == (JobKind.PHOTO, False, 2)


def test_lines_that_are_no_items_are_refused_by_themselves(caller, settings):
    items = (
        {"text": "calm"},
        b"{no json",
        {"text": "calm", "image": "both"},
        {"custom_id": "odd", "image": "no base64!"},
        {"custom_id": "unknown", "text": "calm", "colour": "red"},
        {"custom_id": "fetched", "image_url": "https://photos.example.org/a.jpg"},
        b'{"text": "' + b"x" * (2 * settings.max_image_bytes) + b'"}',
        {"text": "happy"},
    )

    batch = made(caller.post("/v1/batches", **ndjson(*items)))

    lines = results(caller, batch)
    assert [(one["custom_id"], one["error"] and one["error"]["code"]) for one in lines] == [
        (None, None),
        (None, "invalid_request"),
        (None, "invalid_request"),
        ("odd", "invalid_request"),
        ("unknown", "invalid_request"),
        ("fetched", "url_not_allowed"),
        (None, "body_too_large"),
        (None, None),
    ]


def test_one_json_holds_items_and_what_is_wished_for_all(caller, stores):
    body = {
        "custom_id": "all",
        "top_k": 4,
        "items": [{"text": "calm"}, {"text": "loud", "top_k": 1}],
    }

    batch = made(caller.post("/v1/batches", json=body))

    assert batch["custom_id"] == "all"
    assert [job.params["top_k"] for job in claim(stores)] == [4, 1]


def test_batches_wait_behind_photos_that_come_alone(caller, stores):
    made(
        caller.post("/v1/batches", json={"items": [{"text": "calm"}, {"text": "x", "priority": 0}]})
    )
    caller.submit(JPEG)

    assert [job.priority for job in claim(stores)] == [0, 1, 2]


def test_a_zip_becomes_jobs_called_as_its_files(caller, stores):
    album = archive(**{"trip/a.jpg": JPEG, "notes.txt": b"dear diary", "trip/b.PNG": PNG})

    batch = made(caller.post("/v1/batches?custom_id=trip", content=album, headers=ZIP))

    assert (batch["total"], batch["custom_id"]) == (2, "trip")
    assert [job.custom_id for job in claim(stores)] == ["trip/a.jpg", "trip/b.PNG"]


def test_files_of_a_zip_that_lead_out_of_it_are_refused_by_themselves(caller, settings):
    album = archive(**{"../../etc/a.jpg": JPEG, "/b.jpg": JPEG, "c.heic": b"heic", "d.jpg": JPEG})

    batch = made(caller.post("/v1/batches", content=album, headers=ZIP))

    lines = results(caller, batch, state="refused")
    assert [one["error"]["code"] for one in lines] == [
        "unsafe_member",
        "unsafe_member",
        "unsupported_image",
    ]
    assert not list(settings.scratch_dir.iterdir())


def test_a_thousand_items_are_one_batch(caller):
    batch = made(caller.post("/v1/batches", **ndjson(*itertools.repeat({"text": "calm"}, 1000))))

    assert batch["counts"]["queued"] == 1000
    assert [one["position"] for one in results(caller, batch)] == list(range(1000))


@pytest.mark.parametrize("media_type", ["text/plain", "image/jpeg", "application/x-tar"])
def test_other_bodies_are_refused(caller, media_type):
    answer = caller.post("/v1/batches", content=JPEG, headers={"Content-Type": media_type})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.fixture(scope="module")
def hostile() -> Path:
    """Photos that were made to harm."""
    folder = Path(__file__).parents[4] / "shared" / "data" / "hostile" / "images"
    if not folder.is_dir():
        pytest.skip("the hostile photos are not here")
    return folder


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow warns of what it reads in spite of
def test_no_hostile_photo_harms_the_others_of_its_batch(make, hostile):
    caller = make(queue_limit=2000, max_image_bytes=20 * 1024**2, max_image_pixels=40_000_000)
    found = [path for path in sorted(hostile.rglob("*")) if path.is_file()][:900]
    photos = [(path.name, path.read_bytes()) for path in found]

    batch = made(
        caller.post("/v1/batches", **form(("good.jpg", JPEG), *photos, ("last.jpg", JPEG)))
    )

    lines = results(caller, batch)
    assert batch["total"] == len(photos) + 2
    assert [lines[0]["state"], lines[-1]["state"]] == ["queued", "queued"]
    alone = [caller.submit(content).status_code for _, content in photos]
    assert [one["state"] == "queued" for one in lines[1:-1]] == [code == 202 for code in alone]
