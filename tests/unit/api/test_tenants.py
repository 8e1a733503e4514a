"""Tenants: what belongs to one is nothing to another, whatever it is asked for with."""

import pytest

from sightsong.adapters import memory, store
from sightsong.adapters.store import migrate
from sightsong.core import jobs
from tests.unit.api.keyholders import ADMIN, JOBS, LIBRARY, bearing, give_key, id_of
from tests.unit.api.library import add_tracks, succeed

#: What stands in a path for something that belongs to a tenant.
OWNED = ("{job_id}", "{batch_id}", "{webhook_id}", "{key_id}", "{feedback_id}", "{delivery_id}")
UNKNOWN = {"{key_id}": "aaaaaaaaaaaa"}
NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(params=["memory", "sqlite"])
def stores(request, tmp_path):
    """In memory, and as they are in the embedded service: what keeps tenants apart there is SQL."""
    if request.param == "memory":
        yield memory.open_stores()
        return
    url = f"sqlite:///{tmp_path / 'sightsong.db'}"
    migrate.upgrade(url)
    opened = store.open_stores(url, tmp_path / "blobs", disk_reserve_bytes=0)
    yield opened
    opened.close()


@pytest.fixture
def app(make):
    return make(needs_key=True, queue_limit=1000)


@pytest.fixture
def mine(stores) -> dict[str, str]:
    return bearing(give_key(stores, JOBS, LIBRARY, ADMIN, tenant="mine"))


@pytest.fixture
def theirs(stores) -> dict[str, str]:
    return bearing(give_key(stores, JOBS, LIBRARY, ADMIN, tenant="theirs"))


@pytest.fixture
def track_id(stores, tmp_path) -> str:
    """A track, which is everybody's."""
    return str(add_tracks(stores, tmp_path / "a.mp3")[0])


@pytest.fixture
def job_id(app, stores, theirs, track_id) -> str:
    """A job of theirs, which has an answer."""
    answer = app.post("/v1/jobs", json={"text": "calm"}, headers=theirs)
    matches = [{"track_id": track_id, "artist": "Ann"}]
    succeed(stores, jobs.JobKind.TEXT, {"query": "calm", "receipt": {}, "matches": matches})
    return str(answer.json()["id"])


@pytest.fixture
def owned(app, stores, theirs, job_id, track_id) -> dict[str, str]:
    """One of each thing of theirs, by what stands for it in a path."""
    things = {"{job_id}": job_id, "{key_id}": id_of(give_key(stores, tenant="theirs"))}

    def made(path: str, **body: object) -> str:
        return str(app.post(path, json=body, headers=theirs).json()["id"])

    things["{batch_id}"] = made("/v1/batches", items=[{"text": "calm"}])
    hook = things["{webhook_id}"] = made("/v1/webhooks", url="https://hooks.example.org/in")
    things["{delivery_id}"] = made(f"/v1/webhooks/{hook}/test")
    said = {"job_id": job_id, "track_id": track_id, "action": "like"}
    things["{feedback_id}"] = made("/v1/feedback", **said)
    return things


def operations(app) -> list[tuple[str, str]]:
    """All operations whose path names something that belongs to a tenant."""
    paths = app.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path)
        for path, methods in paths.items()
        for method in methods
        if any(name in path for name in OWNED)
    ]


def filled(path: str, things: dict[str, str]) -> str:
    for name, value in things.items():
        path = path.replace(name, value)
    return path


def ask(app, method: str, path: str, headers: dict[str, str]):
    """Ask with a body that any operation would take."""
    content = {"content": b"{}", "headers": headers | {"Content-Type": "application/json"}}
    return app.ask(method, path, **content)


def test_a_thing_of_theirs_is_answered_as_one_that_is_not(app, mine, owned):
    asked = operations(app)
    nothing = {name: UNKNOWN.get(name, NOBODYS) for name in OWNED}
    assert ("GET", "/v1/jobs/{job_id}") in asked
    for method, path in asked:
        found = ask(app, method, filled(path, owned), mine)
        lost = ask(app, method, filled(path, nothing), mine)
        told = [one.json() | {"instance": "", "request_id": ""} for one in (found, lost)]

        assert found.status_code == 404, (method, path, found.text)
        assert told[0] == told[1], (method, path)


def test_and_its_owner_finds_it(app, theirs, owned):
    for name in ("{job_id}", "{batch_id}", "{webhook_id}", "{key_id}"):
        [path] = [
            path for method, path in operations(app) if path.endswith(name) and method == "GET"
        ]

        assert app.get(filled(path, owned), headers=theirs).status_code == 200


def test_nothing_of_theirs_was_changed(app, mine, theirs, owned):
    for method, path in operations(app):
        ask(app, method, filled(path, owned), mine)

    job = app.get(f"/v1/jobs/{owned['{job_id}']}", headers=theirs).json()
    key = app.get(f"/v1/keys/{owned['{key_id}']}", headers=theirs).json()
    assert job["state"] == "succeeded"
    assert (key["revoked_at"], key["expires_at"]) == (None, None)


def test_lists_show_what_is_ones_own(app, mine, theirs, job_id):
    listed = [app.get("/v1/jobs", headers=headers).json()["items"] for headers in (mine, theirs)]

    assert [[job["id"] for job in items] for items in listed] == [[], [job_id]]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/me/history"])
def test_a_cursor_of_theirs_leads_nowhere(app, mine, theirs, path):
    for who in (mine, theirs, theirs, mine):
        app.post("/v1/jobs", json={"text": "calm"}, headers=who)
    page = app.get(path, params={"limit": 1}, headers=theirs).json()
    answer = app.get(path, params={"cursor": page["next_cursor"]}, headers=mine)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_the_same_idempotency_key_is_another_key_of_another_tenant(app, mine, theirs):
    ids = {
        app.post("/v1/jobs", json={"text": "calm"}, headers=who | {"Idempotency-Key": "k1"}).json()[
            "id"
        ]
        for who in (mine, theirs)
    }

    assert len(ids) == 2


def test_one_tenants_key_in_hand_holds_nobody_else_up(app, theirs):
    with app.app.state.door.in_flight.alone("k1", "mine"):
        answer = app.post(
            "/v1/jobs", json={"text": "calm"}, headers=theirs | {"Idempotency-Key": "k1"}
        )

    assert answer.status_code == 202


def test_all_keys_of_a_tenant_see_its_jobs(app, stores, job_id):
    other = bearing(give_key(stores, JOBS, tenant="theirs"))

    assert app.get(f"/v1/jobs/{job_id}", headers=other).status_code == 200


def test_the_tenant_of_a_service_without_keys_sees_nothing_of_others(make, app, job_id):
    assert make().get(f"/v1/jobs/{job_id}").status_code == 404


def test_an_ingest_is_followed_as_a_job_by_who_has_asked_for_it(app, mine, theirs, tmp_path):
    body = {"path": str(tmp_path)}
    ingest = app.post("/v1/ingests", json=body, headers=theirs).json()["id"]

    assert app.get(f"/v1/jobs/{ingest}", headers=theirs).json()["kind"] == "ingest"
    assert app.get(f"/v1/jobs/{ingest}", headers=mine).status_code == 404
    assert app.get(f"/v1/ingests/{ingest}", headers=mine).status_code == 200  # everybody's music


@pytest.mark.parametrize("path", ["/v1/indexes", "/v1/indexes/prune"])
def test_so_is_what_is_done_to_the_index(app, mine, theirs, path):
    job = app.post(path, headers=theirs).json()["id"]

    assert app.get(f"/v1/jobs/{job}", headers=theirs).status_code == 200
    assert app.get(f"/v1/jobs/{job}", headers=mine).status_code == 404


@pytest.mark.parametrize("path", ["/v1/indexes", "/v1/indexes/prune"])
def test_a_key_for_jobs_alone_does_not_give_up_what_is_done_to_the_index(app, stores, theirs, path):
    weaker = bearing(give_key(stores, JOBS, tenant="theirs"))
    cancel = f"/v1/jobs/{app.post(path, headers=theirs).json()['id']}/cancel"
    text = app.post("/v1/jobs", json={"text": "calm"}, headers=theirs).json()["id"]

    refused = app.post(cancel, headers=weaker)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert app.post(f"/v1/jobs/{text}/cancel", headers=weaker).status_code == 200
    assert app.post(cancel, headers=theirs).status_code == 200


def test_a_job_tells_for_which_user_it_was_asked_and_is_listed_by_them(app, mine):
    for user in ("alice", "bob"):
        app.post("/v1/jobs", json={"text": "calm"}, headers=mine | {"Sightsong-User": user})
    listed = app.get("/v1/jobs", params={"user": "alice"}, headers=mine).json()["items"]

    assert [job["user"] for job in listed] == ["alice"]
    assert len(app.get("/v1/jobs", headers=mine).json()["items"]) == 2


def test_the_same_idempotency_key_for_another_user_is_another_submit(app, mine):
    answers = [
        app.post(
            "/v1/jobs",
            json={"text": "calm"},
            headers=mine | {"Idempotency-Key": "k1", "Sightsong-User": user},
        )
        for user in ("alice", "bob")
    ]

    assert [answer.status_code for answer in answers] == [202, 422]
