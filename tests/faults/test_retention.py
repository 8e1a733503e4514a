"""What has been kept long enough goes, on the real disk and by the real indexer, killed or not."""

import time
from collections.abc import Callable

import pytest

from tests.e2e.service import DEMO_PHOTOS, Service
from tests.faults import leftovers
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.leftovers import files_in
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

_DAY_S = 24 * 3600.0
#: Enough that a kill comes while many are left.
_MANY = 1000
#: A round goes through all of them; on two busy cores, with room to spare.
_ROUND_S = 60.0
#: The marks of jobs that are no more.
_ERASED = "jobs WHERE erased_at IS NOT NULL"


def killed_in_the_middle(service: Service, has_begun: Callable[[], bool]) -> int:
    """Start the indexer, and kill it when it has begun; how many photos are left then."""
    process = service.start("indexer")
    wait_until(has_begun, within_s=_ROUND_S, every_s=0.001)
    service.kill(process)
    left = len(files_in(service))
    assert left > 0, "it was killed too late to prove anything"
    return left


def resumed(service: Service) -> float:
    """Start the indexer again until no photo is left; how long that took, in seconds."""
    began = time.monotonic()
    service.start("indexer")
    wait_until(lambda: not files_in(service), within_s=_ROUND_S, every_s=0.05)
    return time.monotonic() - began


def count(service: Service, what: str) -> int:
    return int(service.rows(f"SELECT count(*) FROM {what}")[0][0])  # noqa: S608 - our own words


def test_a_round_that_is_killed_while_images_go_is_finished_by_the_next(
    embedded: Estate, figures: Figures
):
    service = embedded.service
    leftovers.answered(service, _MANY, ended_s=2 * _DAY_S, image_over_s=_DAY_S)
    left = killed_in_the_middle(service, lambda: count(service, "blobs") < _MANY)
    without_row = left - count(service, "blobs")
    figures.measured("images that a killed round left without a row", without_row, at_least=1)
    figures.measured("the next round took", resumed(service), "s", at_most=_ROUND_S)
    assert (count(service, "blobs"), count(service, "results")) == (0, _MANY)


@pytest.mark.faults
def test_a_round_that_is_killed_while_jobs_expire_is_finished_by_the_next(
    estate: Estate, figures: Figures
):
    service = estate.service
    leftovers.answered(service, _MANY, ended_s=31 * _DAY_S, image_over_s=None)
    left = killed_in_the_middle(service, lambda: count(service, _ERASED) > 0)
    without_row = left - count(service, "blobs")
    figures.measured("photos that a killed round left without a row", without_row, at_least=1)
    figures.measured("the next round took", resumed(service), "s", at_most=_ROUND_S)
    assert (count(service, "results"), count(service, "blobs")) == (0, 0)
    assert count(service, _ERASED) == _MANY


@pytest.mark.faults
def test_a_round_that_is_killed_while_orphans_go_is_finished_by_the_next(
    estate: Estate, figures: Figures
):
    service = estate.service
    leftovers.answered(service, 0, ended_s=0, image_over_s=None)
    for _ in range(_MANY):
        leftovers.orphan(service)
    left = killed_in_the_middle(service, lambda: len(files_in(service)) < _MANY)
    figures.measured("orphans left by a killed round", left, at_least=1)
    figures.measured("the next round took", resumed(service), "s", at_most=_ROUND_S)


@pytest.mark.faults
def test_bytes_without_a_row_go_after_an_hour_and_others_stay(estate: Estate):
    service = estate.service
    leftovers.answered(service, 3, ended_s=_DAY_S, image_over_s=-_DAY_S)
    kept = files_in(service)
    young, old = leftovers.orphan(service, age_s=1800), leftovers.orphan(service, age_s=3700)
    service.start("indexer")
    wait_until(lambda: old not in files_in(service), within_s=_ROUND_S, every_s=0.05)
    assert files_in(service) == {*kept, young}


@pytest.mark.faults
@pytest.mark.long
def test_a_photo_goes_on_its_schedule_or_at_once_and_its_answer_stays(
    estate: Estate, figures: Figures
):
    service = estate.service
    service.env["SIGHTSONG_IMAGE_KEEP_S"] = "1"
    service.up()
    photo = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
    ids = [_submit(service, photo, keep) for keep in (0, None, 3600)]
    ended = [service.finish(job_id) for job_id in ids]
    began = time.monotonic()
    wait_until(lambda: len(files_in(service)) == 1, within_s=150, every_s=0.1)
    late_s = time.monotonic() - began
    figures.measured("an image outlived its time by", late_s, "s", at_most=75)
    assert [service.job(job_id)["result"] for job_id in ids] == [one["result"] for one in ended]
    service.client.delete(f"/v1/jobs/{ids[2]}").raise_for_status()
    assert files_in(service) == set()


@pytest.mark.faults
def test_a_result_expires_and_its_id_says_so(estate: Estate):
    service = estate.service
    service.up()
    photo = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
    job_id = _submit(service, photo, None)
    service.finish(job_id)
    service.kill(service.living("indexer")[0])
    service.env["SIGHTSONG_JOB_KEEP_S"] = "0.5"
    service.start("indexer")
    url = f"/v1/jobs/{job_id}"
    wait_until(lambda: service.client.get(url).status_code == 410, within_s=30, every_s=0.1)
    assert service.client.get(url).json()["code"] == "job_erased"
    assert (count(service, "results"), files_in(service)) == (0, set())


def _submit(service: Service, photo: bytes, keep_image_s: int | None) -> str:
    params = {} if keep_image_s is None else {"keep_image_s": keep_image_s}
    answer = service.client.post(
        "/v1/jobs", content=photo, headers={"Content-Type": "image/jpeg"}, params=params
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])
