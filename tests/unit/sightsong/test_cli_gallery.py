"""`recommend` of many photos, against a fake service."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sightsong import cli
from sightsong.cli import gallery, pacing
from sightsong.cli.screen import Screen
from sightsong.cli.session import World
from sightsong.client import Client, PhotoTaste
from tests.unit.sightsong.fake_service import Answer, FakeService, job, problem, succeeded

REFUSED = problem(415, "unsupported_image", "This is no image.")
FAILED: dict[str, Any] = {"error": {"code": "image_broken", "detail": "The image is damaged."}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "trip"
    path.mkdir()
    for name in ("c", "a", "b"):
        (path / f"{name}.jpg").write_bytes(b"\xff\xd8\xff " + name.encode())
    return path


@pytest.fixture
def answers(service: FakeService) -> Callable[..., None]:
    """Put answers to submits at the service; a photo that is taken is answered."""

    def put(*submits: Answer | None) -> None:
        sent = [job("queued", id=f"j-{n}") if one is None else one for n, one in enumerate(submits)]
        service.on("POST", "/v1/jobs", *sent)
        for number, _ in enumerate(submits):
            done = {**succeeded(), "id": f"j-{number}"}
            service.on("GET", f"/v1/jobs/j-{number}", done)

    return put


def named(folder: Path, *names: str) -> list[str]:
    return [str(folder / f"{name}.jpg") for name in names]


def order(service: FakeService) -> list[bytes]:
    """The last letters of the photos in the order that they were sent."""
    return [request.content[-1:] for request in service.asked("POST", "/v1/jobs")]


def test_answers_come_in_the_order_given(
    service: FakeService, world: World, folder: Path, answers, capsys
):
    answers(None, None, None)
    photos = named(folder, "b", "c", "a")
    assert cli.main(["recommend", *photos, "--json"], world=world) == 0
    printed = capsys.readouterr()
    told = [(one["photo"], one["job"]["id"]) for one in json.loads(printed.out)]
    assert told == list(zip(photos, ["j-0", "j-1", "j-2"], strict=True))
    shown = [line for line in printed.err.splitlines() if line in photos]
    assert shown == photos


def test_a_pattern_that_the_shell_left_alone_is_taken_by_name(
    service: FakeService, world: World, folder: Path, answers
):
    answers(None, None, None)
    assert cli.main(["recommend", str(folder / "*.jpg")], world=world) == 0
    assert order(service) == [b"a", b"b", b"c"]


def test_a_pattern_may_look_into_folders_and_passes_them_over(
    service: FakeService, world: World, folder: Path, answers
):
    (folder / "d.jpg").mkdir()
    (folder / "d.jpg" / "e.jpg").write_bytes(b"\xff\xd8\xff e")
    answers(None, None, None, None)
    assert cli.main(["recommend", str(folder / "**" / "*.jpg")], world=world) == 0
    assert order(service) == [b"a", b"b", b"c", b"e"]


def test_a_file_that_is_called_like_a_pattern_is_meant_itself(
    service: FakeService, world: World, folder: Path, answers
):
    (folder / "[ab].jpg").write_bytes(b"\xff\xd8\xff x")
    answers(None)
    assert cli.main(["recommend", str(folder / "[ab].jpg")], world=world) == 0
    assert order(service) == [b"x"]


@pytest.mark.parametrize(
    ("word", "why"),
    [("*.png", "no file fits"), ("d.jpg", "there is no file"), (".", "is a folder")],
)
def test_what_names_no_photo_is_wrong_usage(
    service: FakeService, world: World, folder: Path, capsys, word: str, why: str
):
    assert cli.main(["recommend", *named(folder, "a"), str(folder / word)], world=world) == 2
    assert why in " ".join(capsys.readouterr().err.split())
    assert service.requests == []


def test_a_bounded_number_of_photos_is_on_its_way_at_a_time(
    service: FakeService, world: World, tmp_path: Path, answers
):
    count = pacing.MOST_OPEN + 5
    for number in range(count):
        (tmp_path / f"{number:03}.jpg").write_bytes(b"\xff\xd8\xff")
    answers(*[None] * count)
    assert cli.main(["recommend", str(tmp_path / "*.jpg")], world=world) == 0
    steps = [1 if request.method == "POST" else -1 for request in service.requests]
    assert max(itertools.accumulate(steps)) == pacing.MOST_OPEN
    assert steps.count(1) == count


def test_photos_without_an_answer_are_told_at_the_end_and_are_status_1(
    service: FakeService, world: World, folder: Path, answers, capsys
):
    answers(None, REFUSED, None)
    service.on("GET", "/v1/jobs/j-2", job("failed", id="j-2", **FAILED))
    photos = named(folder, "a", "b", "c")
    assert cli.main(["recommend", *photos], world=world) == 1
    printed = capsys.readouterr()
    assert printed.err.splitlines()[-3:] == [
        "2 of 3 photos have no answer:",
        f"  {photos[1]}: This is no image. (unsupported_image)",
        f"  {photos[2]}: failed: The image is damaged. (image_broken)",
    ]
    assert photos[0] in printed.out.splitlines()
    assert photos[1] not in printed.out


def test_programs_are_told_of_each_photo_why_it_has_no_answer(
    world: World, folder: Path, answers, capsys
):
    answers(REFUSED, None)
    photos = named(folder, "a", "b")
    assert cli.main(["recommend", *photos, "--json"], world=world) == 1
    refused, answered = json.loads(capsys.readouterr().out)
    assert refused == {
        "photo": photos[0],
        "job": None,
        "error": {"code": "unsupported_image", "detail": "This is no image."},
    }
    assert (answered["photo"], "error" in answered) == (photos[1], False)


def test_a_job_that_is_erased_meanwhile_does_not_keep_the_others_from_being_shown(
    service: FakeService, world: World, folder: Path, answers, capsys
):
    answers(None, None)
    service.on("GET", "/v1/jobs/j-0", problem(410, "job_erased", "This job was erased."))
    photos = named(folder, "a", "b")
    assert cli.main(["recommend", *photos], world=world) == 1
    printed = capsys.readouterr()
    assert printed.err.splitlines()[-1] == f"  {photos[0]}: This job was erased. (job_erased)"
    assert photos[1] in printed.out


def test_a_photo_that_is_gone_meanwhile_is_told_with_the_others(
    client: Client, folder: Path, answers, capsys
):
    answers(None)
    photos = [folder / "gone.jpg", folder / "a.jpg"]
    gone, answered = gallery.ask(client, Screen(as_json=False), photos, PhotoTaste())
    assert (gone.has_answer, gone.code, answered.has_answer) == (False, "unreadable_file", True)
    assert f"  {photos[0]}: cannot read it: " in capsys.readouterr().err


@pytest.mark.parametrize("code", ["unknown_mood", "invalid_request"])
def test_what_is_wrong_for_all_photos_is_told_once(
    service: FakeService, world: World, folder: Path, capsys, code: str
):
    service.on("POST", "/v1/jobs", problem(422, code, "This cannot be."))
    assert cli.main(["recommend", *named(folder, "a", "b", "c")], world=world) == 4
    assert capsys.readouterr().err.splitlines().count("This cannot be.") == 1
    assert len(service.requests) == 1


def test_an_empty_photo_is_wrong_for_itself_alone(
    service: FakeService, world: World, folder: Path, answers
):
    (folder / "a.jpg").write_bytes(b"")
    answers(problem(422, "invalid_request", "The body is empty."), None)
    assert cli.main(["recommend", *named(folder, "a", "b")], world=world) == 1
    assert len(service.asked("POST", "/v1/jobs")) == 2


def test_photos_are_sent_through_a_restart_of_the_service(
    service: FakeService, world: World, folder: Path, answers
):
    gone = [httpx.ConnectError("refused")] * 8
    answers(None, None)
    service.on("POST", "/v1/jobs", job("queued", id="j-0"), *gone, job("queued", id="j-1"))
    assert cli.main(["recommend", *named(folder, "a", "b")], world=world) == 0


def test_no_service_is_found_out_at_once(service: FakeService, world: World, folder: Path):
    service.on("POST", "/v1/jobs", httpx.ConnectError("refused"))
    assert cli.main(["recommend", *named(folder, "a", "b")], world=world) == 3
    assert len(service.requests) == world.patience.tries


def test_ctrl_c_cancels_nothing_and_says_what_goes_on(
    service: FakeService, world: World, folder: Path, answers, capsys
):
    answers(None, None, KeyboardInterrupt())
    photos = named(folder, "a", "b", "c", "a")
    assert cli.main(["recommend", *photos], world=world) == 130
    told = capsys.readouterr().err.splitlines()
    at = told.index("these go on in the service:")
    assert told[at + 1 : at + 3] == [f"  j-0  {photos[0]}", f"  j-1  {photos[1]}"]
    assert "jobs follow ID" in told[at + 3]
    assert told[at + 4 :] == ["not sent: 2 photos", f"  {photos[2]}", f"  {photos[3]}"]
    assert {request.method for request in service.requests} == {"POST"}


def test_ctrl_c_while_one_photo_is_waited_for_says_its_job(
    service: FakeService, world: World, folder: Path, answers, capsys
):
    answers(None)
    service.on("GET", "/v1/jobs/j-0", KeyboardInterrupt())
    assert cli.main(["recommend", *named(folder, "a")], world=world) == 130
    assert "  j-0  a.jpg" in capsys.readouterr().err.splitlines()


def test_a_terminal_shows_a_bar_and_the_answers_above_it(
    world: World, folder: Path, answers, capsys, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TTY_INTERACTIVE", "1")
    answers(None, REFUSED, None)
    photos = named(folder, "a", "b", "c")
    assert cli.main(["recommend", *photos], world=world) == 1
    printed = capsys.readouterr()
    assert "3/3" in printed.err
    assert "listening" not in printed.out
    assert printed.out.count("A bright scene that feels like joy.") == 2
