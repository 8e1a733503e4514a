"""`album`, and following a batch, against a fake service."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sightsong import cli
from sightsong.cli import albums
from sightsong.cli.screen import Screen
from sightsong.cli.session import World
from sightsong.client import Client, Patience
from sightsong.core.batches import MOST_ITEMS
from tests.unit.sightsong.batch_views import BATCH, M3U8, PLAYLIST, batch, item, lines
from tests.unit.sightsong.fake_service import FakeService


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with photos, more in folders below it, and what is none."""
    path = tmp_path / "trip"
    (path / "day 2").mkdir(parents=True)
    (path / ".thumbs").mkdir()
    for name in ("b.jpg", "a.JPEG", "day 2/c.webp", ".thumbs/a.jpg", ".d.png", "notes.txt"):
        (path / name).write_bytes(b"\xff\xd8\xff " + name.encode())
    return path


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work beside that folder, and an empty one."""
    (folder.parent / "empty").mkdir()
    monkeypatch.chdir(folder.parent)


@pytest.fixture
def answered(service: FakeService) -> FakeService:
    """A service that answers a batch of three."""
    service.on("POST", "/v1/batches", batch("running", queued=3))
    some = batch("running", running=1, succeeded=2)
    service.on("GET", BATCH, some, batch(succeeded=3))
    service.on("GET", f"{BATCH}/playlist", PLAYLIST)
    return service


def sent_names(service: FakeService) -> list[str]:
    """The names of the photos in the order that they were sent."""
    body = service.asked("POST", "/v1/batches")[0].content.decode("latin-1")
    return [part.split('"')[0] for part in body.split('filename="')[1:]]


def test_an_album_is_sent_at_once_and_becomes_a_playlist(
    answered: FakeService, world: World, folder: Path, capsys: pytest.CaptureFixture[str]
):
    said = ["--id", "trip", "--tracks", "2", "--order", "path", "--no-cache", "--no-personal"]
    assert cli.main(["album", str(folder), *said], world=world) == 0
    [sent] = answered.asked("POST", "/v1/batches")
    assert dict(sent.url.params) == {"custom_id": "trip", "cache": "false", "personal": "false"}
    [asked] = answered.asked("GET", f"{BATCH}/playlist")
    assert dict(asked.url.params) == {"tracks": "2", "order": "path"}
    printed = capsys.readouterr()
    head, first, why, second, other = printed.out.splitlines()
    assert head.split() == ["#", "length", "track,", "and", "why"]
    assert first.split() == ["1", "01:01", "Paper", "Kites", "[31m,", "Ours"]
    assert why.strip() == "The best match for a.jpg."
    assert second.split() == ["2", "Nobody's"]
    assert other.strip().startswith("Match 2")
    assert printed.err == "sent 3 photos: batch b-1\n"


def test_a_folder_is_all_photos_below_it_by_name(answered: FakeService, world: World, folder: Path):
    assert cli.main(["album", str(folder)], world=world) == 0
    assert sent_names(answered) == ["a.JPEG", "b.jpg", "c.webp"]


def test_photos_patterns_and_folders_are_taken_as_they_were_given(
    answered: FakeService, world: World, folder: Path
):
    words = [str(folder / "b.jpg"), str(folder / "day 2"), str(folder / "*.JPEG")]
    assert cli.main(["album", *words], world=world) == 0
    assert sent_names(answered) == ["b.jpg", "c.webp", "a.JPEG"]


def test_an_archive_is_sent_as_it_is(answered: FakeService, world: World, tmp_path: Path):
    archive = tmp_path / "trip.ZIP"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.jpg", b"\xff\xd8\xff")
    assert cli.main(["album", str(archive)], world=world) == 0
    [sent] = answered.asked("POST", "/v1/batches")
    assert sent.headers["Content-Type"] == "application/zip"
    assert sent.content == archive.read_bytes()


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["trip.zip", "trip/b.jpg"], "an archive is sent by itself"),
        (["trip.zip"], "there is no file"),
        (["empty"], "there is no photo"),
        (["trip/*.gif"], "no file fits"),
        (["trip/b.jpg", "--playlist", "trip.mp3"], "one of .m3u8, .jspf, .json"),
        (["trip/b.jpg", "--playlist", "none/trip.m3u8"], "there is no folder"),
        (["trip/b.jpg", "--tracks", "0"], "--tracks"),
        (["trip/b.jpg", "--order", "loud"], "--order"),
    ],
)
def test_what_can_be_no_album_is_told_before_anything_is_sent(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    why: str,
):
    assert cli.main(["album", *words], world=world) == 2
    assert why in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert service.requests == []


def test_more_photos_than_a_batch_takes_are_not_sent(
    service: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for number in range(MOST_ITEMS + 1):
        (tmp_path / f"{number}.jpg").touch()
    assert cli.main(["album", str(tmp_path)], world=world) == 2
    assert "1,001 photos" in capsys.readouterr().err
    assert service.requests == []


@pytest.mark.parametrize(
    ("name", "content"), [("out.m3u8", M3U8), ("out.JSPF", '{"playlist": {}}')]
)
def test_a_playlist_is_written_in_the_format_that_its_file_says(
    answered: FakeService,
    world: World,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str,
):
    file = httpx.Response(200, content=content.encode())
    answered.on("GET", f"{BATCH}/playlist", PLAYLIST, file)
    out = folder / name
    assert cli.main(["album", str(folder), "--playlist", str(out)], world=world) == 0
    assert answered.asked("GET", f"{BATCH}/playlist")[1].url.params["format"] == name[4:].lower()
    assert out.read_text(encoding="utf-8") == content
    assert capsys.readouterr().err.endswith(f"wrote {out}\n")


def test_a_playlist_as_json_is_what_the_service_says(
    answered: FakeService, world: World, folder: Path
):
    out = folder / "out.json"
    assert cli.main(["album", str(folder), "--playlist", str(out)], world=world) == 0
    assert json.loads(out.read_text(encoding="utf-8")) == PLAYLIST


def test_programs_are_given_the_batch_and_the_playlist(
    answered: FakeService, world: World, folder: Path, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["album", str(folder), "--json"], world=world) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"batch": batch(succeeded=3), "playlist": PLAYLIST}


def test_photos_without_an_answer_are_told_at_the_end_and_are_status_1(
    answered: FakeService, world: World, folder: Path, capsys: pytest.CaptureFixture[str]
):
    answered.on("GET", BATCH, batch(succeeded=1, failed=1, refused=1))
    answered.on("GET", f"{BATCH}/playlist", {**PLAYLIST, "photos": 1})
    broken = {"code": "image_broken", "detail": "The image is\x1b damaged."}
    bare = item(0, "refused", job_id=None, custom_id=None, error=broken)
    failed = item(2, "failed", error={"code": "worker_crashed", "detail": "It died."})
    answered.on("GET", f"{BATCH}/results", lines(bare), lines(failed))
    assert cli.main(["album", str(folder)], world=world) == 1
    assert capsys.readouterr().err.splitlines()[1:] == [
        "2 of 3 have no answer:",
        "  number 1: The image is  damaged. (image_broken)",
        "  2.jpg: It died. (worker_crashed)",
    ]
    asked = [dict(one.url.params) for one in answered.asked("GET", f"{BATCH}/results")]
    assert asked == [{"state": "refused"}, {"state": "failed"}]


def test_of_many_failures_the_first_are_told_and_where_the_others_are(
    answered: FakeService, world: World, folder: Path, capsys: pytest.CaptureFixture[str]
):
    why = {"code": "image_broken", "detail": "It is damaged."}
    answered.on("GET", BATCH, batch(failed=30))
    answered.on(
        "GET", f"{BATCH}/results", lines(*[item(n, "failed", error=why) for n in range(30)])
    )
    assert cli.main(["album", str(folder)], world=world) == 1
    _sent, _head, *told, more = capsys.readouterr().err.splitlines()
    assert told == [f"  {n}.jpg: It is damaged. (image_broken)" for n in range(20)]
    assert more.endswith("sightsong batches results b-1 --state failed")


def test_an_album_of_which_nothing_is_answered_has_no_playlist(
    answered: FakeService, world: World, folder: Path, capsys: pytest.CaptureFixture[str]
):
    answered.on("GET", BATCH, batch("canceled", canceled=3))
    assert cli.main(["album", str(folder), "--json"], world=world) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["playlist"] is None
    assert printed.err.splitlines()[1:] == ["3 of 3 have no answer:", "  3 canceled"]
    assert answered.asked("GET", f"{BATCH}/playlist") == []


def test_ctrl_c_leaves_the_batch_running_and_says_its_id(
    answered: FakeService, world: World, folder: Path, capsys: pytest.CaptureFixture[str]
):
    answered.on("GET", BATCH, batch("running", running=3), KeyboardInterrupt())
    assert cli.main(["album", str(folder)], world=world) == 130
    _sent, said, *ways = capsys.readouterr().err.splitlines()
    assert said == "the batch goes on in the service:"
    assert ways[0].startswith("  sightsong batches follow b-1")
    assert {request.method for request in answered.requests[1:]} == {"GET"}


def test_ctrl_c_while_photos_are_sent_says_how_to_see_whether_they_arrived(
    service: FakeService, world: World, folder: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/batches", KeyboardInterrupt())
    assert cli.main(["album", str(folder)], world=world) == 130
    assert capsys.readouterr().err.endswith("this tells: sightsong batches list\n")


def test_a_playlist_that_cannot_be_written_is_told_with_another_way_to_it(
    answered: FakeService, folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "gone").mkdir()
    out = folder / "gone" / "out.json"

    def vanish(_seconds: float) -> None:
        out.parent.rmdir()

    patience = Patience(pause=vanish)
    answered.on("GET", BATCH, batch(succeeded=3))
    here = World(transport=answered.transport, patience=patience)
    assert cli.main(["album", str(folder), "--playlist", str(out)], world=here) == 1
    told = capsys.readouterr().err
    assert f"cannot write {out}" in told
    assert "sightsong batches playlist b-1 --out FILE" in told


def test_a_batch_is_followed_through_a_restart_of_the_service(service: FakeService, client: Client):
    away = [httpx.ConnectError("away")] * 6
    service.on("GET", BATCH, batch("running", running=3), *away, batch(succeeded=3))
    begun = client.batch("b-1")
    assert albums.follow(client, Screen(as_json=True), begun) == batch(succeeded=3)


def test_a_service_that_stays_away_is_told_with_the_batch_that_goes_on(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", BATCH, batch("running", running=3), httpx.ConnectError("away"))
    assert cli.main(["batches", "follow", "b-1"], world=world) == 3
    assert "the batch goes on in the service:" in capsys.readouterr().err


def test_where_no_terminal_is_a_long_batch_is_told_of_now_and_then(
    service: FakeService,
    client: Client,
    capsys: pytest.CaptureFixture[str],
    ticking: Callable[[], float],
):
    steps = [batch("running", running=4 - done, succeeded=done) for done in range(4)]
    service.on("GET", BATCH, *steps, batch(succeeded=4))
    albums.follow(client, Screen(as_json=True), client.batch("b-1"), clock=ticking)
    assert capsys.readouterr().err.splitlines() == ["1 of 4 done", "3 of 4 done"]


@pytest.fixture
def ticking() -> Callable[[], float]:
    """A clock on which each look takes more than half of what lies between two lines."""
    seconds = iter(range(0, 1000, 16))
    return lambda: float(next(seconds))


@pytest.mark.parametrize(
    ("said", "photos", "told"),
    [
        ([], 120, "2 tracks for 120 photos: nothing else was among the matches"),
        (["--tracks", "9"], 2, "2 tracks for the 9 that you asked for: nothing else was"),
        ([], 2, None),
        (["--tracks", "2"], 120, None),
    ],
)
def test_a_playlist_that_is_shorter_than_asked_says_why(  # noqa: PLR0913 - its cases
    answered: FakeService,
    world: World,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    said: list[str],
    photos: int,
    told: str | None,
):
    answered.on("GET", f"{BATCH}/playlist", {**PLAYLIST, "photos": photos})
    assert cli.main(["album", str(folder), *said], world=world) == 0
    lines = capsys.readouterr().err.splitlines()[1:]
    assert lines == [] if told is None else lines[0].startswith(told)
    assert all("`sightsong album --topk 20`" in line for line in lines)


def test_photos_that_are_called_alike_are_told_apart_by_their_folders(
    answered: FakeService, world: World, folder: Path
):
    (folder / "day 2" / "b.jpg").write_bytes(b"another")
    assert cli.main(["album", str(folder)], world=world) == 0
    assert sent_names(answered) == ["a.JPEG", "b.jpg", "day 2/b.jpg", "c.webp"]
