"""/v1/keys: made, shown, replaced, revoked."""

import pytest

from api import schemas
from sightsong.core.tenancy import Scope
from tests.unit.api.keyholders import ADMIN, JOBS, LIBRARY, bearing, give_key, id_of, stored


@pytest.fixture
def app(make):
    return make(needs_key=True, queue_limit=100)


@pytest.fixture
def root(stores) -> dict[str, str]:
    """Somebody who runs the service."""
    return bearing(give_key(stores, ADMIN))


@pytest.fixture
def head(stores) -> dict[str, str]:
    """Somebody who looks after the keys of one tenant."""
    return bearing(give_key(stores, ADMIN, JOBS, tenant="frames"))


def create(app, headers, **said: object):
    body = {"name": "frame", "scopes": ["jobs"], **said}
    return app.post("/v1/keys", json=body, headers=headers)


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_key_that_was_made_opens(app, root):
    answer = create(app, root)
    made = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/keys/{made['id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert made["key"].startswith(f"ssk_{made['id']}_")
    assert made["key"].endswith(made["last4"])
    assert app.get("/v1/me", headers=bearing(made["key"])).json()["key"]["id"] == made["id"]


def test_what_is_said_of_a_key_is_what_it_is(app, root):
    said = {
        "name": " hall ", "scopes": ["library", "jobs"], "tenant": "frames",
        "requests_per_min": 60, "jobs_per_day": 5, "expires_in_s": 60,
    }  # fmt: skip
    made = create(app, root, **said).json()

    assert (made["name"], made["scopes"], made["tenant"]) == ("hall", ["jobs", "library"], "frames")
    assert (made["requests_per_min"], made["jobs_per_day"]) == (60, 5)
    assert made["expires_at"] > made["created_at"]
    schemas.MadeKeyView.model_validate_json(create(app, root, **said).content, strict=True)


def test_all_of_a_key_is_shown_once_and_its_digest_never(app, root, stores):
    made = create(app, root).json()
    shown = app.get(f"/v1/keys/{made['id']}", headers=root)
    listed = app.get("/v1/keys", headers=root)

    assert shown.json() == {name: value for name, value in made.items() if name != "key"}
    for answer in (shown, listed):
        assert made["key"] not in answer.text
        assert stored(stores, made["key"]).digest not in answer.text


@pytest.mark.parametrize(
    "said",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "a\u0000b"},
        {"scopes": []},
        {"scopes": ["all"]},
        {"scopes": ["jobs", "jobs"]},
        {"tenant": "Two Words"},
        {"tenant": ""},
        {"expires_in_s": 0},
        {"expires_in_s": 1e12},
        {"requests_per_min": 0},
        {"jobs_per_day": 0},
        {"id": "mine"},
    ],
)
def test_what_no_key_can_be_is_refused(app, root, said):
    assert code(create(app, root, **said)) == (422, "invalid_request")


def test_who_runs_the_service_makes_keys_of_any_tenant_and_sees_all(app, root, head):
    made = [create(app, root, tenant=tenant).json()["id"] for tenant in ("frames", "cars")]
    listed = [key["id"] for key in app.get("/v1/keys", headers=root).json()["items"]]

    assert listed[:2] == made[::-1]
    assert app.get(f"/v1/keys/{made[1]}", headers=root).status_code == 200


def test_a_tenants_admin_makes_and_sees_keys_of_its_own_tenant(app, root, head):
    create(app, root, tenant="cars")
    made = create(app, head).json()
    listed = app.get("/v1/keys", headers=head).json()["items"]

    assert made["tenant"] == "frames"
    assert {key["tenant"] for key in listed} == {"frames"}
    assert code(create(app, head, tenant="cars")) == (403, "missing_scope")


def test_a_tenants_admin_gives_no_scope_that_it_does_not_have(app, head):
    assert create(app, head, scopes=["jobs", "admin"]).status_code == 201
    assert code(create(app, head, scopes=["library"])) == (403, "missing_scope")


def test_nor_by_replacing_a_key_that_has_more(app, head, stores):
    more = give_key(stores, LIBRARY, tenant="frames")

    assert code(app.post(f"/v1/keys/{id_of(more)}/rotate", headers=head)) == (403, "missing_scope")
    assert stored(stores, more).expires_at is None


def test_a_revoked_key_opens_nothing_from_the_next_request_on(app, root):
    made = create(app, root).json()
    holder = bearing(made["key"])
    assert app.get("/v1/me", headers=holder).status_code == 200
    answer = app.delete(f"/v1/keys/{made['id']}", headers=root)

    assert (answer.status_code, answer.content) == (204, b"")
    assert code(app.get("/v1/me", headers=holder)) == (401, "unauthorized")
    assert app.get(f"/v1/keys/{made['id']}", headers=root).json()["revoked_at"] is not None


def test_revoking_again_is_fine(app, root):
    made = create(app, root).json()["id"]
    first, again = (app.delete(f"/v1/keys/{made}", headers=root) for _ in range(2))

    assert (first.status_code, again.status_code) == (204, 204)


def test_a_key_is_replaced_by_one_like_it(app, root):
    old = create(app, root, tenant="frames", requests_per_min=60, expires_in_s=1000).json()
    answer = app.post(f"/v1/keys/{old['id']}/rotate", headers=root)
    new = answer.json()
    same = ("name", "tenant", "scopes", "requests_per_min", "jobs_per_day")

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/keys/{new['id']}"
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert new["expires_at"] is not None
    assert app.get("/v1/me", headers=bearing(new["key"])).status_code == 200


def test_the_old_one_opens_nothing_any_more_unless_it_was_given_time(app, root):
    old, spared = create(app, root).json(), create(app, root).json()
    for key in (old, spared):
        assert app.get("/v1/me", headers=bearing(key["key"])).status_code == 200
    app.post(f"/v1/keys/{old['id']}/rotate", headers=root)
    app.post(f"/v1/keys/{spared['id']}/rotate", json={"overlap_s": 60}, headers=root)

    assert app.get("/v1/me", headers=bearing(old["key"])).status_code == 401
    assert app.get("/v1/me", headers=bearing(spared["key"])).status_code == 200
    assert app.get(f"/v1/keys/{spared['id']}", headers=root).json()["expires_at"] is not None


@pytest.mark.parametrize("overlap_s", [-1, 1e9, "long"])
def test_no_key_is_given_time_for_ever(app, root, overlap_s):
    made = create(app, root).json()["id"]
    answer = app.post(f"/v1/keys/{made}/rotate", json={"overlap_s": overlap_s}, headers=root)

    assert code(answer) == (422, "invalid_request")


@pytest.mark.parametrize("path", ["revoke", "expire"])
def test_what_opens_nothing_is_not_replaced(app, root, stores, path):
    text = give_key(stores)
    if path == "revoke":
        stores.keys.revoke(id_of(text))
    else:
        stores.keys.expire_in(id_of(text), 0)

    assert code(app.post(f"/v1/keys/{id_of(text)}/rotate", headers=root)) == (409, "conflict")


@pytest.mark.parametrize("key_id", ["aaaaaaaaaaaa", "A" * 12, "a", "a" * 300, "%00"])
def test_an_id_of_no_key_is_not_found(app, root, key_id):
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        answer = app.ask(method, f"/v1/keys/{key_id}{path}", headers=root)

        assert code(answer) == (404, "key_not_found")


def test_an_open_service_lets_its_owner_make_keys(caller):
    answer = caller.post("/v1/keys", json={"name": "frame", "scopes": ["jobs"]})

    assert answer.status_code == 201
    assert [key["name"] for key in caller.get("/v1/keys").json()["items"]] == ["frame"]


def test_there_is_a_scope_for_everything_that_is_described():
    described = schemas.KeyRequest.model_json_schema()["properties"]["scopes"]["description"]

    assert all(f"`{scope.value}`" in described for scope in Scope)
