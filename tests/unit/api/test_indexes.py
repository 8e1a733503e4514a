"""/v1/indexes: which snapshot is served, and what may be asked of them."""

from dataclasses import replace

import pytest

from sightsong.core import jobs, ports
from sightsong.core.embeddings import Space
from sightsong.core.errors import IndexUnavailable, SnapshotRefused
from sightsong.core.snapshots import Snapshot
from tests.unit.api.library import SPACE, add_tracks, embed, publish
from tests.unit.api.stand_ins import Shelved

FIRST, SECOND = "20261120T000000-aaaaaaaa", "20261120T000001-bbbbbbbb"


def test_without_music_there_is_no_index_and_nothing_is_stale(caller):
    assert caller.get("/v1/indexes").json() == {
        "items": [],
        "active": None,
        "stale": False,
        "refused": None,
        "held_back": None,
        "delta": {"tracks": 0, "limit": 10_000},
    }


def test_a_track_that_waits_to_be_embedded_is_one_that_searches_do_not_see(
    caller, stores, tmp_path
):
    add_tracks(stores, tmp_path / "a.mp3")
    waiting = caller.get("/v1/indexes").json()
    embed(stores)
    embedded = caller.get("/v1/indexes").json()

    assert (waiting["stale"], waiting["delta"]["tracks"]) == (True, 0)
    assert (embedded["stale"], embedded["delta"]["tracks"]) == (False, 1)


def test_a_reader_that_has_yet_to_look_makes_the_index_stale(make, stores, tmp_path):
    caller = make(library=Shelved(stores, SPACE))
    add_tracks(stores, tmp_path / "a.mp3")
    embed(stores)

    assert caller.get("/v1/indexes").json()["stale"] is True


def test_a_reader_that_serves_nothing_yet_makes_the_index_stale(make, stores):
    caller = make(library=Shelved(stores, SPACE, unavailable="Nobody has looked yet."))

    assert caller.get("/v1/indexes").json()["stale"] is True


def test_why_a_snapshot_is_not_served_is_told(make, stores):
    health = ports.Health(serving=FIRST, refused="A file is damaged.", held_back="Too many.")
    told = make(library=Shelved(stores, SPACE, health=health)).get("/v1/indexes").json()

    assert (told["refused"], told["held_back"]) == ("A file is damaged.", "Too many.")


def test_what_was_removed_is_no_change_where_there_is_no_snapshot(caller, stores, tmp_path):
    (track_id,) = add_tracks(stores, tmp_path / "a.mp3")
    embed(stores)
    caller.delete(f"/v1/tracks/{track_id}")

    assert caller.get("/v1/indexes").json()["delta"]["tracks"] == 0


def test_a_parameter_that_there_is_not_is_refused(caller):
    answer = caller.get("/v1/indexes?limit=3")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == "/limit"


def test_a_snapshot_takes_the_changes_in(caller, stores, tmp_path):
    add_tracks(stores, tmp_path / "a.mp3", tmp_path / "b.mp3")
    embed(stores)
    publish(stores, FIRST)
    fresh = caller.get("/v1/indexes").json()
    embed(stores)
    changed = caller.get("/v1/indexes").json()

    assert (fresh["active"], fresh["delta"]["tracks"]) == (FIRST, 0)
    assert (changed["active"], changed["delta"]["tracks"]) == (FIRST, 1)


def test_changes_are_counted_to_the_limit(make, stores, tmp_path):
    add_tracks(stores, *(tmp_path / f"{number}.mp3" for number in range(4)))
    for _ in range(4):
        embed(stores)

    assert make(index_delta=3).get("/v1/indexes").json()["delta"] == {"tracks": 3, "limit": 3}


def test_snapshots_are_listed_with_what_is_in_them(caller, stores):
    publish(stores, "20261120T000000-aaaaaaaa")
    publish(stores, "20261120T000001-bbbbbbbb")
    items = caller.get("/v1/indexes").json()["items"]

    assert [(item["version"], item["state"]) for item in items] == [
        ("20261120T000001-bbbbbbbb", "active"),
        ("20261120T000000-aaaaaaaa", "retired"),
    ]
    assert items[0]["tracks"] == 1
    assert items[0]["created_at"].endswith("Z")


def test_a_rebuild_is_a_job(caller, doorbell):
    answer = caller.post("/v1/indexes")

    assert (answer.status_code, answer.json()["kind"]) == (202, "rebuild")
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    assert doorbell.rings == (jobs.Queue.INDEX,)


def test_a_second_rebuild_is_refused_while_one_waits(caller):
    caller.post("/v1/indexes")
    answer = caller.post("/v1/indexes")

    assert (answer.status_code, answer.json()["code"]) == (409, "rebuild_pending")


def test_a_rebuild_that_a_person_asks_for_says_so(caller, stores):
    job = stores.jobs.get(caller.post("/v1/indexes").json()["id"])

    assert job.params == {"asked": True}


def test_one_snapshot_is_shown_as_in_the_list(caller, stores):
    publish(stores, FIRST)
    answer = caller.get(f"/v1/indexes/{FIRST}")

    assert answer.status_code == 200
    assert answer.json() == caller.get("/v1/indexes").json()["items"][0]


def test_what_its_manifest_says_is_shown(caller, stores):
    manifest = {
        "backend": "faiss",
        "kind": "ivf",
        "tracks": 12,
        "recall_at_10": {"library": 0.999, "text": 0.995},
        "bytes": 345,
        "built_s": 1.5,
    }
    stores.snapshots.add(
        Snapshot(version=FIRST, space=SPACE, path=FIRST, revision=7, manifest=manifest)
    )
    shown = caller.get(f"/v1/indexes/{FIRST}").json()

    assert {name: shown[name] for name in manifest} == manifest
    assert (shown["revision"], shown["is_pinned"], shown["state"]) == (7, False, "ready")


def test_a_person_may_go_back_to_an_older_snapshot_which_is_then_pinned(caller, stores):
    publish(stores, FIRST)
    publish(stores, SECOND)
    answer = caller.post(f"/v1/indexes/{FIRST}/activate")

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["is_pinned"]) == ("active", True)
    assert caller.get("/v1/indexes").json()["active"] == FIRST


def test_the_same_again_changes_nothing(caller, stores):
    publish(stores, FIRST)
    answers = [caller.post(f"/v1/indexes/{FIRST}/activate") for _ in range(2)]

    assert answers[0].content == answers[1].content


def test_a_snapshot_of_another_space_is_not_activated(caller, stores):
    publish(stores, FIRST)
    other = stores.snapshots.get(FIRST)
    stores.snapshots.add(replace(other, version=SECOND, space=Space("test/other@1")))
    answer = caller.post(f"/v1/indexes/{SECOND}/activate")

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "test/other@1" in answer.json()["detail"]
    assert caller.get("/v1/indexes").json()["active"] == FIRST


@pytest.mark.parametrize(
    ("why", "status", "code"),
    [
        (SnapshotRefused("Its manifest was altered."), 409, "snapshot_refused"),
        (IndexUnavailable("The server is away."), 503, "index_unavailable"),
    ],
)
def test_a_snapshot_that_cannot_be_served_is_not_activated(make, stores, why, status, code):
    publish(stores, FIRST)
    publish(stores, SECOND)
    caller = make(library=Shelved(stores, SPACE, refuses=why))
    answer = caller.post(f"/v1/indexes/{FIRST}/activate")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert why.detail in answer.json()["detail"]
    assert caller.get("/v1/indexes").json()["active"] == SECOND
    assert caller.get(f"/v1/indexes/{SECOND}").json()["is_pinned"] is False


@pytest.mark.parametrize("path", ["", "..%2f..%2fetc%2fpasswd", "/activate", "%2f/verify"])
def test_an_id_that_can_be_none_names_no_snapshot(caller, path):
    answer = caller.post(f"/v1/indexes/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "snapshot_not_found")


@pytest.mark.parametrize("bad", ["nope", "x" * 300, "a%00b", "a%20b", "%2e%2e", "..%2f..%2fetc"])
@pytest.mark.parametrize(
    ("method", "end"), [("GET", ""), ("POST", "/activate"), ("POST", "/verify")]
)
def test_a_version_that_there_is_not_is_not_found(caller, bad, method, end):
    answer = caller.ask(method, f"/v1/indexes/{bad}{end}")

    assert answer.status_code == 404
    assert answer.json()["code"] in {"snapshot_not_found", "path_not_found"}


def test_verifying_a_snapshot_is_a_job(caller, stores, doorbell):
    publish(stores, FIRST)
    answer = caller.post(f"/v1/indexes/{FIRST}/verify")

    assert (answer.status_code, answer.json()["kind"]) == (202, "verify")
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    assert stores.jobs.get(answer.json()["id"]).params == {"version": FIRST}
    assert doorbell.rings == (jobs.Queue.INDEX,)


def test_pruning_is_a_job(caller, doorbell):
    answer = caller.post("/v1/indexes/prune")

    assert (answer.status_code, answer.json()["kind"]) == (202, "prune")
    assert doorbell.rings == (jobs.Queue.INDEX,)


def test_who_asks_the_indexer_for_too_much_is_told_to_wait(caller):
    answers = [caller.post("/v1/indexes/prune") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 503]
    assert answers[-1].json()["code"] == "queue_full"
