"""/v1/indexes: which snapshot is served, and asking for a new one."""

from sightsong.core import jobs
from tests.unit.api.library import add_tracks, embed, publish


def test_without_music_there_is_no_index_and_nothing_is_stale(caller):
    assert caller.get("/v1/indexes").json() == {"items": [], "active": None, "stale": False}


def test_an_embedded_track_makes_the_index_stale_until_the_next_snapshot(caller, stores, tmp_path):
    add_tracks(stores, tmp_path / "a.mp3")
    embed(stores)
    before = caller.get("/v1/indexes").json()
    publish(stores, "20261120T000000-aaaaaaaa")
    after = caller.get("/v1/indexes").json()

    assert (before["stale"], before["active"]) == (True, None)
    assert (after["stale"], after["active"]) == (False, "20261120T000000-aaaaaaaa")


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
