"""Workers die, stop, crash and are told to end: their jobs are done, once."""

import random
import signal
import threading
import time
from collections import Counter
from subprocess import Popen
from typing import Any

import pytest

from sightsong.adapters import store
from sightsong.adapters.store import migrate
from sightsong.core.jobs import JobKind, NewJob
from tests.e2e.service import Service
from tests.faults import checker, faulty_worker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.inside import all_ended, at_work, count, fenced, freeze_between_writes, in_hand
from tests.faults.ledger import Ledger
from tests.faults.making import photos, plain
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

LEASE_S = 3.0


def crowd_of(service: Service, *, seed: int) -> Crowd:
    return Crowd(str(service.client.base_url), seed=seed, photos=photos((96, 256)))


def batch_of(job: dict[str, Any]) -> int:
    """How many jobs ran together with one that has succeeded."""
    return int(job["result"]["timings_ms"]["batch"])


@pytest.mark.row(1)
@pytest.mark.faults
def test_the_jobs_of_a_worker_killed_in_its_batch_are_run_again_each_alone(
    estate: Estate, figures: Figures
):
    service = estate.service
    service.up()
    crowd = crowd_of(service, seed=1)
    sending = threading.Thread(target=crowd.send, args=(60,))
    sending.start()
    worker = service.process_of("workers")
    at_work(service, worker, jobs=2)
    service.kill(worker)
    killed = time.monotonic()
    held = in_hand(service, worker)
    service.start("workers")
    wait_until(lambda: not in_hand(service, worker), within_s=20)
    requeued_s = time.monotonic() - killed
    sending.join()
    states = crowd.follow_all(sorted(crowd.ledger.job_ids))
    crowd.close()
    assert Counter(states.values()) == {"succeeded": 60}
    assert checker.violations(service, crowd.ledger) == []
    alone = [batch_of(service.job(one)) for one in held if service.job(one)["attempt"] > 1]
    figures.measured("jobs in hand of the killed worker", len(held), at_least=1)
    figures.measured("until they are back in the queue", requeued_s, "s", at_most=LEASE_S + 1)
    figures.measured("jobs beside one of them", max(alone) - 1, at_most=0)


@pytest.mark.row(2)
@pytest.mark.faults
@pytest.mark.parametrize(
    ("jobs", "for_s"), [(200, 8.0), pytest.param(2000, 40.0, marks=pytest.mark.long)]
)
def test_workers_that_are_killed_every_second_lose_and_double_nothing(
    estate: Estate, figures: Figures, *, jobs: int, for_s: float
):
    service = estate.service
    service.up()
    for _ in range(3):
        service.start("workers")
    wait_until(lambda: service.alive("workers") == 4, within_s=60)
    crowd = crowd_of(service, seed=2)
    sending = threading.Thread(target=crowd.send, args=(jobs,))
    sending.start()
    kills = _kill_workers(service, for_s=for_s, seed=2)
    sending.join()
    states = crowd.follow_all(sorted(crowd.ledger.job_ids), within_s=600)
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("kills", kills, at_least=for_s / 2)
    figures.measured("jobs done", Counter(states.values())["succeeded"], at_least=jobs)
    figures.measured("jobs that lost a lease", count(service, "crash_count > 0"), at_least=1)
    [[most]] = service.rows("SELECT max(crash_count) FROM jobs")
    figures.measured("most leases lost by one job", most, at_most=4)


def _kill_workers(service: Service, *, for_s: float, seed: int) -> int:
    chance = random.Random(seed)  # noqa: S311 - harm that can be repeated
    until, kills = time.monotonic() + for_s, 0
    while time.monotonic() < until:
        time.sleep(chance.uniform(0.3, 1.0))
        service.kill(chance.choice(service.living("workers")))
        service.start("workers")
        kills += 1
    return kills


def _stop_in_batch(service: Service, worker: Popen[bytes], *, for_s: float) -> None:
    """Freeze a worker that holds jobs, and let it go on when they are no longer its own."""
    at_work(service, worker, jobs=2)
    freeze_between_writes(service, worker)
    time.sleep(for_s)
    service.thaw(worker)


@pytest.mark.row(3)
@pytest.mark.faults
def test_what_a_worker_writes_after_its_lease_is_fenced(estate: Estate, figures: Figures):
    service = estate.service
    service.up()
    other = service.start("workers")
    crowd = crowd_of(service, seed=3)
    chance = random.Random(3)  # noqa: S311
    with crowd.pulsing(per_s=40, threads=24):
        for worker in (service.process_of("workers"), other) * 2:
            _stop_in_batch(service, worker, for_s=LEASE_S + chance.uniform(2, 4))
    wait_until(lambda: all_ended(service), within_s=180)
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("stops", 4)
    figures.measured("jobs", len(crowd.ledger.job_ids), at_least=100)
    figures.measured("late writes fenced", fenced(service), at_least=1)


def lay_down(service: Service, *, jobs: int) -> list[str]:
    """Store photos and their jobs, past the API, which need not be there."""
    stores = store.open_stores(
        service.database_url, service.data_dir / "blobs", disk_reserve_bytes=0
    )
    blobs = [stores.blobs.put(one, media_type="image/jpeg") for one in photos((96,))[:jobs]]
    made = [stores.jobs.submit(NewJob(kind=JobKind.PHOTO, blob=blob)).id for blob in blobs]
    stores.close()
    return list(made)


@pytest.mark.row(3)
def test_a_worker_that_wakes_too_late_changes_nothing(embedded: Estate, figures: Figures):
    """The short form, for every run: two real workers and nothing else."""
    service = embedded.service
    service.env |= {"SIGHTSONG_LEASE_S": "1", "SIGHTSONG_HEARTBEAT_S": "0.3"}
    service.env |= {"SIGHTSONG_DECODE_WORKERS": "0"}  # in their own processes: fewer to start
    migrate.upgrade(service.database_url)
    lay_down(service, jobs=3)
    drowsy = service.start(faulty_worker.DOOR, env={faulty_worker.FAULT: "drowsy"})
    wait_until(lambda: any(service.events(faulty_worker.DROWSY)), within_s=60)
    freeze_between_writes(service, drowsy)
    service.start("workers")
    wait_until(lambda: count(service, "state = 'succeeded'") == 3, within_s=60)
    service.thaw(drowsy)
    wait_until(lambda: fenced(service), within_s=60)
    assert checker.violations(service, Ledger()) == []
    figures.measured("late writes fenced", fenced(service), at_least=1)


@pytest.mark.row(18)
@pytest.mark.faults
def test_a_photo_that_kills_its_worker_fails_after_three_more_attempts_alone(
    estate: Estate, figures: Figures
):
    service = estate.service
    service.up()
    service.kill(service.process_of("workers"))
    crowd = crowd_of(service, seed=18)
    innocent = crowd.send(20)
    poison = crowd.submit(photo=plain(faulty_worker.POISON_RGB))
    innocent += crowd.send(79)
    assert poison is not None
    deaths = _until_ended(service)
    job = service.job(poison)
    crowd.follow_all([poison, *innocent])
    crowd.close()
    assert (job["state"], job["error"]["code"]) == ("failed", "worker_crashed")
    assert checker.violations(service, crowd.ledger, may_fail=[poison]) == []
    figures.measured("deaths of workers by one photo", deaths, at_least=4, at_most=4)
    done = count(service, "state = 'succeeded'")
    figures.measured("of its 99 neighbours succeeded", done, at_least=99)


def _until_ended(service: Service) -> int:
    """Start workers that die of poison, until all jobs have ended; how many died."""
    deaths = 0
    while not all_ended(service):
        worker = service.start(faulty_worker.DOOR, env={faulty_worker.FAULT: "poison"})
        while worker.poll() is None and not all_ended(service):
            time.sleep(0.05)
        deaths += worker.poll() == -signal.SIGKILL
        if worker.poll() is None:
            service.kill(worker)
    return deaths


@pytest.mark.row(24)
@pytest.mark.faults
def test_workers_that_are_told_to_stop_lose_no_lease(estate: Estate, figures: Figures):
    service = estate.service
    service.up()
    crowd = crowd_of(service, seed=24)
    took_s = []
    with crowd.pulsing(per_s=30, threads=16):
        for _ in range(3):
            new = service.start("workers")
            old = service.living("workers")[0]
            at_work(service, new)
            at_work(service, old)
            began = time.monotonic()
            old.send_signal(signal.SIGTERM)
            assert old.wait(20) == 0
            took_s.append(time.monotonic() - began)
    wait_until(lambda: all_ended(service), within_s=180)
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("jobs", len(crowd.ledger.job_ids), at_least=30)
    figures.measured("longest way out", max(took_s), "s", at_most=10)
    figures.measured("leases lost", count(service, "crash_count > 0"), at_most=0)
    figures.measured("attempts beyond the first", count(service, "attempt > 1"), at_most=0)


@pytest.mark.row(24)
@pytest.mark.faults
def test_a_batch_longer_than_the_grace_is_given_back(estate: Estate, figures: Figures):
    service = estate.service
    service.env |= {"SIGHTSONG_GRACE_S": "1"}
    service.up()
    service.kill(service.process_of("workers"))
    slow = service.start(faulty_worker.DOOR, env={faulty_worker.FAULT: "slow"})
    crowd = crowd_of(service, seed=240)
    job_ids = crowd.send(4)
    at_work(service, slow)
    began = time.monotonic()
    slow.send_signal(signal.SIGTERM)
    assert slow.wait(20) == 0
    took_s = time.monotonic() - began
    service.start("workers")
    states = crowd.follow_all(job_ids)
    crowd.close()
    assert set(states.values()) == {"succeeded"}
    assert checker.violations(service, crowd.ledger) == []
    assert {service.job(one)["attempt"] for one in job_ids} == {1}
    figures.measured("way out with a grace of 1 s", took_s, "s", at_most=3)
    figures.measured("leases lost", count(service, "crash_count > 0"), at_most=0)
