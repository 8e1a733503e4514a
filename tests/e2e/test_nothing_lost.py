"""Accepted means durable: processes die, jobs do not. A short part of the fault suite."""

import signal
from pathlib import Path

import pytest

from tests.e2e.service import DEMO_PHOTOS, Service
from tests.waiting import wait_until

pytestmark = pytest.mark.processes


def photo() -> bytes:
    return min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()


def succeeded(service: Service) -> int:
    return int(service.rows("SELECT count(*) FROM jobs WHERE state = 'succeeded'")[0][0])


def test_the_only_worker_killed_three_times_loses_and_doubles_nothing(own_service: Service):
    own_service.up()
    worker = own_service.process_of("workers")
    ids = [own_service.submit(photo()) for _ in range(60)]
    for done in (5, 15, 25):
        wait_until(lambda done=done: succeeded(own_service) >= done, within_s=60)
        own_service.kill(worker)
        worker = own_service.start("workers")
    jobs = [own_service.finish(job_id) for job_id in ids]
    assert {job["state"] for job in jobs} == {"succeeded"}
    assert own_service.rows("SELECT count(*) FROM results") == [(60,)]
    assert max(job["attempt"] for job in jobs) > 1  # a kill did hit somebody's batch


def test_a_worker_told_to_stop_finishes_or_gives_back(own_service: Service):
    own_service.up()
    stopped = own_service.start("workers")
    wait_until(lambda: own_service.alive("workers") == 2, within_s=30)
    ids = [own_service.submit(photo()) for _ in range(40)]
    wait_until(lambda: succeeded(own_service) >= 3, within_s=60)
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(20) == 0
    jobs = [own_service.finish(job_id) for job_id in ids]
    assert {job["state"] for job in jobs} == {"succeeded"}
    assert {job["attempt"] for job in jobs} == {1}


def test_jobs_accepted_while_no_worker_lives_are_run_when_one_comes(own_service: Service):
    own_service.up()
    service_worker = own_service.process_of("workers")
    own_service.kill(service_worker)
    ids = [own_service.submit(photo()) for _ in range(3)]
    own_service.start("workers")
    assert {own_service.finish(job_id)["state"] for job_id in ids} == {"succeeded"}


def test_an_indexer_killed_in_its_work_leaves_the_old_index_and_comes_back(
    own_service: Service, tmp_path: Path
):
    own_service.up()
    music = tmp_path / "music"
    music.mkdir()
    tracks = sorted((DEMO_PHOTOS.parent / "library").glob("*.ogg"))[:3]
    (music / tracks[0].name).write_bytes(tracks[0].read_bytes())
    own_service.ingest(music)
    for track in tracks[1:]:
        (music / track.name).write_bytes(track.read_bytes())
    own_service.client.post("/v1/ingests", json={"path": str(music)})
    own_service.kill(own_service.process_of("indexer"))
    answered = own_service.finish(own_service.submit(photo()))
    assert len(answered["result"]["matches"]) >= 1
    own_service.start("indexer")
    own_service.ingest(music)
    answered = own_service.finish(own_service.submit(photo()))
    assert len(answered["result"]["matches"]) == 3
