"""A cancel that races the end of a job."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.service import Service
from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.making import photos

pytestmark = [pytest.mark.processes, pytest.mark.faults]


def crowd_of(service: Service, *, seed: int) -> Crowd:
    return Crowd(str(service.client.base_url), seed=seed, photos=photos((96,)))


@pytest.mark.row(23)
def test_a_cancel_that_races_the_end_leaves_one_final_state(estate: Estate, figures: Figures):
    service = estate.service
    service.up()
    crowd = crowd_of(service, seed=23)
    chance = random.Random(23)  # noqa: S311 - a race that can be repeated
    usual_s = _usual_s(crowd)

    def race(_: int) -> str:
        job_id = crowd.submit()
        assert job_id is not None
        threading.Event().wait(chance.uniform(0, 2 * usual_s))
        told = crowd.cancel(job_id)
        state = crowd.follow(job_id)
        assert told in {"too late", state}
        return state

    with ThreadPoolExecutor(4) as pool:
        states = Counter(pool.map(race, range(300)))
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("canceled of 300", states["canceled"], at_least=10)
    figures.measured("succeeded of 300", states["succeeded"], at_least=10)
    figures.measured("otherwise", 300 - states["canceled"] - states["succeeded"], at_most=0)
    canceled_results = (
        "SELECT count(*) FROM results JOIN jobs ON jobs.id = results.job_id "
        "WHERE jobs.state = 'canceled'"
    )
    [[bad]] = service.rows(canceled_results)
    figures.measured("results of canceled jobs", bad, at_most=0)


def _usual_s(crowd: Crowd) -> float:
    """How long a photo takes while four clients ask at once, in seconds."""
    with crowd.pulsing(per_s=50, threads=4):
        threading.Event().wait(2)
    done_s = crowd.ledger.done_s
    return done_s[len(done_s) // 2]
