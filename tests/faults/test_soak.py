"""Work for long, with faults: nothing grows, nothing is left, nothing slows down.

`./run faults --soak [MINUTES]` does it for as long as you like.
"""

import pytest

from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.soak import KEEPING, MOST_FILES, MOST_GROWTH, MOST_SLOWER, Soaked, soak

pytestmark = [pytest.mark.processes, pytest.mark.row(30), pytest.mark.faults]


@pytest.mark.parametrize("for_s", [20.0, pytest.param(300.0, marks=pytest.mark.long)])
def test_a_service_that_works_for_long_grows_and_keeps_nothing(
    estate: Estate, figures: Figures, *, for_s: float
):
    estate.service.env |= KEEPING
    soaked = soak(estate, for_s=for_s, seed=30)
    assert soaked.breaches == ()
    figures.measured("measured capacity", soaked.capacity_per_s, "jobs/s")
    figures.measured(f"jobs in {for_s:g} s at 80 % of it", soaked.done, at_least=for_s)
    for harm, times in sorted(soaked.harms.items()):
        figures.measured(harm, times)
    for what, count in soaked.left.items():
        figures.measured(f"{what} left when all has expired", count, at_most=0)
    figures.measured("latency, last fifth", soaked.last_ms[0], "ms")
    # In a few seconds the faults are most of the time: what they leave waiting is not yet done.
    at_most = MOST_SLOWER if for_s > 60 else None
    figures.measured("of the first fifth's", soaked.slower, "times", at_most=at_most)
    _measure_processes(soaked, figures, has_settled=for_s > 60)


def _measure_processes(soaked: Soaked, figures: Figures, *, has_settled: bool) -> None:
    for course in soaked.courses:
        first, last = course.files
        # A worker that has just been started again opens files for as long as it warms up.
        most = MOST_FILES if has_settled else None
        figures.measured(f"{course.name}: files more", last - first, at_most=most)
        figures.measured(f"{course.name}: memory", course.memory_mib[1], "MiB")
        figures.measured(f"{course.name}: slope", course.slope_mib_per_min, "MiB/min")
        growth = 100 * course.growth
        figures.measured(f"{course.name}: growth", growth, "%", at_most=100 * MOST_GROWTH)
