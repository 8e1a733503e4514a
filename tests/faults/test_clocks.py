"""Workers whose clocks are wrong: leases are of the database's clock, and nothing notices.

On Postgres only: SQLite takes the clock of the machine that it shares with all its users.
"""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.inside import all_ended, at_work, fenced, in_hand
from tests.faults.making import photos
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.servers,
    pytest.mark.row(20),
    pytest.mark.faults,
]

_HOURS = 2
_LEASE_S = 3.0


@pytest.fixture(scope="module")
def wrong_clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that sets the clock of a process wrong: libfaketime breaks Python's sleep."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler; on Debian: apt-get install gcc libc6-dev")
    library = tmp_path_factory.mktemp("clock") / "wrong_clock.so"
    source = Path(__file__).with_name("wrong_clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def clock_off_by(hours: int, library: Path) -> dict[str, str]:
    """The environment of a process whose clock is wrong; its monotonic one stays right."""
    return {"LD_PRELOAD": str(library), "WRONG_CLOCK_S": str(hours * 3600)}


def test_workers_whose_clocks_are_two_hours_off_lose_no_lease(
    on_servers: Estate, figures: Figures, wrong_clock: Path
):
    early, late = (clock_off_by(hours, wrong_clock) for hours in (_HOURS, -_HOURS))
    service = on_servers.service
    service.up()
    service.kill(service.process_of("workers"))
    workers = [service.start("workers", env=env) for env in (early, late)]
    crowd = Crowd(str(service.client.base_url), seed=20, photos=photos((96, 256)))
    states = crowd.follow_all(crowd.send(120))
    assert set(states.values()) == {"succeeded"}
    assert checker.violations(service, crowd.ledger) == []
    [[most, crashes]] = service.rows("SELECT max(attempt), max(crash_count) FROM jobs")
    figures.measured("attempts of a job", most, at_most=1)
    figures.measured("leases lost", crashes, at_most=0)
    figures.measured("writes fenced", fenced(service), at_most=0)
    owners = "SELECT count(*) FROM workers WHERE door = 'workers'"
    wait_until(lambda: service.rows(owners)[0][0] >= 2, within_s=10)
    started = [str(event["timestamp"]) for event in service.events("worker.started")]
    assert len({stamp[:13] for stamp in started}) > 1, "the clocks were not off"
    with crowd.pulsing(per_s=40, threads=16):
        at_work(service, workers[0], jobs=2)
        service.kill(workers[0])
        killed = time.monotonic()
        wait_until(lambda: not in_hand(service, workers[0]), within_s=30)
        back_s = time.monotonic() - killed
    wait_until(lambda: all_ended(service), within_s=60)
    figures.measured("until a dead one's jobs are back", back_s, "s", at_most=4)
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
