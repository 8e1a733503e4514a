"""`index` and its subcommands, against a fake service."""

import json
from datetime import datetime

import pytest

from sightsong import cli
from sightsong.cli import versions
from sightsong.cli.screen import Screen
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import INDEX, FakeService, indexes, job, problem

BUILT = datetime.fromisoformat(INDEX["created_at"])


def cells(line: str) -> list[str]:
    """The cells of a line of a table."""
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_snapshots_are_listed_with_their_kind_recall_size_and_age(
    capsys: pytest.CaptureFixture[str],
):
    pinned = {**INDEX, "is_pinned": True}
    old = {**INDEX, "version": "v0", "state": "retired", "kind": "exact", "tracks": 9}
    screen, now = Screen(as_json=False), BUILT.replace(day=23)
    screen.show(versions.indexes([pinned, old], now=now))  # type: ignore[list-item]
    assert [cells(line) for line in capsys.readouterr().out.splitlines()] == [
        ["version", "kind", "state", "tracks", "size", "recall", "age"],
        ["v1", "ivf", "active, pinned", "12,000", "11.5 MB", "0.996", "3 days"],
        ["v0", "exact", "retired", "9", "11.5 MB", "0.996", "3 days"],
    ]


def test_what_an_old_manifest_does_not_say_is_left_empty(capsys: pytest.CaptureFixture[str]):
    unknown = {**INDEX, "kind": None, "recall_at_10": None, "bytes": None, "space": "other@1"}
    now = BUILT.replace(minute=45)
    rows = [unknown, INDEX]
    Screen(as_json=False).show(versions.indexes(rows, now=now))  # type: ignore[arg-type]
    head, line, _ = capsys.readouterr().out.splitlines()
    assert cells(head)[:2] == ["version", "space"]
    assert cells(line) == ["v1", "other@1", "unknown", "active", "12,000", "3 min"]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (indexes(INDEX), ""),
        (indexes(INDEX, changed=1), "since it was built 1 track is new or changed"),
        (indexes(INDEX, changed=110), "since it was built 110 tracks are new or changed"),
        (indexes(INDEX, changed=10_000), "at least 10000 tracks are new or changed"),
        (indexes(INDEX, stale=True), "not all tracks can be found yet"),
    ],
)
def test_index_list_tells_what_has_happened_since(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    found: dict[str, object],
    told: str,
):
    service.on("GET", "/v1/indexes", found)
    assert cli.main(["index", "list", "--json"], world=world) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == found
    assert told in printed.err
    assert printed.err.count("\n") == 2 + bool(told)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (0, "no index yet: it is built when music is taken in"),
        (1, "no snapshot yet; 1 track is searched without one"),
        (1200, "no snapshot yet; 1,200 tracks are searched without one"),
    ],
)
def test_without_a_snapshot_it_is_told_what_is_searched(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    changed: int,
    told: str,
):
    service.on("GET", "/v1/indexes", {**indexes(changed=changed), "active": None})
    assert cli.main(["index", "list"], world=world) == 0
    assert capsys.readouterr().out == f"{told}\n"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"refused": "v1: A file is damaged."}, "the active snapshot is not served: v1: A file is"),
        ({"refused": "Too many.", "active": None}, "a snapshot is not served: Too many"),
        ({"held_back": "Too many changes."}, "Too many changes; see to it with: sightsong index"),
    ],
)
def test_index_list_tells_what_is_wrong(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    said: dict[str, object],
    told: str,
):
    service.on("GET", "/v1/indexes", {**indexes(INDEX), **said})
    assert cli.main(["index", "list"], world=world) == 0
    assert capsys.readouterr().err.startswith(told)


def test_a_snapshot_that_cannot_be_served_is_refused_with_the_reason(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    detail = "Nothing was changed; it cannot be served: snapshot v0: its manifest was altered."
    service.on("POST", "/v1/indexes/v0/activate", problem(409, "snapshot_refused", detail))
    assert cli.main(["index", "activate", "v0"], world=world) == 4
    assert capsys.readouterr().err == f"{detail}\n"


def test_a_snapshot_is_shown_with_all_that_was_measured(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/indexes/v1", INDEX)
    assert cli.main(["index", "show", "v1"], world=world) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "recall 0.9991 (library), 0.9957 (text)" in lines
    assert "building took 9 s" in lines


def test_a_version_that_is_not_there_is_a_refusal(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    detail = "There is no index snapshot of this version."
    service.on("POST", "/v1/indexes/v9/activate", problem(404, "snapshot_not_found", detail))
    assert cli.main(["index", "activate", "v9"], world=world) == 4
    assert capsys.readouterr().err == f"{detail}\n"


def test_index_rebuild_waits_for_its_job(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/indexes", job("queued", kind="rebuild"))
    service.on("GET", "/v1/jobs/j-1", job("succeeded", kind="rebuild", result={}))
    assert cli.main(["index", "rebuild"], world=world) == 0
    assert "rebuild succeeded" in capsys.readouterr().out


def test_a_snapshot_that_is_whole_is_said_to_be(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/indexes/v1/verify", job("queued", kind="verify"))
    result = {"version": "v1", "is_sound": True, "reason": None}
    service.on("GET", "/v1/jobs/j-1", job("succeeded", kind="verify", result=result))
    assert cli.main(["index", "verify", "v1"], world=world) == 0
    assert capsys.readouterr().out == "v1 is what its manifest says\n"


def test_a_snapshot_that_is_damaged_is_told_with_status_1(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    result = {"version": "v1", "is_sound": False, "reason": "vectors.npy differs"}
    service.on("POST", "/v1/indexes/v1/verify", job("queued", kind="verify"))
    service.on("GET", "/v1/jobs/j-1", job("succeeded", kind="verify", result=result))
    assert cli.main(["index", "verify", "v1"], world=world) == 1
    assert capsys.readouterr().out == "v1 is damaged: vectors.npy differs\n"


def test_a_check_that_could_not_be_made_is_told_with_status_1(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    error = {"code": "index_unavailable", "detail": "The server does not answer."}
    service.on("POST", "/v1/indexes/v1/verify", job("queued", kind="verify"))
    service.on("GET", "/v1/jobs/j-1", job("failed", kind="verify", error=error))
    assert cli.main(["index", "verify", "v1"], world=world) == 1
    assert capsys.readouterr().out == "failed: The server does not answer. (index_unavailable)\n"


def test_activate_says_how_long_its_snapshot_stays(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/indexes/v0/activate", {**INDEX, "version": "v0", "is_pinned": True})
    assert cli.main(["index", "activate", "v0"], world=world) == 0
    told = capsys.readouterr().out
    assert told.startswith("v0 is active and pinned: it stays until you activate another")
    assert "sightsong index rebuild" in told


@pytest.mark.parametrize(
    ("removed", "told"), [(["v0", "v1"], "removed: v0, v1\n"), ([], "nothing to remove\n")]
)
def test_prune_tells_what_it_has_removed(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    removed: list[str],
    told: str,
):
    service.on("POST", "/v1/indexes/prune", job("queued", kind="prune"))
    done = job("succeeded", kind="prune", result={"removed": removed})
    service.on("GET", "/v1/jobs/j-1", done)
    assert cli.main(["index", "prune"], world=world) == 0
    assert capsys.readouterr().out == told
