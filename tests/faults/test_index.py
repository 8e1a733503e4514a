"""The index: killed while it is built, damaged while it is served. The old one answers on."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.service import DEMO_PHOTOS, DEMO_TRACKS, Service
from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

#: Half built, a snapshot has so many files when the indexer is killed.
_KILLED_AT = (1, 4, 8, 12, 16)


def with_library(service: Service) -> str:
    """Bring a service up that has music; the version of its snapshot."""
    service.up()
    service.ingest(DEMO_TRACKS)
    return active(service)


def active(service: Service) -> str:
    version: str = service.client.get("/v1/indexes").json()["active"]
    return version


def answered_by(service: Service) -> str:
    """The snapshot that a photo is answered from, by the workers."""
    job = service.finish(service.submit(min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()))
    assert job["state"] == "succeeded", job
    version: str = job["result"]["receipt"]["index_snapshot"]
    return version


def half_built(service: Service) -> Iterator[Path]:
    return (service.data_dir / "library").glob("*/.building-*")


def files_half_built(service: Service) -> int:
    """How many files there are of a snapshot that is being built."""
    try:
        return sum(len(list(folder.iterdir())) for folder in half_built(service))
    except FileNotFoundError:  # it has just been given its name
        return 0


def kill_in_the_midst(service: Service, *, files: int) -> str:
    """Have a snapshot built, and kill the indexer once it has so many files; the rebuild's id."""
    (indexer,) = service.living("indexer")
    job: str = service.client.post("/v1/indexes").raise_for_status().json()["id"]
    wait_until(lambda: files_half_built(service) >= files, within_s=20, every_s=0.0)
    service.kill(indexer)
    return job


@pytest.mark.row(14)
@pytest.mark.faults
@pytest.mark.long
def test_an_indexer_killed_in_a_rebuild_leaves_the_old_index_and_goes_on_with_it(
    estate: Estate, figures: Figures
):
    service = estate.service
    old = with_library(service)
    crowd = Crowd(str(service.client.base_url), seed=14)
    midway, slowest_s = 0, 0.0
    with crowd.pulsing(per_s=3, threads=2):
        for files in _KILLED_AT:
            job = kill_in_the_midst(service, files=files)
            midway += any(half_built(service))
            assert (active(service), answered_by(service)) == (old, old)
            before = len(list(service.events("worker.started")))
            service.start("indexer")
            wait_until(
                lambda n=before: len(list(service.events("worker.started"))) > n, within_s=60
            )
            began = time.monotonic()
            assert service.finish(job)["state"] == "succeeded"
            slowest_s = max(slowest_s, time.monotonic() - began)
            wait_until(lambda old=old: answered_by(service) != old, within_s=10)
            assert not any(half_built(service))
            old = active(service)
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("kills with a snapshot half built", midway, at_least=3)
    # What is left of the dead one's lease, a look, and a build.
    figures.measured("from the start of another to the new index", slowest_s, "s", at_most=8)


def cut_short(path: Path) -> None:
    os.truncate(path, 0)


def halved(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flipped(path: Path) -> None:
    """Turn over one bit in place."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


_DAMAGES: list[tuple[str, Callable[[Path], None]]] = [
    ("vectors.bin", cut_short),
    ("windows.bin", cut_short),
    ("ids.bin", halved),
    ("vectors.bin", flipped),
    ("windows.bin", flipped),
    ("manifest.json", flipped),
]


@pytest.mark.row(15)
@pytest.mark.faults
@pytest.mark.long
def test_a_snapshot_damaged_while_it_is_served_is_replaced_and_kills_nobody(
    estate: Estate, figures: Figures
):
    service = estate.service
    with_library(service)
    processes = [service.process_of(door) for door in ("api", "workers", "indexer")]
    crowd = Crowd(str(service.client.base_url), seed=15)
    slowest_s = 0.0
    with crowd.pulsing(per_s=8), refined_again_and_again(service) as statuses:
        for name, damage in _DAMAGES:
            bad = active(service)
            (path,) = (service.data_dir / "library").glob(f"*/{bad}/{name}")
            began = time.monotonic()
            damage(path)
            if name == "manifest.json":
                # A reader that has it open has read it: it is for those that open it next.
                service.client.post(f"/v1/indexes/{bad}/verify").raise_for_status()
            wait_until(lambda bad=bad: is_replaced(service, bad), within_s=40, every_s=0.05)
            slowest_s = max(slowest_s, time.monotonic() - began)
    crowd.close()
    assert [process.poll() for process in processes] == [None] * 3
    assert checker.violations(service, crowd.ledger) == []
    assert set(statuses) <= {200, 503}
    figures.measured("photos answered meanwhile", len(crowd.ledger.endings), at_least=20)
    figures.measured("from the damage to another snapshot", slowest_s, "s", at_most=20)
    figures.measured("slowest photo", crowd.ledger.done_s[-1], "s", at_most=10)


def is_replaced(service: Service, bad: str) -> bool:
    """Whether all are well again, with another snapshot than the bad one."""
    check = service.client.get("/readyz").json()["checks"]["index"]
    return check["status"] == "ok" and active(service) != bad and answered_by(service) != bad


@contextmanager
def refined_again_and_again(service: Service) -> Iterator[list[int]]:
    """Have the API itself search the whole time; the statuses of its answers."""
    photo = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
    url = f"{service.client.base_url}/v1/jobs/{service.finish(service.submit(photo))['id']}/refine"
    statuses: list[int] = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.05):
            statuses.append(service.client.post(url, json={"calmer": 0.5}).status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield statuses
    finally:
        over.set()
        thread.join(60)
