"""/healthz, /readyz, / and /docs."""

import re
import threading
from dataclasses import replace

import pytest

from api import schemas
from sightsong.core import errors, jobs, ports
from sightsong.core.embeddings import Space
from tests.unit.api.library import add_tracks, embed, publish


def report(stores, *doors: str, owner: str = "", **fields: object) -> None:
    for door in doors:
        given = {"profile": "lite", "device": "cpu", "space": "test/space@1"} | fields
        name = jobs.Owner(owner or door)
        stores.jobs.report_worker(jobs.WorkerInfo(owner=name, door=door, pid=1, **given))


class Without:
    """Job rows that fail, or that keep silent until they are released."""

    def __init__(self, released: threading.Event | None = None) -> None:
        self._released = released

    def versions(self, _ids):
        raise errors.StoreUnavailable

    def workers_alive(self, *, within_s):
        if self._released is not None:
            self._released.wait(30)
        raise errors.StoreUnavailable


def with_jobs(stores: ports.Stores, rows) -> ports.Stores:
    return replace(stores, jobs=rows)


def test_a_living_process_says_so_whatever_else_is_down(make, stores):
    answer = make(stores=with_jobs(stores, Without())).get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_with_everything_there_the_service_is_ready(caller, stores):
    report(stores, "workers", "indexer")
    publish(stores, "v1")
    answer = caller.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert set(answer.json()["checks"]) == {
        "database",
        "workers",
        "indexer",
        "profile",
        "index",
        "broker",
        "disk",
    }


@pytest.mark.parametrize("missing", ["workers", "indexer"])
def test_a_door_that_is_away_only_degrades(caller, stores, missing):
    report(stores, *({"workers", "indexer"} - {missing}))
    publish(stores, "v1")
    answer = caller.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"][missing]["status"] == "degraded"


def test_readiness_names_what_the_workers_have_loaded(caller, stores):
    loaded = ("a/clip@1f2e", "a/clap@9c0d")
    report(stores, "workers", owner="one", models=loaded)
    report(stores, "workers", owner="two", models=loaded)
    report(stores, "workers", owner="three", models=loaded, device="cuda:0 (Some GPU)")
    check = caller.get("/readyz").json()["checks"]["workers"]

    assert check["status"] == "ok"
    assert check["detail"] == "3 alive: lite on cpu, lite on cuda:0 (Some GPU)"
    shared = {"profile": "lite", "space": "test/space@1", "models": list(loaded)}
    assert check["processes"] == [
        {"count": 2, "device": "cpu"} | shared,
        {"count": 1, "device": "cuda:0 (Some GPU)"} | shared,
    ]


@pytest.mark.parametrize("door", ["workers", "indexer"])
@pytest.mark.parametrize("other", [{"profile": "full"}, {"space": "test/space@2"}])
def test_a_process_of_another_profile_or_space_degrades(caller, stores, door, other):
    report(stores, "workers", "indexer")
    report(stores, door, owner="stranger", **other)
    publish(stores, "v1")
    answer = caller.get("/readyz").json()

    assert answer["status"] == "degraded"
    assert answer["checks"]["profile"]["status"] == "degraded"
    assert next(iter(other.values())) in answer["checks"]["profile"]["detail"]
    assert answer["checks"][door]["status"] == "ok"
    assert len(answer["checks"][door]["processes"]) == 2


@pytest.mark.parametrize("other", [{"profile": "full"}, {"space": "test/space@2"}])
def test_a_door_where_all_are_of_another_profile_is_as_good_as_away(caller, stores, other):
    report(stores, "workers", **other)

    assert caller.get("/readyz").json()["checks"]["workers"]["status"] == "degraded"


def test_a_process_that_does_not_tell_its_space_is_taken_as_it_is(caller, stores):
    report(stores, "workers", space="")

    assert caller.get("/readyz").json()["checks"]["workers"]["status"] == "ok"


def test_readiness_is_of_the_shape_that_openapi_shows(caller, stores):
    report(stores, "workers", models=("a/clip@1f2e",))
    shown = schemas.ReadinessView.model_validate(caller.get("/readyz").json())

    assert shown.checks["workers"].processes[0].models == ["a/clip@1f2e"]
    assert shown.checks["disk"].processes is None


def test_a_broker_that_is_away_only_degrades_and_is_not_quoted(make, stores):
    report(stores, "workers", "indexer")
    publish(stores, "v1")
    answer = make(doorbell_error=lambda: "redis://secret@host refused").get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "secret" not in answer.text


def test_without_a_snapshot_it_is_told_that_tracks_are_found_all_the_same(caller, stores, tmp_path):
    add_tracks(stores, tmp_path / "a.mp3", tmp_path / "b.mp3")
    none = index_check(caller)[1]
    embed(stores)
    one = index_check(caller)
    embed(stores)

    assert none == "there is none yet; ingest some music"
    assert one == ("degraded", "no snapshot yet; 1 track is searched without one")
    assert index_check(caller)[1] == "no snapshot yet; 2 tracks are searched without one"


def test_a_library_that_another_model_has_heard_is_told_as_that(caller, stores, tmp_path):
    add_tracks(stores, tmp_path / "a.mp3")
    embed(stores, space=Space("test/space@0"))
    status, detail = index_check(caller)

    assert status == "degraded"
    assert detail.startswith("the music model is another than the one that heard the library")


def test_without_a_snapshot_it_is_told_why_nothing_is_served(make, stores, tmp_path):
    add_tracks(stores, tmp_path / "a.mp3")
    embed(stores)
    caller = make(library=Reader(serving=None, refused="More tracks than it holds."))

    assert index_check(caller)[1] == "no snapshot yet: More tracks than it holds"


def test_a_pinned_snapshot_that_much_has_changed_since_degrades(make, stores, tmp_path):
    add_tracks(stores, tmp_path / "a.mp3", tmp_path / "b.mp3")
    publish(stores, "v1")
    stores.snapshots.activate("v1")
    caller = make(index_delta=2)
    embed(stores)
    few = index_check(caller)[0]
    embed(stores)

    assert few == "ok"
    assert index_check(caller)[0] == "degraded"
    assert "`sightsong index rebuild`" in index_check(caller)[1]


def test_a_snapshot_that_is_not_pinned_is_replaced_without_a_word(make, stores, tmp_path):
    add_tracks(stores, tmp_path / "a.mp3")
    publish(stores, "v1")
    embed(stores)

    assert index_check(make(index_delta=1))[0] == "ok"


def test_changes_that_are_too_many_to_search_are_told(make, stores):
    publish(stores, "v1")
    caller = make(library=Reader(serving="v1", held_back="More than 9 tracks have changed."))

    assert index_check(caller) == (
        "degraded",
        "More than 9 tracks have changed; `sightsong index rebuild` builds a new one in its place",
    )


def test_without_an_index_the_service_is_degraded(caller, stores):
    report(stores, "workers", "indexer")

    assert caller.get("/readyz").json()["checks"]["index"]["status"] == "degraded"


class Reader:
    """A library of which only its health is asked."""

    def __init__(self, **health: str | None) -> None:
        self._health = ports.Health(**health)

    def health(self) -> ports.Health:
        return self._health


def index_check(caller) -> tuple[str, str]:
    check = caller.get("/readyz").json()["checks"]["index"]
    return check["status"], check["detail"]


def test_the_index_is_named_with_what_is_in_it(caller, stores):
    publish(stores, "v1")

    assert index_check(caller) == ("ok", "v1: exact, 1 tracks")


def test_a_refused_snapshot_degrades_and_says_why_and_what_serves(make, stores):
    publish(stores, "v2")
    caller = make(library=Reader(serving="v1", refused="A file was changed."))

    assert index_check(caller) == (
        "degraded",
        "v2 is refused: A file was changed; v1 serves meanwhile",
    )


def test_a_refused_snapshot_without_another_serves_nothing(make, stores):
    publish(stores, "v2")
    caller = make(library=Reader(serving=None, refused="It is of format 1."))

    assert index_check(caller)[1] == "v2 is refused: It is of format 1; none serves meanwhile"


def test_a_snapshot_that_was_not_opened_yet_degrades(make, stores):
    publish(stores, "v1")

    assert index_check(make(library=Reader(serving=None)))[0] == "degraded"


def test_while_a_new_snapshot_is_opened_the_old_one_does(make, stores):
    publish(stores, "v2")
    status, detail = index_check(make(library=Reader(serving="v1")))

    assert status == "ok"
    assert detail.endswith("v1 serves until it is open")


def test_without_a_database_the_service_is_unready(make, stores):
    answer = make(stores=with_jobs(stores, Without())).get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (503, "unready")
    assert answer.json()["checks"]["database"]["status"] == "unready"


def test_a_database_that_hangs_does_not_hang_the_answer(make, stores):
    released = threading.Event()
    try:
        answer = make(stores=with_jobs(stores, Without(released)), ready_timeout_s=0.1).get(
            "/readyz"
        )
    finally:
        released.set()

    assert (answer.status_code, answer.json()["status"]) == (503, "unready")


@pytest.mark.parametrize("changed", [{"disk_reserve_bytes": 2**62}, {"storage_dir": "/no/such"}])
def test_without_room_on_the_disk_the_service_is_unready(make, changed):
    answer = make(**changed).get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["disk"]["status"]) == (503, "unready")


def test_the_front_door_says_where_to_read_on(caller):
    assert caller.get("/").json()["docs"] == "/docs"


def test_the_reference_page_needs_neither_a_script_nor_the_network(caller):
    page = caller.get("/docs")

    assert page.status_code == 200
    assert "POST /v1/jobs" in page.text
    assert "<script" not in page.text
    assert not re.search(r"""(src|href|url|import)\s*[=(]\s*["']?(https?:)?//""", page.text)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_openapi_shows_problems_for_every_operation(caller):
    schema = caller.get("/openapi.json").json()
    operations = [one for methods in schema["paths"].values() for one in methods.values()]

    assert len(operations) >= 11
    for operation in operations:
        assert "application/problem+json" in operation["responses"]["default"]["content"]
        assert "422" not in operation["responses"]
    moods = next(
        one for one in schema["paths"]["/v1/jobs"]["post"]["parameters"] if one["name"] == "moods"
    )
    assert moods["schema"]["maxItems"] == 64
    assert moods["schema"]["examples"] == [["happy", "sad", "anxious"]]
    assert "image/jpeg" in schema["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]
    assert "application/json" in schema["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]


def test_openapi_tells_what_each_search_takes_and_gives(caller):
    schema = caller.get("/openapi.json").json()
    submit, parts = schema["paths"]["/v1/jobs"]["post"], schema["components"]["schemas"]
    filters = next(one for one in submit["parameters"] if one["name"] == "filters")
    similar = schema["paths"]["/v1/tracks/{track_id}/similar"]["get"]
    refine = schema["paths"]["/v1/jobs/{job_id}/refine"]["post"]

    assert {"type": "string"} in filters["schema"]["anyOf"]
    assert {one["name"] for one in similar["parameters"]} >= {"limit", "genre", "min_tempo_bpm"}
    assert "calmer" in str(refine["requestBody"])
    for operation in (submit, schema["paths"]["/v1/jobs/{job_id}"]["get"]):
        prefer = next(one for one in operation["parameters"] if one["name"] == "Prefer")
        assert (prefer["in"], prefer["schema"]["type"]) == ("header", "string")
    assert set(submit["responses"]) == {"200", "202", "default"}
    for name in ("RefinedView", "SimilarView", "IndexesView", "IndexView", "JobView"):
        assert parts[name]["examples"]
