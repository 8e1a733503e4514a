"""I6: what belongs to one tenant is nothing to another, on real processes with keys.

A matrix is made of the service's own description: each resource, each verb, each other tenant.
"""

import contextlib
import itertools
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from sightsong.adapters import store
from sightsong.core import ports
from tests.e2e.service import DEMO_PHOTOS, DEMO_TRACKS, Service
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.unit.api.keyholders import ADMIN, JOBS, LIBRARY, bearing, give_key, id_of
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.faults]

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OWNED = ("job_id", "batch_id", "webhook_id", "key_id", "feedback_id", "delivery_id")
NOBODYS = "00000000-0000-4000-8000-000000000000"
UNKNOWN = {"key_id": "aaaaaaaaaaaa"}
PHOTO = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
#: Bodies of every kind that an operation may take.
BODIES: tuple[Mapping[str, Any], ...] = (
    {},
    {"json": {}},
    {"json": {"text": "calm"}},
    {"json": {"action": "like"}},
    {"content": PHOTO, "headers": {"Content-Type": "image/jpeg"}},
)


class Tenant:
    """Somebody with a key for everything, and a client."""

    def __init__(self, service: Service, stores: ports.Stores, name: str) -> None:
        self.key = give_key(stores, JOBS, LIBRARY, ADMIN, tenant=name)
        self.client = httpx.Client(
            base_url=service.client.base_url, headers=bearing(self.key), timeout=40
        )

    def made(self, path: str, **body: object) -> str:
        """Make something; its id."""
        answer = self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return str(answer.json()["id"])


@pytest.fixture
def tenants(embedded: Estate) -> Iterator[tuple[Tenant, Tenant]]:
    """Two tenants of one service that is up: mine and theirs."""
    with furnished(embedded.service) as pair:
        yield pair


@contextlib.contextmanager
def furnished(service: Service) -> Iterator[tuple[Tenant, Tenant]]:
    """Bring a service up that needs keys, with music in it, and two tenants."""
    service.env["SIGHTSONG_WEBHOOK_PRIVATE"] = '["127.0.0.1:9"]'  # nobody is there
    service.up()
    for process in service.living("api"):
        service.kill(process)
    service.env["SIGHTSONG_AUTH"] = "keys"
    with contextlib.ExitStack() as stack:
        stores = store.open_stores(
            service.database_url, service.data_dir / "blobs", disk_reserve_bytes=0
        )
        stack.callback(stores.close)
        pair = (Tenant(service, stores, "mine"), Tenant(service, stores, "theirs"))
        for one in pair:
            stack.callback(one.client.close)
        service.client.headers.update(bearing(pair[0].key))
        service.start("api")
        wait_until(lambda: _answers(service), within_s=60, every_s=0.1)
        yield pair


def _answers(service: Service) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return service.client.get("/healthz").is_success
    return False


def owned(service: Service, theirs: Tenant) -> dict[str, str]:
    """One of each thing of theirs, by the parameter of a path that names it."""
    things = {"job_id": theirs.made("/v1/jobs", text="calm evening", custom_id="theirs-1")}
    track = service.client.get("/v1/tracks", params={"limit": 1}).json()["items"][0]["id"]
    url = f"/v1/jobs/{things['job_id']}"
    wait_until(lambda: theirs.client.get(url).json()["state"] == "succeeded", within_s=60)
    done = theirs.client.get(url).json()
    shown = done["result"]["matches"][0]["track_id"] if done["result"]["matches"] else track
    things["batch_id"] = theirs.made("/v1/batches", items=[{"text": "calm", "custom_id": "b-1"}])
    hook = things["webhook_id"] = theirs.made("/v1/webhooks", url="http://127.0.0.1:9/theirs-hook")
    things["delivery_id"] = theirs.made(f"/v1/webhooks/{hook}/test")
    said = {"job_id": things["job_id"], "track_id": shown, "action": "like"}
    things["feedback_id"] = theirs.made("/v1/feedback", **said)
    things["key_id"] = id_of(theirs.key)
    return things


def operations(service: Service) -> dict[str, set[str]]:
    """All paths of the API, with the verbs that each offers."""
    paths = service.client.get("/openapi.json").json()["paths"]
    return {path: {verb.upper() for verb in verbs} for path, verbs in paths.items()}


def filled(path: str, things: Mapping[str, str]) -> str:
    for name, value in things.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def told(answer: httpx.Response) -> tuple[int, object, str]:
    """What an answer says, but for what is of the request alone."""
    try:
        body = answer.json()
    except ValueError:
        body = answer.content
    if isinstance(body, dict):
        body = body | {"instance": "", "request_id": ""}
    return answer.status_code, body, answer.headers.get("allow", "")


def trails(things: Mapping[str, str]) -> list[str]:
    """What must stand in no answer to another tenant."""
    return [*things.values(), "theirs-1", "theirs-hook", "calm evening"]


def test_no_verb_on_any_resource_tells_another_tenant_that_it_is_there(
    tenants: tuple[Tenant, Tenant], embedded: Estate, figures: Figures
):
    service = embedded.service
    service.ingest(DEMO_TRACKS)
    cells = walk(service, *tenants)
    figures.measured("cells of the matrix", cells, at_least=300)


@pytest.mark.servers
def test_nor_on_servers(on_servers: Estate, figures: Figures):
    with furnished(on_servers.service) as pair:
        on_servers.service.ingest(DEMO_TRACKS)
        cells = walk(on_servers.service, *pair)
    figures.measured("cells of the matrix on servers", cells, at_least=300)


def walk(service: Service, mine: Tenant, theirs: Tenant) -> int:
    """Ask for all of theirs with my key, in every way; how many ways there were."""
    things = owned(service, theirs)
    before = pictured(theirs, things)
    nothing = {name: UNKNOWN.get(name, NOBODYS) for name in OWNED}
    offered = operations(service)
    cells = 0
    named = [path for path in offered if any(f"{{{name}}}" in path for name in OWNED)]
    for path, verb, body in itertools.product(named, VERBS, BODIES):
        if verb not in offered[path] and body:
            continue
        found = mine.client.request(verb, filled(path, things), **body)
        lost = mine.client.request(verb, filled(path, nothing), **body)
        cells += 1
        where = (verb, path, sorted(body), found.text)
        assert told(found) == told(lost), where
        assert not found.is_success or verb == "OPTIONS", where
        assert verb not in offered[path] or found.status_code in {404, 415, 422}, where
    cells += lists(service, mine, things)
    cells += bodies(mine, things)
    assert pictured(theirs, things) == before
    return cells


def lists(service: Service, mine: Tenant, things: Mapping[str, str]) -> int:
    """Read all that has no id in its path, and narrowed down to theirs."""
    cells = 0
    asked = ("", *(f"?{name}={value}" for name, value in things.items()), "?custom_id=theirs-1")
    plain = [
        path for path, verbs in operations(service).items() if "{" not in path and "GET" in verbs
    ]
    for path, query in itertools.product(plain, asked):
        answer = mine.client.get(path + query)
        cells += 1
        body = answer.text if answer.is_success else ""
        assert not [trail for trail in trails(things) if trail in body], (path, query, body)
    return cells


def bodies(mine: Tenant, things: Mapping[str, str]) -> int:
    """Name what is theirs in the bodies of what is mine."""
    job, hook = things["job_id"], things["webhook_id"]
    track = {"track_id": NOBODYS, "action": "like"}
    asked: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("/v1/jobs", {"text": "calm", "webhook": hook}, {"text": "calm", "webhook": NOBODYS}),
        (
            "/v1/batches",
            {"items": [{"text": "calm"}], "webhook": hook},
            {"items": [{"text": "calm"}], "webhook": NOBODYS},
        ),
        ("/v1/feedback", {"job_id": job, **track}, {"job_id": NOBODYS, **track}),
    ]
    for path, of_theirs, of_nobody in asked:
        found = mine.client.post(path, json=of_theirs)
        lost = mine.client.post(path, json=of_nobody)
        assert found.status_code in {404, 422}, (path, found.text)
        assert json.dumps(told(found)).replace(hook, "").replace(job, "") == json.dumps(
            told(lost)
        ).replace(NOBODYS, ""), path
    return len(asked)


#: What changes when nobody asks for it.
OF_ITSELF = frozenset({"failing_since", "last_used_at", "last_delivery_at", "used_at"})


def pictured(theirs: Tenant, things: Mapping[str, str]) -> list[object]:
    """What its owner sees of it all."""
    names = {
        "job_id": "/v1/jobs/{job_id}",
        "webhook_id": "/v1/webhooks/{webhook_id}",
        "key_id": "/v1/keys/{key_id}",
    }
    seen: list[object] = []
    for path in names.values():
        answer = theirs.client.get(filled(path, things))
        assert answer.is_success, answer.text
        own = answer.json()
        seen.append({name: own[name] for name in own.keys() - OF_ITSELF})
    listed = theirs.client.get("/v1/feedback")
    assert things["feedback_id"] in listed.text
    return [*seen, listed.text]


def test_an_answer_that_was_given_to_one_tenant_is_not_recalled_for_another(embedded: Estate):
    embedded.service.env["SIGHTSONG_ANSWER_CACHE_S"] = "3600"
    with furnished(embedded.service) as (mine, theirs):
        embedded.service.ingest(DEMO_TRACKS)
        asked = {"json": {"text": "a storm at night"}, "headers": {"Prefer": "wait=20"}}
        first, again = (theirs.client.post("/v1/jobs", **asked).json() for _ in range(2))  # type: ignore[arg-type]
        of_mine = mine.client.post("/v1/jobs", **asked).json()  # type: ignore[arg-type]

    assert again["cached_from"] == first["id"]
    assert of_mine["state"] == "succeeded"
    assert not of_mine.get("cached_from")


def test_an_id_of_theirs_takes_no_longer_than_one_of_nobody(
    tenants: tuple[Tenant, Tenant], figures: Figures
):
    mine, theirs = tenants
    job = theirs.made("/v1/jobs", text="calm")
    took: dict[str, list[float]] = {job: [], NOBODYS: []}
    for _, one in itertools.product(range(300), took):
        began = time.perf_counter()
        assert mine.client.get(f"/v1/jobs/{one}").status_code == 404
        took[one].append(time.perf_counter() - began)
    foreign, nobodys = (sorted(times)[len(times) // 4] for times in took.values())
    figures.measured("foreign id over unknown id, time", foreign / nobodys, "x", at_most=1.25)
