"""Redis is a doorbell: whatever becomes of it, no job is lost and few are late."""

import time

import pytest

from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures

pytestmark = [pytest.mark.processes, pytest.mark.servers]


@pytest.mark.row(4)
@pytest.mark.faults
def test_a_redis_that_dies_for_two_seconds_delays_and_loses_nothing(
    on_servers: Estate, figures: Figures
):
    assert on_servers.redis
    service = on_servers.service
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=4)
    with crowd.pulsing(per_s=6):
        time.sleep(4)
        calm = len(crowd.ledger.done_s)
        usual_s = crowd.ledger.done_s[calm // 2]
        on_servers.redis.kill()
        time.sleep(2)
        on_servers.redis.start()
        time.sleep(4)
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("submits", len(crowd.ledger.job_ids), at_least=20)
    figures.measured("worst added latency", crowd.ledger.done_s[-1] - usual_s, "s", at_most=1.5)
