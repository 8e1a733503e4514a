"""A service that is lost comes back from its backup: the same answers, and nothing forgotten."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.service import DEMO_PHOTOS, DEMO_TRACKS, ROOT, Service
from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.ledger import Ledger
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.faults]

PHOTOS = [photo.read_bytes() for photo in sorted(DEMO_PHOTOS.glob("*.jpg"))]
TEXTS = ["calm piano for a rainy evening", "fast happy dance music"]


def run(service: Service, command: str, file: Path, *more: str) -> dict[str, Any]:
    """Run a command on a service's database and data folder; what it tells programs."""
    ended = subprocess.run(
        [sys.executable, "-m", "sightsong.cli", command, str(file), "--json", *more],
        cwd=ROOT,
        env=service.env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


@contextmanager
def another(estate: Estate, folder: Path) -> Iterator[Service]:
    """An empty service of the same kind as an estate's, not yet up."""
    env = {}
    if estate.postgres and estate.redis:
        urls = (estate.postgres.create("restored"), estate.redis.url.replace("/0", "/1"))
        env = dict(zip(("SIGHTSONG_DATABASE_URL", "SIGHTSONG_BROKER_URL"), urls, strict=True))
    service = Service(folder, env=env)
    if env:
        migrated = [sys.executable, "-m", "sightsong.cli", "migrate"]
        subprocess.run(migrated, cwd=ROOT, env=service.env, check=True, capture_output=True)
    try:
        yield service
    finally:
        service.down()


def answers(service: Service) -> list[Any]:
    """What a service finds for some photos and words."""
    asked = [service.submit(photo, top_k=10) for photo in PHOTOS]
    for text in TEXTS:
        told = service.client.post("/v1/jobs", json={"text": text, "top_k": 10})
        asked.append(told.raise_for_status().json()["id"])
    found = [service.finish(job_id) for job_id in asked]
    assert [job["state"] for job in found] == ["succeeded"] * len(asked)
    return [job["result"]["matches"] for job in found]


def is_indexed(service: Service) -> bool:
    """Whether a snapshot of all tracks serves."""
    indexes = service.client.get("/v1/indexes").json()
    return bool(indexes["active"]) and not indexes["stale"]


def all_ended(service: Service) -> bool:
    return service.rows("SELECT count(*) FROM jobs WHERE finished_at IS NULL") == [(0,)]


def test_a_service_that_is_lost_answers_as_before_from_its_backup(
    estate: Estate, figures: Figures, tmp_path: Path
):
    old, file = estate.service, tmp_path / "backup.tar"
    old.up()
    old.ingest(DEMO_TRACKS)
    preferred = {"favourite_genres": ["jazz"], "alpha": 0.4}
    old.client.put("/v1/me/preferences", json=preferred).raise_for_status()
    liked = old.client.get("/v1/me/preferences").json()
    before = answers(old)
    kept = [old.submit(PHOTOS[0]) for _ in range(3)]
    ended = [old.finish(job_id) for job_id in kept]
    old.kill(old.living("workers")[0])
    waiting = [old.submit(photo) for photo in PHOTOS]
    saved = run(old, "backup", file)
    figures.measured("photos of jobs that wait, saved", saved["photos"], at_least=len(waiting))
    old.down()
    with another(estate, tmp_path / "new") as new:
        began = time.monotonic()
        restored = run(new, "restore", file)
        figures.measured("restored in", time.monotonic() - began, "s")
        new.up()
        assert (restored["digest"], restored["rows"]) == (saved["digest"], saved["rows"])
        assert {new.finish(job_id)["state"] for job_id in waiting} == {"succeeded"}
        assert [new.job(job_id)["result"] for job_id in kept] == [one["result"] for one in ended]
        assert new.client.get("/v1/me/preferences").json() == liked
        wait_until(lambda: is_indexed(new), within_s=60, every_s=0.1)
        assert answers(new) == before


def test_a_backup_of_a_busy_service_is_of_one_moment_and_nobody_waits_for_it(
    estate: Estate, figures: Figures, tmp_path: Path
):
    old, file = estate.service, tmp_path / "backup.tar"
    old.up()
    old.ingest(DEMO_TRACKS)
    crowd = Crowd(str(old.client.base_url), seed=31)
    with crowd.pulsing(per_s=10):
        time.sleep(2)
        saved = run(old, "backup", file)
    crowd.close()
    assert checker.violations(old, crowd.ledger) == []
    refused = [one for one in crowd.ledger.all_sent if one.status not in (200, 202)]
    figures.measured("submits that a backup held up or refused", len(refused), at_most=0)
    old.down()
    with another(estate, tmp_path / "new") as new:
        run(new, "restore", file, "--check")
        run(new, "restore", file)
        new.up()
        wait_until(lambda: all_ended(new), within_s=60, every_s=0.1)
        assert checker.violations(new, Ledger()) == []
        figures.measured("jobs in the backup", saved["rows"]["jobs"], at_least=13)
