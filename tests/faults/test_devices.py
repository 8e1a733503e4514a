"""A device that runs out of memory, or fails for good: injected behind the port of a model.

What the code under it takes for such errors is torch's own; only who raises them is a stand-in.
"""

import importlib.util
import time
from subprocess import Popen

import pytest

from tests.e2e.service import Service
from tests.faults import checker, faulty_worker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.making import photos
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.row(26),
    pytest.mark.faults,
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None, reason="torch is not installed (full profile)"
    ),
]

#: Where there is a real GPU, it is hidden: it would answer that it is well.
_NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}


def replace_worker(service: Service, fault: str) -> "Popen[bytes]":
    """Start a service whose only worker has a faulty device."""
    service.up()
    service.kill(service.process_of("workers"))
    return service.start(faulty_worker.DOOR, env={faulty_worker.FAULT: fault, **_NO_GPU})


def send(service: Service, *, jobs: int) -> tuple[Crowd, list[str]]:
    crowd = Crowd(str(service.client.base_url), seed=26, photos=photos((96,)))
    return crowd, crowd.send(jobs)


def attempts(service: Service) -> int:
    [[most]] = service.rows("SELECT max(attempt) FROM jobs")
    return int(most)


def test_a_batch_that_does_not_fit_is_halved_and_costs_no_attempt(estate: Estate, figures: Figures):
    service = estate.service
    worker = replace_worker(service, "memory")
    crowd, job_ids = send(service, jobs=40)
    assert set(crowd.follow_all(job_ids).values()) == {"succeeded"}
    crowd.close()
    assert worker.poll() is None
    assert checker.violations(service, crowd.ledger) == []
    halved = [event["size"] for event in service.events("batch.halved")]
    figures.measured("batches halved", len(halved), at_least=1)
    figures.measured("attempts of a job", attempts(service), at_most=1)


def test_a_batch_for_which_there_is_no_memory_at_all_runs_again_each_job_alone(
    estate: Estate, figures: Figures
):
    service = estate.service
    worker = replace_worker(service, "no memory")
    crowd, job_ids = send(service, jobs=12)
    assert set(crowd.follow_all(job_ids).values()) == {"succeeded"}
    crowd.close()
    assert worker.poll() is None
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("attempts of a job", attempts(service), at_least=2, at_most=2)


def test_a_device_that_is_lost_ends_its_process_and_the_jobs_run_elsewhere(
    estate: Estate, figures: Figures
):
    service = estate.service
    worker = replace_worker(service, "lost")
    crowd, job_ids = send(service, jobs=12)
    wait_until(lambda: worker.poll() is not None, within_s=60)
    ended = time.monotonic()
    service.start("workers")
    assert set(crowd.follow_all(job_ids).values()) == {"succeeded"}
    done_s = time.monotonic() - ended
    crowd.close()
    assert worker.poll() == 74  # EX_IOERR
    assert [event["level"] for event in service.events("device.lost")] == ["critical"]
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("until all jobs were done elsewhere", done_s, "s")
    figures.measured("attempts of a job", attempts(service), at_least=2, at_most=2)
