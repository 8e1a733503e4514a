"""GET /v1/jobs: the jobs that there are."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from api import paging, schemas
from sightsong.core import jobs
from tests.unit.api.asking import image_bytes
from tests.unit.api.library import claim, succeed

TEXT = jobs.JobKind.TEXT
SUMMARY = {
    "id", "kind", "state", "state_version", "custom_id", "created_at", "started_at", "finished_at",
    "attempt", "error", "deadline_at", "user", "batch_id", "cached_from",
}  # fmt: skip


@pytest.fixture
def caller(make):
    return make(queue_limit=100)


def submit(caller, text: str = "calm", **handling: object) -> str:
    return str(caller.post("/v1/jobs", json={"text": text, **handling}).json()["id"])


def listed(caller, **params: object) -> list[str]:
    answer = caller.get("/v1/jobs", params=params)
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in answer.json()["items"]]


def test_jobs_are_listed_newest_first(caller):
    ids = [submit(caller) for _ in range(3)]

    assert listed(caller) == ids[::-1]


def test_a_list_shows_no_results(caller, stores):
    submit(caller, custom_id="rain")
    succeed(stores, TEXT, {"query": "calm"})
    [job] = caller.get("/v1/jobs").json()["items"]

    assert set(job) == SUMMARY
    assert (job["state"], job["custom_id"]) == ("succeeded", "rain")
    schemas.JobSummary.model_validate(job, strict=True)


def test_a_long_list_comes_page_by_page(caller):
    ids = [submit(caller) for _ in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        page = caller.get("/v1/jobs", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        seen.append([job["id"] for job in page.json()["items"]])
        cursor = page.json()["next_cursor"]

    assert seen == [ids[:2:-1], ids[2:0:-1], ids[:1]]
    assert cursor is None


def test_what_comes_meanwhile_moves_no_page(caller):
    ids = [submit(caller) for _ in range(3)]
    cursor = caller.get("/v1/jobs", params={"limit": 1}).json()["next_cursor"]
    submit(caller)

    assert listed(caller, cursor=cursor) == ids[1::-1]


def test_only_photos_and_words_are_listed_unless_others_are_asked_for(caller, stores):
    photo = caller.submit(image_bytes()).json()["id"]
    text = submit(caller)
    rebuild = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.REBUILD)).id

    assert listed(caller) == [text, photo]
    assert listed(caller, kind="photo") == [photo]
    assert listed(caller, kind=["rebuild", "text"]) == [rebuild, text]


def test_a_list_can_be_kept_to_a_state(caller, stores):
    begun, waiting = submit(caller), submit(caller)
    claim(stores, TEXT)

    assert listed(caller, state="running") == [begun]
    assert listed(caller, state="queued") == [waiting]
    assert listed(caller, state="failed") == []


def test_jobs_are_found_by_what_their_sender_calls_them(caller):
    first, _, third = (submit(caller, custom_id=name) for name in ("a", "b", "a"))

    assert listed(caller, custom_id="a") == [third, first]
    assert listed(caller, custom_id="A") == []


def test_what_is_shown_as_the_time_asked_for_does_not_come_after_it(caller):
    first = submit(caller)
    created_at = caller.get(f"/v1/jobs/{first}").json()["created_at"]

    assert listed(caller, created_after=created_at) == []
    assert listed(caller, created_after="2001-02-03T04:05:06.5-07:00") == [first]
    assert listed(caller, created_after="2999-01-01T00:00:00Z") == []


class Filters:
    """Job rows that note by what they are listed."""

    def __init__(self, rows) -> None:
        self.versions = rows.versions
        self.asked: list[jobs.JobFilter] = []

    def listed(self, where: jobs.JobFilter, **_: object) -> list[jobs.Job]:
        self.asked.append(where)
        return []


def test_the_next_millisecond_comes_after(make, stores):
    filters = Filters(stores.jobs)
    caller = make(stores=replace(stores, jobs=filters))
    listed(caller, created_after="2026-11-20T23:42:07.312Z")
    shown = datetime(2026, 11, 20, 23, 42, 7, 312_000, UTC).timestamp()

    assert shown + 0.000999 < filters.asked[0].created_after < shown + 0.001


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"limit": "0"}, "/limit"),
        ({"limit": "101"}, "/limit"),
        ({"state": "done"}, "/state"),
        ({"kind": "video"}, "/kind/0"),
        ({"kind": ""}, "/kind/0"),
        ({"cursor": "?"}, "/cursor"),
        ({"cursor": paging.to_cursor("0b6f3c1e-0000")}, "/cursor"),
        ({"state": ["failed", "queued"]}, "/state"),
        ({"limit": ["1", "2"]}, "/limit"),
        ({"custom_id": ""}, "/custom_id"),
        ({"custom_id": "x" * 65}, "/custom_id"),
        ({"custom_id": "a\u0000b"}, "/custom_id"),
        ({"created_after": "1763683200"}, "/created_after"),
        ({"created_after": "2026-11-20"}, "/created_after"),
        ({"created_after": "2026-11-20T23:42:07"}, "/created_after"),
        ({"created_after": "2026-02-30T00:00:00Z"}, "/created_after"),
        ({"created_after": "2026-11-20T23:42:07 01:00"}, "/created_after"),
        ({"status": "queued"}, "/status"),
    ],
)
def test_a_wrong_or_unknown_parameter_is_refused(caller, params, pointer):
    answer = caller.get("/v1/jobs", params=params)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_what_was_erased_is_not_listed(caller):
    kept, erased = submit(caller), submit(caller)
    caller.delete(f"/v1/jobs/{erased}")

    assert listed(caller) == [kept]


def test_a_page_goes_on_behind_a_job_that_was_erased_meanwhile(caller):
    first, second = submit(caller), submit(caller)
    cursor = caller.get("/v1/jobs", params={"limit": 1}).json()["next_cursor"]
    caller.delete(f"/v1/jobs/{second}")

    assert listed(caller, cursor=cursor) == [first]
