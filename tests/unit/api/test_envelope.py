"""What surrounds every request: its id, and who may ask."""

from collections.abc import AsyncIterator

import pytest
from starlette.responses import StreamingResponse


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:8000", "[::1]", "[::1]:8000"],
)
def test_this_machines_own_names_are_answered(caller, host):
    assert caller.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "evil@localhost", "localhost/x", "", "[::1", "a b"],
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(caller, host):
    answer = caller.get("/healthz", headers={"Host": host})

    assert (answer.status_code, answer.json()["code"]) == (400, "host_not_allowed")


def test_more_hosts_may_be_allowed(make):
    caller = make(allowed_hosts=("Photos.Example",))

    assert caller.get("/healthz", headers={"Host": "photos.example:80"}).status_code == 200


def test_a_star_allows_every_host(make):
    caller = make(allowed_hosts=("*",))

    assert caller.get("/healthz", headers={"Host": "any.example"}).status_code == 200


def test_a_page_of_another_site_may_change_nothing(caller):
    answer = caller.post("/v1/indexes", headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_refused")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1"])
def test_a_form_of_another_site_is_known_by_its_origin(caller, origin):
    """Over plain HTTP from another machine, browsers send no `Sec-Fetch-Site`."""
    answer = caller.post("/v1/ingests", files={"file": b"x"}, headers={"Origin": origin})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_refused")


def test_a_page_of_this_very_service_may_change_things(caller):
    answer = caller.post("/v1/indexes", headers={"Origin": "http://localhost"})

    assert answer.status_code == 202


def test_no_other_origin_is_let_in(caller):
    answer = caller.get("/v1/tracks", headers={"Origin": "https://evil.example"})

    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_request_has_an_id_and_answers_are_not_sniffed(caller):
    answers = [caller.get(path) for path in ("/healthz", "/v1/nowhere", "/docs")]

    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    assert {answer.headers["x-content-type-options"] for answer in answers} == {"nosniff"}


def test_a_callers_own_request_id_is_kept(caller):
    answer = caller.get("/healthz", headers={"X-Request-ID": "trace-1.a"})

    assert answer.headers["x-request-id"] == "trace-1.a"


@pytest.mark.parametrize("odd", ["a b", "x" * 65, "<script>"])
def test_an_odd_request_id_is_replaced(caller, odd):
    answer = caller.get("/healthz", headers={"X-Request-ID": odd})

    assert answer.headers["x-request-id"] != odd


def test_a_crash_in_the_middle_of_an_answer_is_left_to_the_server(caller):
    async def broken() -> AsyncIterator[bytes]:
        yield b"begun"
        raise RuntimeError("too late")

    caller.app.add_api_route("/broken", lambda: StreamingResponse(broken()))
    answer = caller.get("/broken")

    assert (answer.status_code, answer.content) == (200, b"begun")


@pytest.mark.parametrize("origin", [{"Origin": "http://localhost:3000"}, {"Origin": "null"}, {}])
def test_a_page_of_another_port_of_this_machine_may_change_nothing(caller, origin):
    """To a browser all ports of a machine are one site."""
    answer = caller.post("/v1/indexes", headers={"Sec-Fetch-Site": "same-site", **origin})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_refused")


def test_a_page_of_another_port_may_be_named(make):
    caller = make(cors_origins=("http://localhost:3000",))
    headers = {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"}

    assert caller.post("/v1/indexes", headers=headers).status_code == 202


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none"])
def test_a_page_of_our_own_may_change_things_whatever_its_browser_calls_it(caller, site):
    headers = {"Sec-Fetch-Site": site, "Origin": "http://localhost"}

    assert caller.post("/v1/indexes", headers=headers).status_code == 202


def test_an_origin_that_is_no_address_is_another_one(caller):
    answer = caller.post("/v1/indexes", headers={"Origin": "http://["})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_refused")


def test_a_body_of_two_lengths_is_refused_and_hung_up_on(caller):
    headers = {"Content-Length": "2", "Transfer-Encoding": "chunked"}
    answer = caller.post("/v1/jobs", content=b"{}", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert answer.headers["connection"] == "close"
