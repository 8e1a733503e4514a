"""What the client sends about keys and about users."""

import httpx
import pytest

from sightsong.client import Client, JobQuery, ProblemResponse
from tests.unit.sightsong.fake_service import FakeService, job, problem
from tests.unit.sightsong.ingest_views import page

FEEDBACK = {"id": "f-1", "job_id": "j-1", "track_id": "t-1", "action": "like"}


def test_a_key_is_made_of_what_is_said(client: Client, service: FakeService):
    service.on("POST", "/v1/keys", httpx.Response(201, json={"id": "k", "key": "ssk_k_s"}))
    made = client.create_key("phone", scopes=("jobs",), tenant="acme", jobs_per_day=100)
    assert made["key"] == "ssk_k_s"
    assert service.sent("POST", "/v1/keys") == {
        "name": "phone",
        "scopes": ["jobs"],
        "tenant": "acme",
        "jobs_per_day": 100,
    }


def test_a_key_that_may_have_been_made_is_not_made_again(client: Client, service: FakeService):
    service.on("POST", "/v1/keys", problem(500, "internal", "oh"))
    with pytest.raises(ProblemResponse):
        client.create_key("phone", scopes=["jobs"])
    assert len(service.requests) == 1


def test_keys_are_read_revoked_and_replaced(client: Client, service: FakeService):
    service.on("GET", "/v1/keys", page({"id": "k"}))
    service.on("GET", "/v1/keys/k", {"id": "k"})
    service.on("DELETE", "/v1/keys/k", httpx.ReadError("cut"), httpx.Response(204))
    service.on("POST", "/v1/keys/k/rotate", httpx.Response(201, json={"id": "l"}))
    assert [client.keys(), client.key("k")] == [[{"id": "k"}], {"id": "k"}]
    client.revoke_key("k")
    assert client.rotate_key("k", overlap_s=60)["id"] == "l"
    assert service.sent("POST", "/v1/keys/k/rotate") == {"overlap_s": 60}


def test_who_asks_learns_who_they_are_and_what_they_used(client: Client, service: FakeService):
    service.on("GET", "/v1/me", {"tenant": "acme", "user": "alice"})
    service.on("GET", "/v1/me/usage", {"items": []})
    assert client.me()["tenant"] == "acme"
    client.usage()
    client.usage(days=7)
    asked = service.asked("GET", "/v1/me/usage")
    assert [request.url.params["days"] for request in asked] == ["30", "7"]


def test_preferences_are_said_as_a_whole(client: Client, service: FakeService):
    said = {"favourite_genres": ["jazz"], "never_play": {"artists": ["X"]}, "learn": False}
    service.on("GET", "/v1/me/preferences", {**said, "alpha": None})
    service.on("PUT", "/v1/me/preferences", httpx.ReadError("cut"), said)
    assert client.preferences()["alpha"] is None
    client.set_preferences(favourite_genres=["jazz"], never_play={"artists": ["X"]}, learn=False)
    assert service.sent("PUT", "/v1/me/preferences") == said


def test_what_a_user_has_asked_and_done_comes_page_by_page(client: Client, service: FakeService):
    for path in ("/v1/me/history", "/v1/feedback"):
        service.on("GET", path, {"items": [{"id": "a"}], "next_cursor": "n"}, page({"id": "b"}))
    assert [one["id"] for one in client.history()] == ["a", "b"]
    assert [one["id"] for one in client.feedback(limit=1)] == ["a"]


def test_all_of_a_user_is_taken_along_row_by_row(client: Client, service: FakeService):
    headers = {"Content-Type": "application/x-ndjson"}
    body = b'{"type":"preferences"}\n{"type":"end"}\n'
    service.on("GET", "/v1/me/export", httpx.Response(200, headers=headers, content=body))
    assert [row["type"] for row in client.export()] == ["preferences", "end"]


def test_a_user_is_erased_and_everything_only_where_it_is_said(
    client: Client, service: FakeService
):
    service.on("DELETE", "/v1/me", httpx.Response(204))
    client.erase_user()
    client.erase_user(everything=True)
    asked = [dict(request.url.params) for request in service.requests]
    assert asked == [{}, {"everything": "true"}]


def test_feedback_is_given_again_after_a_lost_connection(client: Client, service: FakeService):
    service.on("POST", "/v1/feedback", httpx.ReadError("cut"), FEEDBACK)
    assert client.give_feedback("j-1", "t-1", "skip", position_s=0.0)["id"] == "f-1"
    wanted = {"job_id": "j-1", "track_id": "t-1", "action": "skip", "position_s": 0.0}
    assert service.sent("POST", "/v1/feedback") == wanted


def test_feedback_is_taken_back(client: Client, service: FakeService):
    service.on("DELETE", "/v1/feedback/f-1", httpx.Response(204))
    client.withdraw_feedback("f-1")
    assert len(service.requests) == 1


def test_memory_and_stored_answers_are_left_out_where_that_is_said(
    client: Client, service: FakeService
):
    service.on("POST", "/v1/jobs", job("queued"))
    client.submit_photo(b"photo", personal=False, cache=False, webhook="w-1")
    client.submit_text("calm piano", personal=False, cache=False, webhook="w-1")
    said = {"personal": False, "cache": False, "webhook": "w-1"}
    wanted = {"personal": "false", "cache": "false", "webhook": "w-1"}
    assert dict(service.requests[0].url.params) == wanted
    assert service.sent("POST", "/v1/jobs") == {"text": "calm piano", **said}


def test_the_jobs_of_a_batch_are_listed_by_its_id(client: Client, service: FakeService):
    service.on("GET", "/v1/jobs", page())
    assert list(client.jobs(**JobQuery(batch="b-1"))) == []
    assert service.requests[0].url.params["batch"] == "b-1"


def test_a_day_that_is_used_up_is_not_waited_for(client: Client, service: FakeService):
    spent = problem(429, "quota_exceeded", "Enough for today.", **{"Retry-After": "7200"})
    service.on("POST", "/v1/jobs", spent)
    with pytest.raises(ProblemResponse) as refused:
        client.submit_photo(b"photo")
    assert (refused.value.retry_after_s, service.pauses) == (7200.0, [])


def test_requests_that_come_too_fast_are_slowed_down(client: Client, service: FakeService):
    fast = problem(429, "rate_limited", "Slowly.", **{"Retry-After": "2"})
    slow = problem(429, "rate_limited", "Slowly.", **{"Retry-After": "3600"})
    service.on("GET", "/v1/me", fast, slow, {"tenant": "acme"})
    assert client.me()["tenant"] == "acme"
    assert service.pauses == [2.0, 30.0]
