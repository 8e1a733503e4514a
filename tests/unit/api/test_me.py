"""GET /v1/me and /v1/me/usage: who asks, and how much they have submitted."""

from datetime import UTC, datetime

import pytest

from api import schemas
from tests.unit.api.asking import image_bytes
from tests.unit.api.keyholders import JOBS, bearing, give_key, id_of


def usage(caller, headers=None, **params: int):
    return caller.get("/v1/me/usage", params=params, headers=headers or {}).json()


def today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")


def test_without_a_key_everybody_is_the_one_tenant(caller):
    assert caller.get("/v1/me").json() == {
        "tenant": "default",
        "user": None,
        "key": None,
        "scopes": ["jobs", "library", "admin"],
    }


def test_with_a_key_it_is_told_whose_it_is(caller, stores):
    text = give_key(stores, JOBS, tenant="frames")
    answer = caller.get("/v1/me", headers=bearing(text, **{"Sightsong-User": "alice"}))
    told = answer.json()

    assert (told["tenant"], told["user"], told["scopes"]) == ("frames", "alice", ["jobs"])
    assert told["key"]["id"] == id_of(text)
    schemas.MeView.model_validate_json(answer.content, strict=True)


def test_what_is_submitted_with_a_key_is_counted_for_it(make, stores):
    caller = make(queue_limit=100)
    text, other = give_key(stores), give_key(stores)
    for _ in range(2):
        caller.post("/v1/jobs", json={"text": "calm"}, headers=bearing(text))
    headers = bearing(text) | {"Content-Type": "image/jpeg"}
    caller.post("/v1/jobs", content=image_bytes(), headers=headers)
    told = usage(caller, bearing(text))

    assert told["today"] == {"day": today(), "photos": 1, "texts": 2}
    assert (told["items"][0], len(told["items"])) == (told["today"], 30)
    assert usage(caller, bearing(other))["today"]["texts"] == 0
    assert usage(caller)["today"]["texts"] == 0


def test_so_is_what_is_submitted_without_one(caller):
    caller.post("/v1/jobs", json={"text": "calm"})

    assert usage(caller, days=2)["today"]["texts"] == 1
    assert len(usage(caller, days=2)["items"]) == 2


def test_what_is_sent_again_is_not_counted_again(caller):
    for _ in range(2):
        caller.post("/v1/jobs", json={"text": "calm"}, headers={"Idempotency-Key": "k1"})

    assert usage(caller)["today"]["texts"] == 1


@pytest.mark.parametrize("days", [0, 367, "all"])
def test_no_more_than_a_year_is_told(caller, days):
    assert caller.get("/v1/me/usage", params={"days": days}).status_code == 422


def test_a_key_that_has_had_its_jobs_of_the_day_is_told_to_come_tomorrow(caller, stores):
    headers = bearing(give_key(stores, jobs_per_day=1))
    first = caller.post("/v1/jobs", json={"text": "calm"}, headers=headers)
    second = caller.post("/v1/jobs", json={"text": "calm"}, headers=headers)
    photo = headers | {"Content-Type": "image/jpeg"}
    third = caller.post("/v1/jobs", content=image_bytes(), headers=photo)

    assert first.status_code == 202
    for refused in (second, third):
        assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
        assert 0 < int(refused.headers["retry-after"]) <= 24 * 3600
    assert usage(caller, headers)["jobs_per_day"] == 1
    assert usage(caller, headers)["today"]["texts"] == 1


def test_a_photo_that_is_over_the_quota_is_not_kept(caller, stores):
    headers = bearing(give_key(stores, jobs_per_day=1)) | {"Content-Type": "image/jpeg"}
    for _ in range(2):
        caller.post("/v1/jobs", content=image_bytes(), headers=headers)

    assert len(caller.get("/v1/jobs", headers=headers).json()["items"]) == 1


def test_moodlens_tells_of_a_spent_quota_in_its_own_shape(caller, stores):
    headers = bearing(give_key(stores, jobs_per_day=1)) | {"Content-Type": "image/jpeg"}
    caller.post("/v1/jobs", content=image_bytes(), headers=headers)
    answer = caller.post("/predict", content=image_bytes(), headers=headers)

    assert (answer.status_code, answer.json()["status"]) == (429, "error")
    assert answer.json()["code"] == "quota_exceeded"
    assert int(answer.headers["retry-after"]) > 0
