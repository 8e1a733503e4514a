"""A storm: a workload of chance under a nemesis of chance, and then the checker.

    python -m tests.faults.storm [--jobs 2000] [--kills 20] [--stops 15]
                                 [--store embedded|servers] [--seed N] [--workers 3]

It prints one line of figures, with the seed that makes it come again, and each breach of a
promise; it exits with 1 if there is one.
"""

import argparse
import secrets
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.service import DEMO_TRACKS
from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate, open_estate
from tests.faults.making import photos
from tests.faults.nemesis import Nemesis, Plan
from tests.faults.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Storm:
    """What to do to a service."""

    jobs: int = 2000
    plan: Plan
    seed: int
    workers: int = 3


@dataclass(frozen=True, kw_only=True)
class Weather:
    """What came of a storm."""

    took_s: float
    accepted: int  #: Photos and words, without those of batches.
    batches: int
    states: Counter[str]  #: Of all jobs of photos and words.
    retries: int  #: Submits that were sent again.
    fenced: int  #: Writes that came too late and were refused: of jobs that nobody had given up.
    crashed: int  #: Jobs that lost a lease.
    harms: Counter[str]
    breaches: tuple[str, ...]

    def __str__(self) -> str:
        """One line."""
        lost = sum(breach.startswith(("I1", "I2")) for breach in self.breaches)
        doubled = sum(breach.startswith(("I3", "I4", "I9")) for breach in self.breaches)
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        harms = ", ".join(f"{count} {harm}" for harm, count in sorted(self.harms.items()))
        return (
            f"{self.accepted} jobs and {self.batches} batches in {self.took_s:.0f} s ({states}); "
            f"{harms}; {lost} lost, {doubled} doubled, {len(self.breaches)} breaches, "
            f"{self.fenced} late writes fenced, {self.crashed} jobs lost a lease, "
            f"{self.retries} submits sent again"
        )


def rage(estate: Estate, storm: Storm) -> Weather:
    """Start the service, hurt it while it works, and see whether it kept its promises."""
    service = estate.service
    service.up()
    service.ingest(DEMO_TRACKS)
    for _ in range(storm.workers - 1):
        service.start("workers")
    crowd = Crowd(str(service.client.base_url), seed=storm.seed, photos=photos())
    workload = Workload(crowd, jobs=storm.jobs, seed=storm.seed)
    nemesis = Nemesis(estate, storm.plan, seed=storm.seed)
    haunting = threading.Thread(target=nemesis.haunt, args=(workload.progress,))
    began = time.monotonic()
    haunting.start()
    try:
        workload.run()
    finally:
        nemesis.end()
        haunting.join()
    took_s = time.monotonic() - began
    calm(estate)
    crowd.close()
    return _weather(estate, crowd, nemesis, took_s=took_s, stuck=workload.stuck)


def calm(estate: Estate, *, within_s: float = 60.0) -> None:
    """Wait until every job has ended, those of ingests and of the index too, or time is up."""
    until = time.monotonic() + within_s
    unfinished = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')"
    while estate.service.rows(unfinished) != [(0,)] and time.monotonic() < until:
        time.sleep(0.2)


def _weather(
    estate: Estate, crowd: Crowd, nemesis: Nemesis, *, took_s: float, stuck: list[str]
) -> Weather:
    service, ledger = estate.service, crowd.ledger
    breaches = [*checker.violations(service, ledger), *(f"I2: {one} got stuck" for one in stuck)]
    of_clients = "SELECT state, id FROM jobs WHERE kind IN ('photo', 'text')"
    states = service.rows(of_clients)
    given_up = {job_id for state, job_id in states if state == "canceled"} | ledger.gone
    fenced = [one for one in service.events("job.fenced") if one["job_id"] not in given_up]
    [[crashed]] = service.rows("SELECT count(*) FROM jobs WHERE crash_count > 0")
    return Weather(
        took_s=took_s,
        accepted=len(ledger.job_ids),
        batches=len(ledger.batches),
        states=Counter(state for state, _ in states),
        retries=len(ledger.all_sent) - len(ledger.job_ids),
        fenced=len(fenced),
        crashed=crashed,
        harms=nemesis.done,
        breaches=tuple(breaches),
    )


def main() -> int:
    """Let one rage, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.storm")
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--stops", type=int, default=15)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--store", choices=("embedded", "servers"), default="embedded")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    asked = parser.parse_args()
    is_on_servers = asked.store == "servers"
    plan = Plan(
        kills=asked.kills,
        stops=asked.stops,
        redis=max(2, asked.kills // 4) if is_on_servers else 0,
        postgres=max(1, asked.kills // 10) if is_on_servers else 0,
    )
    storm = Storm(jobs=asked.jobs, plan=plan, seed=asked.seed, workers=asked.workers)
    with (
        tempfile.TemporaryDirectory(prefix="sightsong-storm-") as folder,
        open_estate(asked.store, Path(folder)) as estate,
    ):
        weather = rage(estate, storm)
    sys.stdout.write(f"storm on {asked.store}, seed {asked.seed}: {weather}\n")
    sys.stdout.writelines(f"  {breach}\n" for breach in weather.breaches)
    return int(bool(weather.breaches))


if __name__ == "__main__":
    sys.exit(main())
