"""`me`, `like`, `skip` and `played`, against a fake service."""

import json
from typing import Any

import httpx
import pytest

from sightsong import cli
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import FakeService, job, problem, succeeded
from tests.unit.sightsong.ingest_views import page
from tests.unit.sightsong.test_cli_keys import key

PREFERENCES: dict[str, Any] = {
    "favourite_genres": ["jazz"],
    "never_play": {"tracks": ["t-9"], "artists": ["The Loud Ones"]},
    "alpha": 0.6,
    "personal": True,
    "learn": True,
}
TODAY = {"day": "2026-11-21", "photos": 3, "texts": 1}
PREFS = "/v1/me/preferences"


def feedback(**more: object) -> dict[str, Any]:
    """A feedback as the service tells of it."""
    told = {"id": "f-1", "job_id": "j-1", "track_id": "t-1", "action": "like"}
    return {**told, "position_s": None, "created_at": "2026-11-20T23:42:07.300Z", **more}


def changed(service: FakeService, world: World, *said: str) -> object:
    """Change some preferences, and return what was sent."""
    service.on("GET", PREFS, PREFERENCES)
    service.on("PUT", PREFS, PREFERENCES)
    assert cli.main(["me", "prefs", *said], world=world) == 0
    return service.sent("PUT", PREFS)


def keeping(service: FakeService, *, rows: int = 0, **said: object) -> None:
    """Have a service keep some jobs and feedback of a user, and preferences."""
    unsaid = {"favourite_genres": [], "never_play": {"tracks": [], "artists": []}, "alpha": None}
    service.on("GET", PREFS, {**PREFERENCES, **unsaid, **said})
    service.on("GET", "/v1/me/history", page(*[job("succeeded")] * rows))
    service.on("GET", "/v1/feedback", page(*[feedback()] * rows))


def test_who_asks_and_what_they_asked_for_today(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    who = {"tenant": "app", "user": "alice", "key": key(name="a\x1bpp"), "scopes": ["jobs"]}
    service.on("GET", "/v1/me", who)
    service.on("GET", "/v1/me/usage", {"items": [TODAY], "today": TODAY, "jobs_per_day": 5000})
    assert cli.main(["me", "--user", "alice"], world=world) == 0
    shown = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert shown == [
        ["tenant", "app"],
        ["user", "alice"],
        ["key", "k3v9x0a7q2mz (a pp, …aaaa)"],
        ["scopes", "jobs"],
        ["today", "3 photos, 1 texts, of 5000 in all (with this key, for all users)"],
    ]
    assert {request.headers["Sightsong-User"] for request in service.requests} == {"alice"}


def test_without_a_key_and_a_user_there_is_none_to_tell(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    who = {"tenant": "default", "user": None, "key": None, "scopes": ["admin", "jobs"]}
    service.on("GET", "/v1/me", who)
    service.on("GET", "/v1/me/usage", {"items": [TODAY], "today": TODAY, "jobs_per_day": None})
    assert cli.main(["me", "--json"], world=world) == 0
    printed = capsys.readouterr()
    assert "none named" in printed.err
    assert json.loads(printed.out)["usage"]["today"] == TODAY


def test_preferences_are_shown_and_not_touched(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", PREFS, PREFERENCES)
    assert cli.main(["me", "prefs"], world=world) == 0
    shown = capsys.readouterr().out
    assert "jazz" in shown
    assert "The Loud Ones" in shown
    assert [request.method for request in service.requests] == ["GET"]


@pytest.mark.parametrize(
    ("said", "difference"),
    [
        (["--genre", "ambient", "--genre", "jazz"], {"favourite_genres": ["jazz", "ambient"]}),
        (["--no-genre", "Jazz"], {"favourite_genres": []}),
        (["--alpha", "0.4"], {"alpha": 0.4}),
        (["--alpha", "0"], {"alpha": 0.0}),
        (["--no-alpha"], {"alpha": None}),
        (["--no-personal", "--no-learn"], {"personal": False, "learn": False}),
        (
            ["--never-track", "t-1", "--never-artist", "Ours"],
            {"never_play": {"tracks": ["t-9", "t-1"], "artists": ["The Loud Ones", "Ours"]}},
        ),
        (
            ["--allow-track", "t-9", "--allow-artist", "the loud ones"],
            {"never_play": {"tracks": [], "artists": []}},
        ),
    ],
)
def test_what_is_named_is_changed_and_the_rest_stays(
    service: FakeService, world: World, said: list[str], difference: dict[str, Any]
):
    assert changed(service, world, *said) == {**PREFERENCES, **difference}


@pytest.mark.parametrize("wrong", [["--alpha", "2"], ["--alpha", "0.4", "--no-alpha"]])
def test_preferences_that_cannot_be_are_wrong_usage(
    service: FakeService, world: World, wrong: list[str]
):
    assert cli.main(["me", "prefs", *wrong], world=world) == 2
    assert service.requests == []


def test_a_history_is_a_list_of_jobs(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/me/history", page(job("succeeded", custom_id="trip")))
    assert cli.main(["me", "history", "--limit", "5"], world=world) == 0
    assert service.requests[0].url.params["limit"] == "5"
    assert capsys.readouterr().out.splitlines()[1].split()[0] == "j-1"


def test_an_export_is_lines_of_json(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    lines = [{"kind": "preferences", "genre": "Ü\u2028"}, {"kind": "job", "id": "j-1"}]
    body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    headers = {"Content-Type": "application/x-ndjson"}
    service.on("GET", "/v1/me/export", httpx.Response(200, content=body.encode(), headers=headers))
    assert cli.main(["me", "export"], world=world) == 0
    printed = capsys.readouterr()
    assert [json.loads(line) for line in printed.out.split("\n")[:-1]] == lines
    assert printed.err == ""


def test_nothing_is_erased_without_a_yes(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["me", "erase", "--user", "alice"], world=world) == 2
    assert "--yes" in capsys.readouterr().err
    assert service.requests == []


@pytest.mark.parametrize(
    ("said", "params"),
    [(["--user", "alice"], {}), (["--everything"], {"everything": "true"})],
)
def test_what_is_kept_is_erased(
    service: FakeService, world: World, said: list[str], params: dict[str, str]
):
    keeping(service)
    service.on("DELETE", "/v1/me", httpx.Response(204))
    assert cli.main(["me", "erase", "--yes", *said], world=world) == 0
    [request] = service.asked("DELETE", "/v1/me")
    assert dict(request.url.params) == params


@pytest.mark.parametrize("action", ["like", "skip", "played"])
def test_a_track_is_named_by_its_rank_in_the_answer(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str], action: str
):
    service.on("GET", "/v1/jobs/j-1", succeeded())
    service.on("POST", "/v1/feedback", feedback(action=action))
    assert cli.main([action, "j-1", "1", "--at", "4.5"], world=world) == 0
    sent = {"job_id": "j-1", "track_id": "t-1", "action": action, "position_s": 4.5}
    assert service.sent("POST", "/v1/feedback") == sent
    printed = capsys.readouterr()
    assert printed.out == f"{action}: track t-1 of job j-1\n"
    assert printed.err == "take it back with: sightsong me withdraw f-1\n"


def test_a_track_is_named_by_its_id(service: FakeService, world: World):
    service.on("POST", "/v1/feedback", feedback(track_id="t-7"))
    assert cli.main(["like", "j-1", "t-7"], world=world) == 0
    [request] = service.requests
    assert json.loads(request.content)["track_id"] == "t-7"


@pytest.mark.parametrize(("rank", "has"), [("2", "tracks 1 to 1"), ("0", "tracks 1 to 1")])
def test_a_rank_that_the_answer_does_not_have_is_wrong_usage(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    rank: str,
    has: str,
):
    service.on("GET", "/v1/jobs/j-1", succeeded())
    assert cli.main(["like", "j-1", rank], world=world) == 2
    assert has in " ".join(capsys.readouterr().err.split())
    assert service.asked("POST", "/v1/feedback") == []


def test_a_job_without_an_answer_has_no_ranks(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/jobs/j-1", job("queued"))
    assert cli.main(["like", "j-1", "1"], world=world) == 2
    assert "has no tracks" in " ".join(capsys.readouterr().err.split())


def test_somebody_who_wants_nothing_learnt_is_told_by_the_service(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/feedback", problem(409, "conflict", "They want nothing learnt."))
    assert cli.main(["like", "j-1", "t-1"], world=world) == 4
    assert capsys.readouterr().err == "They want nothing learnt.\n"


def test_feedback_is_listed_and_withdrawn(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/feedback", page(feedback(action="skip", position_s=65.0)))
    service.on("DELETE", "/v1/feedback/f-1", httpx.Response(204))
    assert cli.main(["me", "feedback"], world=world) == 0
    assert cli.main(["me", "withdraw", "f-1"], world=world) == 0
    _head, row, done = capsys.readouterr().out.splitlines()
    assert row.split()[:5] == ["f-1", "j-1", "t-1", "skip", "01:05"]
    assert done == "withdrawn f-1"


@pytest.mark.parametrize(
    ("rows", "said", "told"),
    [
        (0, {}, "nothing was kept of alice; is the name right?"),
        (2, {}, "erased of alice: 2 photos and texts, 2 likes, skips and plays"),
        (
            0,
            {"learn": False},
            "erased of alice: 0 photos and texts, 0 likes, skips and plays, and preferences",
        ),
    ],
    ids=["nobody", "some", "preferences"],
)
def test_what_was_erased_is_told(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    *,
    rows: int,
    said: dict[str, object],
    told: str,
):
    keeping(service, rows=rows, **said)
    service.on("DELETE", "/v1/me", httpx.Response(204))
    assert cli.main(["me", "erase", "--yes", "--user", "alice"], world=world) == 0
    assert capsys.readouterr().out == f"{told}\n"


@pytest.mark.parametrize("said", [[], ["--user", "alice", "--everything"]], ids=["none", "both"])
def test_whom_to_erase_is_said_in_words_of_the_command_line(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str], said: list[str]
):
    assert cli.main(["me", "erase", "--yes", *said], world=world) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "--user NAME" in told
    assert "--everything" in told
    assert service.requests == []


def test_somebody_who_is_not_learnt_from_is_told_what_to_type(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", PREFS, {**PREFERENCES, "learn": False})
    service.on("POST", "/v1/feedback", problem(409, "conflict", "Set `learn` to true."))
    assert cli.main(["like", "j-1", "t-1"], world=world) == 4
    assert capsys.readouterr().err.endswith("change that with: sightsong me prefs --learn\n")


def test_another_conflict_is_told_as_the_service_does(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", PREFS, PREFERENCES)
    service.on("POST", "/v1/feedback", problem(409, "conflict", "The job has no answer."))
    assert cli.main(["like", "j-1", "t-1"], world=world) == 4
    assert capsys.readouterr().err == "The job has no answer.\n"
