"""Pages of other origins: none may call, but for those that the service names."""

import pytest

PAGE = "https://app.example.org"
OTHER = "https://evil.example.org"


@pytest.fixture
def shared(make):
    return make(cors_origins=(PAGE,), queue_limit=100)


def preflight(caller, origin: str, **headers: str):
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", **headers}
    return caller.ask("OPTIONS", "/v1/jobs", headers=asked)


def test_by_default_no_page_is_told_that_it_may(caller):
    answer = caller.get("/v1/jobs", headers={"Origin": PAGE})

    assert "access-control-allow-origin" not in answer.headers
    assert preflight(caller, PAGE).status_code == 405


def test_a_page_that_is_named_may_ask_and_read_our_headers(shared):
    answer = shared.get("/v1/jobs", headers={"Origin": PAGE})
    exposed = answer.headers["access-control-expose-headers"].split(", ")

    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "access-control-allow-credentials" not in answer.headers
    assert {"ETag", "Location", "Retry-After", "RateLimit", "Idempotent-Replayed"} <= set(exposed)


def test_it_may_read_refusals_as_well(shared):
    answer = shared.get("/v1/jobs/none", headers={"Origin": PAGE})

    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
    assert answer.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize(
    "header",
    [
        "Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID",
        "Prefer", "Range", "Sightsong-User",
    ],
)  # fmt: skip
def test_it_may_send_what_the_api_reads(shared, header):
    answer = preflight(shared, PAGE, **{"Access-Control-Request-Headers": header})

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE


def test_its_browser_says_that_it_is_of_another_site_and_it_may_change_things(shared):
    headers = {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}

    assert shared.post("/v1/jobs", json={"text": "calm"}, headers=headers).status_code == 202


def test_any_other_page_may_not(shared):
    headers = {"Origin": OTHER, "Sec-Fetch-Site": "cross-site"}
    changed = shared.post("/v1/jobs", json={"text": "calm"}, headers=headers)
    asked = shared.get("/v1/jobs", headers={"Origin": OTHER})
    refused = preflight(shared, OTHER)

    assert (changed.status_code, changed.json()["code"]) == (403, "cross_site_refused")
    assert "access-control-allow-origin" not in asked.headers
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert "access-control-allow-origin" not in refused.headers
