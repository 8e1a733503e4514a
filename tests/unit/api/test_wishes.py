"""What a submit says besides its question: memory, webhooks, a photo that lies elsewhere."""

import pytest

from api.dependencies import Surroundings
from sightsong.core import jobs
from sightsong.core.errors import FetchFailed, UrlNotAllowed
from tests.unit.api.asking import Caller, image_bytes
from tests.unit.api.keyholders import bearing, give_key
from tests.unit.api.library import claim

URL = "https://photos.example.org/beach.jpg"


class Web:
    """The open web: one photo, or what goes wrong."""

    def __init__(self, content: bytes = b"", error: Exception | None = None) -> None:
        self.content, self.error = content, error
        self.asked: list[str] = []

    def __call__(self, url: str, /) -> bytes:
        self.asked.append(url)
        if self.error is not None:
            raise self.error
        return self.content


@pytest.fixture
def fetching(make):
    def made(web: Web, **changed: object) -> Caller:
        settings = {"fetches_urls": True, "queue_limit": 100} | changed
        return make(around=Surroundings(fetch_photo=web), **settings)

    return made


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_photo_may_be_named_by_its_address(fetching, stores):
    web = Web(image_bytes())
    answer = fetching(web).post("/v1/jobs", json={"image_url": URL, "top_k": 3})
    job = claim(stores, jobs.JobKind.PHOTO)

    assert answer.status_code == 202
    assert web.asked == [URL]
    assert job.blob_id is not None
    with stores.blobs.open(job.blob_id) as file:
        assert file.read() == image_bytes()
    assert job.params["top_k"] == 3


def test_a_service_that_fetches_nothing_names_the_setting(make):
    answer = make().post("/v1/jobs", json={"image_url": URL})

    assert code(answer) == (422, "url_not_allowed")
    assert "SIGHTSONG_FETCH_URLS" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UrlNotAllowed("the server is odd"), (422, "url_not_allowed")),
        (FetchFailed("the server is odd"), (503, "fetch_failed")),
    ],
)
def test_a_photo_that_cannot_be_had_is_told(fetching, error, told):
    answer = fetching(Web(error=error)).post("/v1/jobs", json={"image_url": URL})

    assert code(answer) == told
    assert answer.json()["detail"] == "The photo was not fetched: the server is odd."


def test_what_was_fetched_must_be_a_photo_all_the_same(fetching):
    answer = fetching(Web(b"<html>")).post("/v1/jobs", json={"image_url": URL})

    assert code(answer) == (415, "unsupported_image")


def test_only_so_many_are_fetched_at_once(fetching):
    web = Web(image_bytes())
    caller = fetching(web)
    turns = caller.app.state.door.fetching
    turns._count = turns._limit  # noqa: SLF001 - as if so many waited

    assert code(caller.post("/v1/jobs", json={"image_url": URL})) == (429, "too_many_requests")
    assert web.asked == []


@pytest.mark.parametrize(
    "body",
    [
        {"image_url": URL, "text": "calm"},
        {"image_url": URL, "image": "AAAA"},
        {"image_url": ""},
        {"image_url": "https://e.org/" + "x" * 2048},
        {},
    ],
)
def test_a_submit_is_one_thing(fetching, body):
    web = Web(image_bytes())

    assert code(fetching(web).post("/v1/jobs", json=body)) == (422, "invalid_request")
    assert web.asked == []


def test_the_same_address_under_one_key_is_one_job(fetching):
    caller = fetching(Web(image_bytes()))
    send = {"json": {"image_url": URL}, "headers": {"Idempotency-Key": "k1"}}
    first, again = (caller.post("/v1/jobs", **send) for _ in range(2))

    assert first.json()["id"] == again.json()["id"]


def test_who_wants_no_memory_in_an_answer_says_so(make, stores):
    caller = make(queue_limit=100)
    caller.post("/v1/jobs", json={"text": "calm", "personal": False})
    caller.post("/v1/jobs", json={"text": "calm", "personal": True})

    assert claim(stores, jobs.JobKind.TEXT).params["personal"] is False
    assert "personal" not in claim(stores, jobs.JobKind.TEXT).params


def test_so_does_who_sends_a_form_or_an_address(make, stores):
    caller = make(queue_limit=100)
    caller.post("/v1/jobs", files={"image": image_bytes()}, data={"personal": "false"})
    caller.submit(image_bytes(), params={"personal": "false"})
    params = [claim(stores, jobs.JobKind.PHOTO).params for _ in range(2)]

    assert [one["personal"] for one in params] == [False, False]


def test_how_a_job_is_handled_is_none_of_its_params(make, stores):
    make().post("/v1/jobs", json={"text": "calm", "cache": False})

    assert {"cache", "webhook"}.isdisjoint(claim(stores, jobs.JobKind.TEXT).params)


def test_a_webhook_that_is_none_is_refused(make):
    answer = make().post("/v1/jobs", json={"text": "calm", "webhook": "none"})

    assert code(answer) == (422, "webhook_unknown")


def test_so_is_another_tenants(make, stores):
    caller = make(queue_limit=100)
    mine, theirs = (bearing(give_key(stores, tenant=name)) for name in ("mine", "theirs"))
    hook = {"url": "https://hooks.example.org/in"}
    made = caller.post("/v1/webhooks", json=hook, headers=theirs).json()["id"]
    body = {"text": "calm", "webhook": made}

    assert code(caller.post("/v1/jobs", json=body, headers=mine)) == (422, "webhook_unknown")
    assert caller.post("/v1/jobs", json=body, headers=theirs).status_code == 202


def test_words_still_take_no_wishes_of_photos(make):
    answer = make().post("/v1/jobs", json={"text": "calm", "caption": False})

    assert code(answer) == (422, "invalid_request")
