"""What the client sends to find tracks and to look after the index."""

import json

import httpx
import pytest

from sightsong.client import Client, Filters, ProblemResponse
from tests.unit.sightsong.fake_service import INDEX, FakeService, indexes, job, problem


def test_words_go_with_what_is_said_and_no_more(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", httpx.Response(202, json=job("queued", kind="text")))
    client.submit_text("calm piano", alpha=0.0, top_k=None, duplicates=False)
    assert service.sent("POST", "/v1/jobs") == {"text": "calm piano", "alpha": 0.0}


def test_the_filters_of_a_photo_go_as_one_text(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", httpx.Response(202, json=job("queued")))
    filters = Filters(genre="Café", explicit=False)
    client.submit_photo(b"\xff\xd8\xff", filters=filters, diversity=0.0)
    sent = dict(service.requests[0].url.params)
    assert (json.loads(sent["filters"]), sent["diversity"]) == (filters, "0.0")


def test_what_is_like_a_track_is_asked_for_in_the_address(client: Client, service: FakeService):
    service.on("GET", "/v1/tracks/t-1/similar", {"track_id": "t-1", "items": [], "receipt": {}})
    filters = Filters(genre=["jazz", "blues"], tempo_bpm={"min": 60}, explicit=True)
    client.similar("t-1", limit=3, filters=filters)
    [request] = service.requests
    assert sorted(request.url.params.multi_items()) == [
        ("explicit", "true"),
        ("genre", "blues"),
        ("genre", "jazz"),
        ("limit", "3"),
        ("min_tempo_bpm", "60"),
    ]


def test_a_refinement_may_take_back_what_the_job_had(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs/j-1/refine", {"job_id": "j-1", "matches": []})
    client.refine("j-1", calmer=0, filters={}, duplicates=False, avoid=None)
    wanted = {"calmer": 0, "filters": {}, "duplicates": False}
    assert service.sent("POST", "/v1/jobs/j-1/refine") == wanted


def test_a_job_that_has_no_answer_is_not_refined(client: Client, service: FakeService):
    refusal = problem(409, "not_refinable", "This job has no answer.")
    service.on("POST", "/v1/jobs/j-1/refine", refusal)
    with pytest.raises(ProblemResponse) as refused:
        client.refine("j-1", calmer=0.5)
    assert refused.value.code == "not_refinable"


def test_snapshots_are_read_one_by_one_and_all_together(client: Client, service: FakeService):
    service.on("GET", "/v1/indexes", indexes(INDEX, changed=2))
    service.on("GET", "/v1/indexes/v1", INDEX)
    assert client.indexes()["delta"]["tracks"] == 2
    assert client.index("v1")["kind"] == "ivf"


def test_the_index_is_told_what_to_do_by_posts(client: Client, service: FakeService):
    for path in ("", "/prune", "/v1/verify"):
        service.on("POST", f"/v1/indexes{path}", httpx.Response(202, json=job("queued")))
    service.on("POST", "/v1/indexes/v1/activate", {**INDEX, "is_pinned": True})
    jobs = [client.rebuild(), client.prune_indexes(), client.verify_index("v1")]
    assert [one["id"] for one in jobs] == ["j-1"] * 3
    assert client.activate("v1")["is_pinned"] is True
