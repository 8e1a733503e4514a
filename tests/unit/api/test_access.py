"""Who may ask, and for what."""

from dataclasses import replace

import pytest

from sightsong.core import keys
from sightsong.core.errors import StoreUnavailable
from tests.unit.api.asking import image_bytes
from tests.unit.api.keyholders import ADMIN, JOBS, LIBRARY, bearing, give_key, id_of


@pytest.fixture
def closed(make):
    """An app that needs a key."""
    return make(needs_key=True, queue_limit=100)


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_without_a_key_a_closed_service_asks_for_one(closed):
    answer = closed.get("/v1/jobs")

    assert code(answer) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


def test_with_a_key_it_answers(closed, stores):
    assert closed.get("/v1/jobs", headers=bearing(give_key(stores))).status_code == 200


def test_the_scheme_may_be_written_in_any_case(closed, stores):
    headers = {"Authorization": f"bEARER  {give_key(stores)}"}

    assert closed.get("/v1/jobs", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/docs", "/openapi.json", "/hello"])
def test_what_tells_of_the_service_itself_is_open(closed, path):
    assert closed.get(path).status_code == 200


def unknown(_stores) -> str:
    return keys.issue().text


def wrong_secret(stores) -> str:
    return f"ssk_{id_of(give_key(stores))}_{'A' * 43}"


def revoked(stores) -> str:
    text = give_key(stores)
    stores.keys.revoke(id_of(text))
    return text


def expired(stores) -> str:
    text = give_key(stores)
    stores.keys.expire_in(id_of(text), 0)
    return text


def no_key(_stores) -> str:
    return "hello"


def nothing(_stores) -> str:
    return ""


WRONG = [unknown, wrong_secret, revoked, expired, no_key, nothing]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("needs_key", [True, False])
def test_a_key_that_opens_nothing_is_refused_even_where_none_is_needed(
    make, stores, wrong, needs_key
):
    caller = make(needs_key=needs_key)

    assert code(caller.get("/v1/jobs", headers=bearing(wrong(stores)))) == (401, "unauthorized")


def test_all_wrong_keys_are_answered_alike(closed, stores):
    answers = [closed.get("/v1/jobs", headers=bearing(wrong(stores))).json() for wrong in WRONG]

    for answer in answers:
        answer.pop("request_id")
    assert all(answer == answers[0] for answer in answers)


def test_two_keys_at_once_are_refused(closed, stores):
    text = give_key(stores)
    headers = [("Authorization", f"Bearer {text}"), ("Authorization", f"Bearer {text}")]

    assert code(closed.get("/v1/jobs", headers=headers)) == (401, "unauthorized")


def test_what_a_proxy_asks_for_is_no_matter_of_an_open_service(caller, closed):
    headers = {"Authorization": "Basic YTpi"}

    assert caller.get("/v1/jobs", headers=headers).status_code == 200
    assert code(closed.get("/v1/jobs", headers=headers)) == (401, "unauthorized")


def test_who_has_no_key_is_told_so_before_anything_of_the_request_is_looked_at(closed):
    answer = closed.post("/v1/jobs?top_k=99", json={"nonsense": True})

    assert code(answer) == (401, "unauthorized")
    assert answer.headers["connection"] == "close"  # the rest of the body is not waited for


def test_who_may_not_is_told_so_before_the_body_has_come(closed, stores):
    body = {"headers": bearing(give_key(stores, JOBS)), "files": {"file": ("a.mp3", b"x")}}
    refused = closed.post("/v1/ingests", **body)
    asked = closed.get("/v1/ingests", headers=bearing(give_key(stores, JOBS)))

    assert code(refused) == code(asked) == (403, "missing_scope")
    assert refused.headers["connection"] == "close"  # the rest of the body is not waited for
    assert "connection" not in asked.headers


class Away:
    """Keys that cannot be read now."""

    def find(self, key_id: str) -> None:
        raise StoreUnavailable


def test_a_database_that_is_away_is_not_the_keys_fault(make, stores):
    caller = make(stores=replace(stores, keys=Away()))

    assert code(caller.get("/v1/jobs", headers=bearing(give_key(stores)))) == (
        503,
        "store_unavailable",
    )


JOB = "/v1/jobs/00000000-0000-4000-8000-000000000000"
TRACK = "/v1/tracks/00000000-0000-4000-8000-000000000000"
#: By operation: the scopes that open it.
SCOPES = {
    ("GET", "/v1/jobs"): {JOBS, LIBRARY},
    ("GET", JOB): {JOBS, LIBRARY},
    ("POST", f"{JOB}/cancel"): {JOBS, LIBRARY},
    ("DELETE", JOB): {JOBS, LIBRARY},
    ("POST", f"{JOB}/refine"): {JOBS, LIBRARY},
    ("GET", f"{JOB}/events"): {JOBS, LIBRARY},
    ("POST", "/v1/jobs"): {JOBS, LIBRARY},
    ("POST", "/predict"): {JOBS},
    ("GET", "/v1/tracks"): {JOBS, LIBRARY},
    ("GET", TRACK): {JOBS, LIBRARY},
    ("GET", f"{TRACK}/audio"): {JOBS, LIBRARY},
    ("HEAD", f"{TRACK}/audio"): {JOBS, LIBRARY},
    ("GET", f"{TRACK}/cover"): {JOBS, LIBRARY},
    ("GET", f"{TRACK}/similar"): {JOBS, LIBRARY},
    ("PATCH", TRACK): {LIBRARY},
    ("DELETE", TRACK): {LIBRARY},
    ("GET", "/v1/ingests"): {LIBRARY},
    ("POST", "/v1/ingests"): {LIBRARY},
    ("GET", "/v1/watches"): {LIBRARY},
    ("DELETE", "/v1/watches/abc"): {LIBRARY},
    ("GET", "/v1/indexes"): {JOBS, LIBRARY},
    ("GET", "/v1/indexes/abc"): {JOBS, LIBRARY},
    ("POST", "/v1/indexes"): {LIBRARY},
    ("POST", "/v1/indexes/prune"): {LIBRARY},
    ("POST", "/v1/indexes/abc/activate"): {LIBRARY},
    ("POST", "/v1/indexes/abc/verify"): {LIBRARY},
    ("GET", "/v1/keys"): {ADMIN},
    ("POST", "/v1/keys"): {ADMIN},
    ("GET", "/v1/keys/abc"): {ADMIN},
    ("DELETE", "/v1/keys/abc"): {ADMIN},
    ("POST", "/v1/keys/abc/rotate"): {ADMIN},
    ("GET", "/v1/me"): {JOBS, LIBRARY, ADMIN},
    ("GET", "/v1/me/usage"): {JOBS, LIBRARY, ADMIN},
}


@pytest.mark.parametrize("scope", [JOBS, LIBRARY, ADMIN])
@pytest.mark.parametrize(("method", "path"), SCOPES)
def test_a_scope_opens_what_it_is_for_and_nothing_else(closed, stores, method, path, scope):
    answer = closed.ask(method, path, headers=bearing(give_key(stores, scope)))
    is_refused = answer.status_code == 403

    assert is_refused is (scope not in SCOPES[method, path]), answer.text


def test_a_refusal_names_the_scope_that_is_missing(closed, stores):
    answer = closed.post("/v1/indexes", headers=bearing(give_key(stores, JOBS)))

    assert code(answer) == (403, "missing_scope")
    assert "library" in answer.json()["detail"]


def test_openapi_says_of_every_operation_which_scope_opens_it(caller):
    described = caller.get("/openapi.json").json()
    open_paths = {"/healthz", "/readyz", "/hello"}

    for path, methods in described["paths"].items():
        for operation in methods.values():
            assert bool(operation["security"]) is (path not in open_paths), path
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert described["paths"]["/v1/tracks/{track_id}"]["delete"]["security"] == [
        {"key": ["library"]},
        {},
    ]


@pytest.mark.parametrize("user", ["", "x" * 65, "\u00e9".encode("latin-1"), "a\tb"])
def test_what_cannot_be_the_name_of_a_user_is_refused(caller, user):
    answer = caller.get("/v1/me", headers=[(b"Sightsong-User", user)])

    assert code(answer) == (422, "invalid_request")


def test_a_user_is_named_once(caller):
    answer = caller.get("/v1/me", headers=[("Sightsong-User", "a"), ("Sightsong-User", "a")])

    assert code(answer) == (422, "invalid_request")


def test_an_open_service_takes_who_brings_a_key_for_its_tenant(caller, stores):
    answer = caller.get("/v1/me", headers=bearing(give_key(stores, JOBS, tenant="frames")))

    assert answer.json()["tenant"] == "frames"
    assert answer.json()["scopes"] == ["jobs"]


def test_the_photo_door_of_moodlens_needs_a_key_for_jobs(closed, stores):
    photo = {"content": image_bytes(), "headers": {"Content-Type": "image/jpeg"}}

    assert code(closed.post("/predict", **photo)) == (401, "unauthorized")
