"""Random work under random harm: nothing is lost, nothing is done twice, whatever the order.

`python -m tests.faults.storm` lets one of any size rage, with the seed of an earlier one.
"""

import pytest

from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.nemesis import Plan
from tests.faults.storm import Storm, rage

pytestmark = [pytest.mark.processes, pytest.mark.row(2), pytest.mark.faults]


def hold(estate: Estate, figures: Figures, storm: Storm) -> None:
    """Let it rage, and keep its figures."""
    weather = rage(estate, storm)
    assert weather.breaches == (), str(weather)
    figures.measured("seed of the storm", storm.seed)
    figures.measured("jobs", weather.accepted, at_least=storm.jobs)
    figures.measured("batches", weather.batches)
    for harm, times in sorted(weather.harms.items()):
        figures.measured(harm, times)
    figures.measured("late writes fenced", weather.fenced, at_least=1)
    figures.measured("jobs that lost a lease", weather.crashed, at_least=1)
    figures.measured("submits sent again", weather.retries)


def plan_of(estate: Estate, *, kills: int, stops: int) -> Plan:
    """Hurt the servers too, where there are some."""
    has_servers = estate.postgres is not None
    return Plan(
        kills=kills,
        stops=stops,
        redis=max(2, kills // 4) if has_servers else 0,
        postgres=max(1, kills // 10) if has_servers else 0,
    )


def test_a_short_storm(estate: Estate, figures: Figures):
    plan = plan_of(estate, kills=5, stops=3)
    hold(estate, figures, Storm(jobs=200, plan=plan, seed=2))


@pytest.mark.long
def test_a_long_storm(estate: Estate, figures: Figures):
    plan = plan_of(estate, kills=20, stops=15)
    hold(estate, figures, Storm(jobs=2000, plan=plan, seed=30))
