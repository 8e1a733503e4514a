"""One API process stands still: another one serves, and a retry there makes no second job."""

import itertools
import time

import httpx
import pytest

from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.inside import freeze_between_writes
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.row(29), pytest.mark.faults]

#: How long a client waits for an answer before it asks the other process.
_PATIENCE_S = 3.0


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def test_an_api_that_stands_still_for_ten_seconds_is_served_for_by_another(
    estate: Estate, figures: Figures
):
    service = estate.service
    service.up()
    port = free_port()
    service.start("api", env={"SIGHTSONG_PORT": str(port)})
    urls = [str(service.client.base_url), f"http://127.0.0.1:{port}"]
    turn = itertools.count()
    crowd = Crowd(lambda: urls[next(turn) % 2], seed=29, patience_s=_PATIENCE_S)
    wait_until(lambda: answers(urls[1]), within_s=60, every_s=0.1)
    with crowd.pulsing(per_s=6, threads=6):
        time.sleep(3)
        first = service.living("api")[0]
        freeze_between_writes(service, first)
        before = len(crowd.ledger.job_ids)
        time.sleep(10)
        served = len(crowd.ledger.job_ids) - before
        service.thaw(first)
        time.sleep(4)
    crowd.follow_all(sorted(crowd.ledger.job_ids))
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    [(jobs,)] = service.rows("SELECT count(*) FROM jobs WHERE kind = 'photo'")
    tried = [one.key for one in crowd.ledger.all_sent]
    figures.measured("taken while one stood still", served, at_least=5)
    figures.measured("submits sent again", len(tried) - len(set(tried)), at_least=1)
    figures.measured("jobs beyond one for each key", jobs - len(set(tried)), at_most=0)
