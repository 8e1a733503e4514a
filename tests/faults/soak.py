"""A soak: hours of ordinary work in minutes, with faults, and what it leaves behind.

    python -m tests.faults.soak [--minutes 30] [--store embedded|servers] [--seed N]

It measures what the service can do, gives it 80 % of that while workers, Redis and Postgres die
now and then, lets everything expire, and shows a table: memory and open files of each process that
lived throughout, rows and blobs that are left, latency at the end against the beginning. It exits
with 1 if a promise was broken or something grew.
"""

import argparse
import math
import secrets
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.service import DEMO_TRACKS, Service
from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate, open_estate
from tests.faults.making import photos
from tests.faults.nemesis import Nemesis, Plan
from tests.faults.sampling import Course, sampled
from tests.faults.storm import calm
from tests.waiting import wait_until

SHARE = 0.8
#: Kept so long, in seconds, that a client sees each end, and so short that all is gone soon.
_KEEP_S = 20
KEEPING = {"SIGHTSONG_IMAGE_KEEP_S": "5", "SIGHTSONG_JOB_KEEP_S": str(_KEEP_S)}
_CAPACITY_S = 8.0
_THREADS = 48
_FAULT_EVERY_S = 30.0
#: Memory may differ by so much between the first third and the last: caches fill, and Python's
#: heap breathes. A leak of 2 kB a job shows at a few thousand jobs.
MOST_GROWTH = 0.05
MOST_FILES = 2
MOST_SLOWER = 1.5
#: Seconds that a process under this load may take to stop: what `docker stop` waits for.
MOST_TO_STOP_S = 10.0
_STOP_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Soaked:
    """What came of a soak."""

    capacity_per_s: float
    done: int
    for_s: float
    courses: tuple[Course, ...]
    first_ms: tuple[float, float]  #: Latency of the first fifth of the time: median, p95.
    last_ms: tuple[float, float]  #: Of the last.
    left: dict[str, int]  #: What is left when all has expired.
    stopped_s: float  #: What the indexer took to stop, in the midst of throwing things away.
    harms: dict[str, int]
    breaches: tuple[str, ...]

    @property
    def slower(self) -> float:
        """The median latency of the last fifth as a multiple of that of the first."""
        return self.last_ms[0] / self.first_ms[0]

    def faults(self) -> list[str]:
        """What is not as it should be, a sentence each."""
        found = list(self.breaches)
        for course in self.courses:
            if course.growth > MOST_GROWTH:
                found.append(f"the memory of {course.name} grew by {course.growth:.1%}")
            if course.files[1] - course.files[0] > MOST_FILES:
                found.append(f"{course.name} keeps files open: {course.files}")
        if self.slower > MOST_SLOWER:
            found.append(f"jobs took {self.slower:.2f} times as long at the end")
        if self.stopped_s > MOST_TO_STOP_S:
            found.append(f"the indexer took {self.stopped_s:.1f} s to stop")
        return found + [f"{count} {what} left" for what, count in self.left.items() if count]

    def __str__(self) -> str:
        """A table."""
        harms = ", ".join(f"{count} {harm}" for harm, count in sorted(self.harms.items()))
        lines = [
            (
                f"{self.done} jobs in {self.for_s:.0f} s, {self.done / self.for_s:.1f}/s of "
                f"{self.capacity_per_s:.1f}/s; {harms}"
            ),
            f"{'process':<10} {'memory MiB':>16} {'MiB/min':>8} {'files':>9}",
        ]
        for course in self.courses:
            (was, now), (first, last) = course.memory_mib, course.files
            lines.append(
                f"{course.name:<10} {was:7.1f} to {now:5.1f} {course.slope_mib_per_min:8.2f} "
                f"{first:3} to {last}"
            )
        lines.append(
            "latency ms p50, p95: first fifth {:.0f}, {:.0f}; last fifth {:.0f}, {:.0f}".format(
                *self.first_ms, *self.last_ms
            )
        )
        left = ", ".join(f"{count} {what}" for what, count in self.left.items())
        lines.append(f"the indexer stopped in {self.stopped_s:.1f} s")
        return "\n".join([*lines, f"left when all has expired: {left}"])


def soak(estate: Estate, *, for_s: float, seed: int) -> Soaked:
    """Do it; the estate's service must know `KEEPING`, and not be up."""
    service = estate.service
    service.up()
    service.ingest(DEMO_TRACKS)
    lasting = {door: service.living(door)[0].pid for door in ("api", "workers", "indexer")}
    service.start("workers")
    wait_until(lambda: service.alive("workers") == 2, within_s=180)
    crowd = Crowd(str(service.client.base_url), seed=seed, photos=photos())
    capacity_per_s = _capacity_per_s(crowd)
    before = len(crowd.ledger.done)
    plan = _plan(estate, for_s=for_s, spared=lasting.values())
    nemesis = Nemesis(estate, plan, seed=seed)
    began = time.monotonic()
    haunting = threading.Thread(
        target=nemesis.haunt, args=(lambda: (time.monotonic() - began) / for_s,)
    )
    with sampled(lasting) as courses, crowd.pulsing(per_s=SHARE * capacity_per_s, threads=_THREADS):
        haunting.start()
        time.sleep(for_s)
        nemesis.end()
    haunting.join()
    calm(estate)
    done = crowd.ledger.done[before:]
    breaches = checker.violations(service, crowd.ledger)
    crowd.close()
    time.sleep(_KEEP_S)
    stopped_s = _stop_indexer(service)
    return Soaked(
        capacity_per_s=capacity_per_s,
        done=len(done),
        for_s=for_s,
        courses=tuple(courses),
        first_ms=_latency_ms(done, began, began + for_s / 5),
        last_ms=_latency_ms(done, began + for_s * 4 / 5, began + for_s),
        left=_expire(service),
        stopped_s=stopped_s,
        harms=dict(nemesis.done),
        breaches=tuple(breaches),
    )


def _plan(estate: Estate, *, for_s: float, spared: Collection[int]) -> Plan:
    times = max(2, round(for_s / _FAULT_EVERY_S))
    has_servers = estate.postgres is not None
    return Plan(
        kills=times if not has_servers else times // 2,
        stops=0,
        redis=times // 3 if has_servers else 0,
        postgres=max(1, times // 6) if has_servers else 0,
        doors=("workers",),
        spared=tuple(spared),
    )


def _capacity_per_s(crowd: Crowd) -> float:
    """How many jobs a second end when as many are sent as can be."""
    with crowd.pulsing(per_s=10_000, threads=_THREADS):
        time.sleep(_CAPACITY_S / 4)
        before = len(crowd.ledger.done)
        time.sleep(_CAPACITY_S)
        ended = len(crowd.ledger.done) - before
    return ended / _CAPACITY_S


def _latency_ms(done: list[tuple[float, float]], since: float, until: float) -> tuple[float, float]:
    took = sorted(took_s * 1000 for at, took_s in done if since <= at < until)
    if not took:
        return math.inf, math.inf
    return statistics.median(took), took[int(0.95 * len(took))]


def _stop_indexer(service: Service) -> float:
    """Stop it as whoever deploys does; how many seconds that takes."""
    began = time.monotonic()
    for process in service.living("indexer"):
        process.terminate()
        process.wait(_STOP_S)
    return time.monotonic() - began


def _expire(service: Service) -> dict[str, int]:
    """Let all go that has been kept long enough; what is left then.

    The indexer is started again: it looks for what has expired at once, and then each minute.
    """
    service.start("indexer")
    try:
        wait_until(lambda: not any(_left(service).values()), within_s=70, every_s=0.2)
    except TimeoutError:
        return _left(service)
    return _left(service)


def _left(service: Service) -> dict[str, int]:
    blobs = service.data_dir / "blobs"
    of_clients = "SELECT id FROM jobs WHERE kind IN ('photo', 'text')"
    [[kept]] = service.rows(f"SELECT count(*) FROM ({of_clients} AND erased_at IS NULL) AS kept")  # noqa: S608 - of constants
    [[results]] = service.rows(f"SELECT count(*) FROM results WHERE job_id IN ({of_clients})")  # noqa: S608 - of constants
    [[rows]] = service.rows("SELECT count(*) FROM blobs")
    files = sum(path.is_file() for path in blobs.rglob("*")) if blobs.exists() else 0
    return {"jobs": kept, "results": results, "rows of blobs": rows, "blobs": files}


def main() -> int:
    """Soak, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--store", choices=("embedded", "servers"), default="servers")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="sightsong-soak-") as folder,
        open_estate(asked.store, Path(folder), env=KEEPING) as estate,
    ):
        soaked = soak(estate, for_s=asked.minutes * 60, seed=asked.seed)
    sys.stdout.write(f"soak on {asked.store}, seed {asked.seed}: {soaked}\n")
    sys.stdout.writelines(f"  {fault}\n" for fault in soaked.faults())
    return int(bool(soaked.faults()))


if __name__ == "__main__":
    sys.exit(main())
