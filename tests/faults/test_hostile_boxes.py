"""Archives, manifests and paths made to harm, through the real door and the real ingest."""

import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.service import DEMO_TRACKS, Service
from tests.faults.figures import Figures
from tests.faults.hostile_boxes import (
    ODD_NAMES,
    WAYS_OUT,
    hostile_tar,
    hostile_zip,
    lying_zip,
    tar_bomb,
    zip_bomb,
)
from tests.faults.processes import memory_of
from tests.faults.test_hostile_audio import asked, problems_of
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

_KEPT = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,8})?")
_BOMB = 1024 * 2**20
#: Of an ingest that is refused or has little in it, on a machine that does other things too.
_LONGEST_S = 20.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of one's own, whose library folder is the only one that may be read."""
    folder = tmp_path_factory.mktemp("boxes")
    (folder / "music").mkdir()
    env = {"SIGHTSONG_LIBRARY_ROOT": str(folder / "music")}
    service = Service(folder / "data", env=env)
    try:
        service.up()
        yield service
    finally:
        service.down()


@pytest.fixture
def music(service: Service, request: pytest.FixtureRequest) -> Path:
    """A new folder in the library folder."""
    name = re.sub(r"\W+", "-", request.node.name)[:60]
    folder = Path(service.env["SIGHTSONG_LIBRARY_ROOT"]) / name
    folder.mkdir()
    return folder


@pytest.fixture
def sound() -> bytes:
    return min(DEMO_TRACKS.glob("*.ogg"), key=lambda path: path.stat().st_size).read_bytes()


def through(service: Service, ingest: str) -> dict[str, Any]:
    """Wait for the end of an ingest; how it ended."""
    wait_until(lambda: service.client.get(ingest).json()["done"], within_s=60, every_s=0.05)
    told: dict[str, Any] = service.client.get(ingest).json()
    return told


def codes(service: Service, ingest: str) -> dict[str, str]:
    """What could not be taken in, and why; by the last part of the name that is shown."""
    return {one["file"].rpartition(": ")[2]: one["code"] for one in problems_of(service, ingest)}


def files_of(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def is_well(service: Service) -> bool:
    return all(service.process_of(door).poll() is None for door in ("api", "workers", "indexer"))


@pytest.mark.parametrize("pack", [hostile_zip, hostile_tar])
def test_nothing_gets_out_of_an_archive_and_its_good_track_gets_in(
    service: Service, sound: bytes, pack: Callable[[bytes], bytes]
):
    outside = service.data_dir.parent
    before = files_of(outside) - files_of(service.data_dir)
    name = "evil.zip" if pack is hostile_zip else "evil.tar.gz"
    ingest = asked(service, files={"file": (name, pack(sound))})
    report = through(service, ingest)
    found = codes(service, ingest)
    unsafe = [one for one, code in found.items() if code == "unsafe_member"]
    assert len(unsafe) == len(WAYS_OUT) + (3 if pack is hostile_zip else 5)
    assert set(found.values()) <= {"unsafe_member", "archive_refused"}
    scan = report["scan"]
    # The same tracks may have come in with the other archive.
    assert scan["new"] + scan["known"] + scan["duplicates"] == len(ODD_NAMES) + 1, report
    assert not report["failed"]
    assert files_of(outside) - files_of(service.data_dir) == before
    assert all(_KEPT.fullmatch(Path(path).name) for path in files_of(service.data_dir / "music"))
    assert is_well(service)


@pytest.mark.faults
def test_odd_names_are_shown_as_they_are_on_one_line_and_break_no_log(
    service: Service, sound: bytes
):
    through(service, asked(service, files={"file": ("evil.zip", hostile_zip(sound))}))
    titles = [track["title"] for track in every_track(service)]
    assert titles
    assert all(title.isprintable() for title in titles)
    for log in service.data_dir.glob("logs/*.log"):
        for line in log.read_text("utf-8").splitlines():
            assert isinstance(json.loads(line), dict), line
    assert not list(service.events("Set-Cookie"))
    assert service.client.get("/v1/tracks", params={"q": ODD_NAMES[3]}).status_code == 200
    # Answers are JSON that no browser takes for a page.
    answer = service.client.get("/v1/tracks")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"


def every_track(service: Service) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = service.client.get("/v1/tracks", params={"limit": 100}).json()[
        "items"
    ]
    return items


@pytest.mark.faults
@pytest.mark.parametrize("pack", [zip_bomb, lying_zip, tar_bomb])
def test_a_bomb_is_refused_before_it_goes_off(
    service: Service, figures: Figures, pack: Callable[..., bytes]
):
    name = "bomb.tar.gz" if pack is tar_bomb else "bomb.zip"
    bomb = pack(unpacked_bytes=_BOMB)
    indexer = service.process_of("indexer")
    base, began = memory_of(indexer.pid), time.monotonic()
    ingest = asked(service, files={"file": (name, bomb)})
    report = through(service, ingest)
    took_s = time.monotonic() - began
    told = (
        {report["error"]["code"]} if report.get("error") else set(codes(service, ingest).values())
    )
    assert told <= {"archive_refused"}, report
    assert told
    figures.measured(f"{pack.__name__}: until it is refused", took_s, "s", at_most=_LONGEST_S)
    grown = (memory_of(indexer.pid) - base) / 2**20
    figures.measured(f"{pack.__name__}: memory of the indexer", grown, "MiB", at_most=64)
    scratch = service.data_dir / "scratch"
    assert not files_of(scratch)
    assert is_well(service)


@pytest.mark.faults
def test_what_is_no_file_among_the_music_is_passed_over_or_told(
    service: Service, music: Path, sound: bytes
):
    (music / "good.ogg").write_bytes(sound + b"good")
    os.mkfifo(music / "fifo.mp3")
    os.mkfifo(music / "cover.jpg")
    (music / "link.mp3").symlink_to("/etc/passwd")
    (music / "round").symlink_to(music)
    (music / "zero.wav").symlink_to("/dev/zero")
    (music / "up").symlink_to("/")
    os.mknod(music / "socket.mp3", stat.S_IFSOCK | 0o600)
    before = {one["id"] for one in every_track(service)}
    ingest = asked(service, json={"path": str(music)})
    report = through(service, ingest)
    assert set(codes(service, ingest).values()) <= {"unreadable"}
    assert report["scan"]["new"] == 1
    taken_in = [one for one in every_track(service) if one["id"] not in before]
    assert len(taken_in) == 1
    began = time.monotonic()
    for one in taken_in:
        assert service.client.get(f"/v1/tracks/{one['id']}/cover").status_code in (200, 404)
        assert service.client.get(f"/v1/tracks/{one['id']}/audio").status_code == 200
    assert time.monotonic() - began < _LONGEST_S
    assert is_well(service)


@pytest.mark.faults
def test_a_track_whose_file_becomes_a_way_out_is_gone_for_all_who_ask(
    service: Service, music: Path, sound: bytes
):
    path = music / "turncoat.ogg"
    path.write_bytes(sound + b"turncoat")
    before = {one["id"] for one in every_track(service)}
    through(service, asked(service, json={"path": str(music)}))
    (track,) = {one["id"] for one in every_track(service)} - before
    for turn in (lambda: path.symlink_to("/etc/passwd"), lambda: os.mkfifo(path)):
        path.unlink()
        turn()
        answer = service.client.get(f"/v1/tracks/{track}/audio")
        assert (answer.status_code, answer.json()["code"]) == (404, "track_file_gone")
        preview = service.client.get(f"/v1/tracks/{track}/preview", params={"start": 0})
        assert preview.status_code in (404, 422)


@pytest.mark.faults
def test_a_manifest_leads_to_nothing_outside(service: Service, music: Path, sound: bytes):
    (music / "good.ogg").write_bytes(sound + b"manifest")
    os.mkfifo(music / "fifo.mp3")
    (music / "link.ogg").symlink_to("/etc/hostname")
    rows = [
        "path,title",
        "../../../../../../etc/passwd.mp3,out",
        f"{music}/../../data/sightsong.db.mp3,out",
        "/etc/passwd,out",
        "/dev/zero.wav,device",
        "fifo.mp3,fifo",
        "link.ogg,link",
        "/proc/self/environ.mp3,proc",
        '"a\0b.mp3",nul',
        '"good.ogg","<img src=x onerror=alert(1)>\r\nX: y"',
    ]
    (music / "list.csv").write_text("\n".join(rows), "utf-8", newline="")
    ingest = asked(service, json={"path": str(music / "list.csv")})
    report = through(service, ingest)
    found = problems_of(service, ingest)
    assert {one["code"] for one in found} <= {
        "path_not_allowed",
        "manifest_broken",
        "unsupported_audio",
    }
    assert len(found) == len(rows) - 2
    assert report["scan"]["new"] == 1
    assert not any("passwd:" in json.dumps(one) for one in found)


@pytest.mark.faults
@pytest.mark.parametrize(
    "path",
    [
        "/etc",
        "/dev/zero",
        "/proc/self/mem",
        "../../etc",
        "/",
        "~",
        "",
        "file:///etc",
        "a\0b",
        "/" + "x" * 5000,
    ],
)
def test_a_path_outside_of_the_library_is_refused_at_the_door(service: Service, path: str):
    answer = service.client.post("/v1/ingests", json={"path": path})
    assert (answer.status_code, answer.json()["code"]) in {
        (422, "path_not_allowed"),
        (422, "invalid_request"),
    }


@pytest.mark.faults
@pytest.mark.parametrize("inside", ["{root}/../data", "{root}/./../../", "{root}//../data/blobs"])
def test_a_path_that_climbs_out_is_refused_at_the_door(service: Service, inside: str):
    root = service.env["SIGHTSONG_LIBRARY_ROOT"]
    answer = service.client.post("/v1/ingests", json={"path": inside.format(root=root)})
    assert (answer.status_code, answer.json()["code"]) == (422, "path_not_allowed")
