"""The bell itself, on files and on Redis: rings that are lost, too many, or cannot be left."""

import shutil
import time

import pytest

from sightsong.core.jobs import JobId, JobState, Queue
from tests.e2e.service import Service
from tests.faults import checker
from tests.faults.bells import RUNG_ONLY, bell_of, broker_status, job_of, leave
from tests.faults.crowd import DEMO_PHOTOS, Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

PHOTO = DEMO_PHOTOS[0]


def seconds_to_start(service: Service, job_id: JobId) -> float:
    """From a job's commit to the start of its work, by the database's clock; it has succeeded."""
    wait_until(lambda: job_of(service, job_id).state.is_final, within_s=30, every_s=0.05)
    job = job_of(service, job_id)
    assert job.state is JobState.SUCCEEDED
    assert job.started_at is not None
    return job.started_at - job.created_at


@pytest.mark.row(13)
@pytest.mark.faults
@pytest.mark.parametrize("found_by", ["relay", "fallback"])
def test_a_job_whose_api_was_killed_before_the_ring_begins_soon(
    estate: Estate, figures: Figures, found_by: str
):
    service = estate.service
    if found_by == "relay":
        service.env.update(RUNG_ONLY)
    service.up()
    service.finish(service.submit(PHOTO.read_bytes()))  # all is warm
    service.kill(service.process_of("api"))
    took = [seconds_to_start(service, leave(service, PHOTO)) for _ in range(3)]
    bar_s = 3.0 if found_by == "relay" else 1.5  # a look each second, and the claim
    figures.measured(f"begun after, at worst, by the {found_by}", max(took), "s", at_most=bar_s)


@pytest.mark.row(19)
@pytest.mark.faults
def test_ten_rings_for_each_submit_change_nothing(estate: Estate, figures: Figures):
    service = estate.service
    service.up()
    bell = bell_of(service)
    crowd = Crowd(str(service.client.base_url), seed=19)
    usual_s = _worst_s(crowd, rings=lambda: None)
    rung_s = _worst_s(crowd, rings=lambda: [bell.ring(Queue.PHOTOS) for _ in range(10)])
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    attempts = service.rows("SELECT max(attempt) FROM jobs WHERE kind = 'photo'")
    figures.measured("attempts of a job, at most", attempts[0][0], at_most=1)
    figures.measured("worst from submit to end, rung once", usual_s, "s")
    figures.measured("worst from submit to end, rung 11 times", rung_s, "s", at_most=usual_s + 1.5)


def _worst_s(crowd: Crowd, *, rings) -> float:
    """The longest of twelve jobs, one after the other."""
    took = []
    for _ in range(12):
        began = time.monotonic()
        job_id = crowd.submit()
        assert job_id is not None
        rings()
        assert crowd.follow(job_id) == "succeeded"
        took.append(time.monotonic() - began)
    return max(took)


def test_a_folder_that_cannot_ring_degrades_and_holds_nothing_up(
    embedded: Estate, figures: Figures
):
    service = embedded.service
    folder = service.data_dir / "doorbell"
    service.up()
    shutil.rmtree(folder, ignore_errors=True)
    folder.touch()  # a file is where the folder should be
    began = time.monotonic()
    wait_until(lambda: broker_status(service) == "degraded", within_s=15, every_s=0.05)
    figures.measured("folder away: degraded after", time.monotonic() - began, "s", at_most=8)
    job = service.finish(service.submit(PHOTO.read_bytes()))
    assert job["state"] == "succeeded"
    folder.unlink()
    wait_until(lambda: broker_status(service) == "ok", within_s=15, every_s=0.05)
    assert list(service.events("doorbell.ended")) == []  # listeners live on


@pytest.mark.faults
def test_a_folder_full_of_old_rings_delays_nothing(embedded: Estate, figures: Figures):
    service = embedded.service
    home = service.data_dir / "doorbell" / "photos"
    home.mkdir(parents=True)
    for number in range(5000):
        (home / f"{number:020d}-old.json").write_text("[]", "utf-8")
    service.up()
    began = time.monotonic()
    assert service.finish(service.submit(PHOTO.read_bytes()))["state"] == "succeeded"
    figures.measured("5,000 old rings: submit to end", time.monotonic() - began, "s", at_most=2.5)
    wait_until(lambda: len(list(home.iterdir())) < 10, within_s=20)
