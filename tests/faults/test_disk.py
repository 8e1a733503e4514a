"""A full disk: what is refused says so before it is accepted, reads go on, and all recovers.

The database's own disk is `test_database.py`'s.
"""

import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import DEMO_PHOTOS, DEMO_TRACKS, Service
from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.disks import SmallDisk, small_disk
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.row(16), pytest.mark.faults]

_MB = 1024 * 1024
_RESERVE = 8 * _MB
#: Of a refusal, on two cores that others use as well.
_AT_ONCE_S = 1.0


@pytest.fixture
def blob_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "data" / "blobs", size_bytes=24 * _MB) as disk:
        yield disk


@pytest.fixture
def index_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "data" / "library", size_bytes=16 * _MB) as disk:
        yield disk


@pytest.fixture
def music_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Where uploads wait, are unpacked, and stay: all on one disk, as they do by default."""
    with small_disk(tmp_path / "data", size_bytes=48 * _MB) as disk:
        yield disk


def refusals(crowd: Crowd) -> dict[str, int]:
    return {what: n for what, n in crowd.ledger.answers().items() if not what.startswith("20")}


def reads_work(service: Service, job_id: str) -> bool:
    """Whether what needs no room is answered: a job, the library, words."""
    found = service.client.post("/v1/jobs", json={"text": "calm"}, headers={"Prefer": "wait=20"})
    return (
        service.job(job_id)["state"] == "succeeded"
        and service.client.get("/v1/tracks").status_code == 200
        and found.json()["state"] == "succeeded"
    )


@pytest.mark.parametrize("reserve", [0, _RESERVE], ids=["to the brim", "to the reserve"])
def test_a_full_disk_for_photos_refuses_before_it_accepts_and_recovers(
    blob_disk: SmallDisk, estate: Estate, figures: Figures, reserve: int
):
    service = estate.service
    service.env["SIGHTSONG_DISK_RESERVE_BYTES"] = str(reserve)
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=16)
    before = crowd.send(10)
    blob_disk.fill(leaving_bytes=reserve // 2)
    photo = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
    tried = [crowd.try_once(f"full-{i}", photo) for i in range(20)]
    assert {(one.status, one.code) for one in tried} == {(503, "insufficient_storage")}
    assert set(crowd.follow_all(before).values()) == {"succeeded"}
    assert reads_work(service, before[0])
    assert not list(blob_disk.folder.rglob("*.part"))
    blob_disk.make_room()
    again = [crowd.try_once(f"full-{i}", photo) for i in range(20)]
    assert set(crowd.follow_all([one.job_id for one in again]).values()) == {"succeeded"}
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("slowest refusal", max(one.took_s for one in tried), "s", at_most=_AT_ONCE_S)


def test_a_refusal_for_want_of_room_says_when_to_come_again(blob_disk: SmallDisk, embedded: Estate):
    service = embedded.service
    service.up()
    blob_disk.fill()
    photo = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
    answer = service.client.post("/v1/jobs", content=photo, headers={"Content-Type": "image/jpeg"})
    assert (answer.status_code, answer.json()["code"]) == (503, "insufficient_storage")
    assert int(answer.headers["Retry-After"]) >= 1
    assert str(service.data_dir) not in answer.text


def rebuild(service: Service) -> str:
    job_id: str = service.client.post("/v1/indexes").raise_for_status().json()["id"]
    return job_id


def test_a_full_disk_for_the_index_leaves_the_old_one_and_is_built_when_there_is_room(
    index_disk: SmallDisk, estate: Estate, figures: Figures
):
    service = estate.service
    service.up()
    service.ingest(DEMO_TRACKS)
    old = service.client.get("/v1/indexes").json()["active"]
    photo = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
    index_disk.fill()
    job_id = rebuild(service)
    wait_until(lambda: "insufficient_storage" in str(service.job(job_id)), within_s=20)
    assert service.client.get("/v1/indexes").json()["active"] == old
    answer = service.finish(service.submit(photo))
    assert answer["result"]["receipt"]["index_snapshot"] == old
    assert not list(index_disk.folder.glob("*/.building-*"))
    index_disk.make_room()
    began = time.monotonic()
    wait_until(
        lambda: (
            service.client.get("/v1/indexes").json()["active"] != old
            or service.job(job_id)["state"] == "failed"
        ),
        within_s=60,
        every_s=0.1,
    )
    if service.job(job_id)["state"] == "failed":  # it gave up: a person asks again
        assert service.finish(rebuild(service))["state"] == "succeeded"
    figures.measured("to the new index once there is room", time.monotonic() - began, "s")
    assert reads_work(service, answer["id"])


def upload(service: Service, tracks: list[Path]) -> tuple[int, str]:
    """Upload music; the status and the code, or the ingest's id."""
    files = [("file", (track.name, track.read_bytes(), "audio/ogg")) for track in tracks]
    answer = service.client.post("/v1/ingests", files=files)
    told = answer.json()
    return answer.status_code, str(told.get("code") or told["id"])


def test_a_full_disk_for_music_refuses_an_upload_and_takes_it_when_there_is_room(
    music_disk: SmallDisk, on_servers: Estate
):
    """On servers: there the database lies elsewhere."""
    service = on_servers.service
    service.env["SIGHTSONG_DISK_RESERVE_BYTES"] = str(_RESERVE)
    service.up()
    tracks = sorted(DEMO_TRACKS.glob("*.ogg"))[:4]
    music_disk.fill(leaving_bytes=_RESERVE // 2)
    assert upload(service, tracks) == (503, "insufficient_storage")
    assert not [path for path in (music_disk.folder / "inbox").rglob("*") if path.is_file()]
    music_disk.make_room()
    status, ingest = upload(service, tracks)
    assert status == 202
    url = f"/v1/ingests/{ingest}"
    wait_until(lambda: service.client.get(url).json()["done"], within_s=60, every_s=0.1)
    assert service.client.get(url).json()["tracks"]["succeeded"] == 4


def test_an_archive_for_which_there_is_no_room_is_tried_again_when_there_is(
    music_disk: SmallDisk, on_servers: Estate, tmp_path: Path
):
    service = on_servers.service
    service.env["SIGHTSONG_DISK_RESERVE_BYTES"] = str(_RESERVE)
    service.up()
    archive = tmp_path / "music.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for track in sorted(DEMO_TRACKS.glob("*.ogg"))[:4]:
            packed.write(track, track.name)
    music_disk.fill(leaving_bytes=_RESERVE // 2)
    answer = service.client.post("/v1/ingests", json={"path": str(archive)})
    url = f"/v1/ingests/{answer.raise_for_status().json()['id']}"
    wait_until(lambda: "insufficient_storage" in service.client.get(url).text, within_s=20)
    kept = [music_disk.folder / "scratch", music_disk.folder / "music"]
    assert not [path for folder in kept for path in folder.rglob("*") if path.is_file()]
    music_disk.make_room()
    wait_until(lambda: service.client.get(url).json()["done"], within_s=60, every_s=0.1)
    assert service.client.get(url).json()["tracks"]["succeeded"] == 4


def test_a_disk_without_a_byte_left_for_logs_either_stops_nothing_that_needs_no_room(
    music_disk: SmallDisk, on_servers: Estate
):
    service = on_servers.service
    service.up()
    service.ingest(DEMO_TRACKS)
    crowd = Crowd(str(service.client.base_url), seed=16)
    before = crowd.send(3)
    crowd.follow_all(before)
    music_disk.fill()
    photo = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
    tried = [crowd.try_once(f"brim-{i}", photo) for i in range(5)]
    assert {(one.status, one.code) for one in tried} == {(503, "insufficient_storage")}
    assert all(reads_work(service, before[0]) for _ in range(10))
    music_disk.make_room()
    again = [crowd.try_once(f"brim-{i}", photo) for i in range(5)]
    assert set(crowd.follow_all([one.job_id for one in again]).values()) == {"succeeded"}
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
