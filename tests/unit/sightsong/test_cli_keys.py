"""`keys`: through a fake service, and straight in the database of a folder."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sightsong import cli
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import FakeService, problem
from tests.unit.sightsong.ingest_views import page

ID = "k3v9x0a7q2mz"
TEXT = f"ssk_{ID}_" + "a" * 43
WHOLE = re.compile(r"ssk_[a-z0-9]{12}_[A-Za-z0-9_-]{43}")


def key(**more: object) -> dict[str, Any]:
    """A key as the service tells of it."""
    told = {"id": ID, "name": "app", "tenant": "default", "scopes": ["jobs"], "last4": "aaaa"}
    times = {"created_at": "2026-11-20T23:42:07.300Z", "expires_at": None, "revoked_at": None}
    limits = {"used_at": None, "requests_per_min": None, "jobs_per_day": None}
    return {**told, **times, **limits, **more}


def made_locally(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """Make a key in the database of a folder."""
    said = ["keys", "create", "operator", "--local", "--data", str(folder), "--json", *more]
    assert cli.main(said) == 0
    view: dict[str, Any] = json.loads(capsys.readouterr().out)
    return view


def listed_locally(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """All keys in the database of a folder."""
    assert cli.main(["keys", "list", "--local", "--data", str(folder), "--json"]) == 0
    views: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return views


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGHTSONG_KEY", "SIGHTSONG_SERVER", "SIGHTSONG_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_a_new_key_is_alone_on_standard_output(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/keys", key(key=TEXT, expires_at="2027-02-18T23:42:07.300Z"))
    said = ["--scope", "library", "--scope", "jobs", "--tenant", "app", "--expires", "90d"]
    limits = ["--rate", "600", "--per-day", "5000"]
    assert cli.main(["keys", "create", "app", *said, *limits], world=world) == 0
    assert service.sent("POST", "/v1/keys") == {
        "name": "app",
        "scopes": ["jobs", "library"],
        "tenant": "app",
        "expires_in_s": 90 * 86_400,
        "requests_per_min": 600,
        "jobs_per_day": 5000,
    }
    printed = capsys.readouterr()
    assert printed.out == f"{TEXT}\n"
    assert "shown this once" in printed.err
    assert TEXT not in printed.err


def test_a_key_is_for_jobs_unless_it_is_said(service: FakeService, world: World):
    service.on("POST", "/v1/keys", key(key=TEXT))
    assert cli.main(["keys", "create", "app"], world=world) == 0
    assert service.sent("POST", "/v1/keys") == {"name": "app", "scopes": ["jobs"]}


@pytest.mark.parametrize(
    "wrong",
    [
        ["app", "--scope", "everything"],
        ["app", "--expires", "soon"],
        ["app", "--expires", "0d"],
        ["app", "--expires", "999999w"],
        ["app", "--rate", "0"],
        ["app", "--per-day", "0"],
        ["app", "--tenant", "Über"],
        [" "],
        ["two\nlines"],
        ["app", "--data", "folder"],
        ["app", "--local", "--server", "http://nas.local"],
        ["app", "--local", "--key", TEXT],
    ],
)
def test_a_key_that_cannot_be_is_wrong_usage(service: FakeService, world: World, wrong: list[str]):
    assert cli.main(["keys", "create", *wrong], world=world) == 2
    assert service.requests == []


def test_keys_are_listed_with_how_each_ends(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    past, future = "2026-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"
    rows = [
        key(),
        key(revoked_at=past, expires_at=future),
        key(expires_at=past, name="odd\x1b"),
        key(expires_at=future, used_at=past),
    ]
    service.on("GET", "/v1/keys", page(*rows))
    assert cli.main(["keys", "list"], world=world) == 0
    _head, *lines = capsys.readouterr().out.splitlines()
    ends = [line.split("  ")[-1].strip() for line in lines]
    until = datetime.fromisoformat(future).astimezone().strftime("%Y-%m-%d %H:%M")
    assert ends == ["good until revoked", "revoked", "expired", f"good until {until}"]
    assert all("(…aaaa)" in line for line in lines)
    assert "\x1b" not in "".join(lines)


def test_no_keys_say_how_to_make_one(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/keys", page())
    assert cli.main(["keys", "list"], world=world) == 0
    assert "sightsong keys create" in capsys.readouterr().out


def test_a_key_is_revoked(service: FakeService, world: World, capsys: pytest.CaptureFixture[str]):
    service.on("DELETE", f"/v1/keys/{ID}", httpx.Response(204))
    assert cli.main(["keys", "revoke", ID], world=world) == 0
    assert capsys.readouterr().out == f"revoked {ID}\n"


@pytest.mark.parametrize(("said", "overlap_s"), [([], 0), (["--overlap", "1h"], 3600)])
def test_a_key_is_rotated(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    said: list[str],
    overlap_s: int,
):
    service.on("POST", f"/v1/keys/{ID}/rotate", key(id="another00000", key=TEXT))
    assert cli.main(["keys", "rotate", ID, *said], world=world) == 0
    assert service.sent("POST", f"/v1/keys/{ID}/rotate") == {"overlap_s": overlap_s}
    assert capsys.readouterr().out == f"{TEXT}\n"


def test_a_key_without_the_right_to_make_keys_is_refused_with_the_service_s_word(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    refusal = problem(403, "missing_scope", "This needs a key with the scope admin.")
    service.on("POST", "/v1/keys", refusal)
    assert cli.main(["keys", "create", "app"], world=world) == 4
    assert capsys.readouterr().err == "This needs a key with the scope admin.\n"


def test_the_first_key_is_made_where_there_is_no_database_yet_and_opens_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    made = made_locally(tmp_path / "new", capsys)
    assert WHOLE.fullmatch(made["key"])
    assert made["scopes"] == ["admin", "jobs", "library"]
    assert (tmp_path / "new" / "sightsong.db").exists()


def test_later_local_keys_are_for_jobs_unless_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    made_locally(tmp_path, capsys)
    assert made_locally(tmp_path, capsys)["scopes"] == ["jobs"]
    assert made_locally(tmp_path, capsys, "--scope", "admin")["scopes"] == ["admin"]


def test_a_local_key_can_be_taken_by_a_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    said = ["keys", "create", "operator", "--local", "--data", str(tmp_path)]
    assert cli.main(said) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert WHOLE.fullmatch(line)


def test_local_keys_are_those_of_all_tenants_and_never_shown_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    first = made_locally(tmp_path, capsys)
    second = made_locally(tmp_path, capsys, "--tenant", "app", "--per-day", "9")
    rows = listed_locally(tmp_path, capsys)
    assert {row["id"]: row["tenant"] for row in rows} == {
        first["id"]: "default",
        second["id"]: "app",
    }
    assert [row["jobs_per_day"] for row in rows if row["tenant"] == "app"] == [9]
    assert all("key" not in row for row in rows)


def test_a_key_is_revoked_locally(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    made = made_locally(tmp_path, capsys)
    assert cli.main(["keys", "revoke", made["id"], "--local", "--data", str(tmp_path)]) == 0
    capsys.readouterr()
    [row] = listed_locally(tmp_path, capsys)
    assert row["revoked_at"] is not None


def test_a_key_is_rotated_locally_for_the_same_with_the_same_length_of_life(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    old = made_locally(tmp_path, capsys, "--expires", "10d", "--rate", "5", "--scope", "library")
    said = ["keys", "rotate", old["id"], "--overlap", "1h", "--local", "--data", str(tmp_path)]
    assert cli.main([*said, "--json"]) == 0
    new = json.loads(capsys.readouterr().out)
    alike = ("name", "tenant", "scopes", "requests_per_min", "jobs_per_day")
    assert [new[name] for name in alike] == [old[name] for name in alike]
    assert new["key"] != old["key"]
    rows = {row["id"]: row for row in listed_locally(tmp_path, capsys)}
    lives_h = {
        row_id: _h_between(row["created_at"], row["expires_at"]) for row_id, row in rows.items()
    }
    assert lives_h == pytest.approx({old["id"]: 1.0, new["id"]: 240.0}, abs=0.1)


def test_a_revoked_key_is_not_rotated(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    made = made_locally(tmp_path, capsys)
    here = ["--local", "--data", str(tmp_path)]
    assert cli.main(["keys", "revoke", made["id"], *here]) == 0
    assert cli.main(["keys", "rotate", made["id"], *here]) != 0
    assert "opens nothing any more" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["revoke", "rotate"])
def test_a_local_key_that_is_none_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
):
    made_locally(tmp_path, capsys)
    assert cli.main(["keys", command, ID, "--local", "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "There is no key with this id.\n"


@pytest.mark.parametrize("said", [["list"], ["revoke", ID], ["rotate", ID]])
def test_only_create_makes_a_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: list[str]
):
    folder = tmp_path / "typo"
    assert cli.main(["keys", *said, "--local", "--data", str(folder)]) == 2
    assert "there is no database" in capsys.readouterr().err
    assert not folder.exists()


def test_a_database_that_others_may_use_is_not_migrated_by_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    shared = tmp_path / "shared.db"
    shared.touch()
    monkeypatch.setenv("SIGHTSONG_DATABASE_URL", f"sqlite:///{shared}")
    assert cli.main(["keys", "create", "operator", "--local"]) == 2
    assert "run `sightsong migrate` first" in capsys.readouterr().err
    assert cli.main(["migrate"]) == 0
    capsys.readouterr()
    assert cli.main(["keys", "create", "operator", "--local"]) == 0
    assert WHOLE.fullmatch(capsys.readouterr().out.strip())


def _h_between(begin: str, end: str) -> float:
    passed = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return passed.total_seconds() / 3600


def test_a_key_is_shown_with_its_limits(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", f"/v1/keys/{ID}", key(jobs_per_day=5000))
    assert cli.main(["keys", "show", ID], world=world) == 0
    shown = capsys.readouterr().out
    assert "5000 in a day (UTC)" in shown
    assert "good until revoked" in shown


def test_a_key_is_shown_locally(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    made = made_locally(tmp_path, capsys, "--rate", "7")
    said = ["--local", "--data", str(tmp_path), "--json"]
    assert cli.main(["keys", "show", made["id"], *said]) == 0
    assert json.loads(capsys.readouterr().out)["requests_per_min"] == 7
    assert cli.main(["keys", "show", ID, *said]) == 1


def test_where_a_local_key_goes_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "new"
    said = ["keys", "create", "operator", "--local", "--data", str(folder)]
    assert cli.main(said) == 0
    place = f"the key goes into the database {folder / 'sightsong.db'}"
    assert capsys.readouterr().err.splitlines()[0] == f"{place}, which is new"
    assert cli.main(said) == 0
    assert capsys.readouterr().err.splitlines()[0] == place
