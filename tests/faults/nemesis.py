"""The nemesis of a run: it kills, stops and restarts what it finds, by chance but repeatably."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from subprocess import Popen

from tests.faults.estate import Estate

#: Beyond the lease, in seconds: a stopped worker must have lost its jobs when it wakes.
_BEYOND_S = (0.3, 1.5)
_LOOK_S = 0.02
_DOORS = ("workers", "workers", "workers", "workers", "api", "indexer")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to happen, in all."""

    kills: int  #: Of workers, mostly, and of the API and the indexer; each is started again.
    stops: int  #: Of workers, each for longer than its lease.
    redis: int = 0  #: Deaths of Redis and FLUSHALLs, half of each.
    postgres: int = 0  #: Immediate restarts.
    doors: Sequence[str] = _DOORS  #: Whose processes are killed; a door that is there twice, more.
    spared: Collection[int] = ()  #: Processes that nothing is done to.


class Nemesis:
    """Does what its plan says, in an order of chance, spread over the work.

    A kill is followed by a new process at once, as `sightsong up` starts one.
    """

    def __init__(self, estate: Estate, plan: Plan, *, seed: int, lease_s: float = 3.0) -> None:
        self.done: Counter[str] = Counter()
        self._plan = plan
        self._estate = estate
        self._lease_s = lease_s
        self._random = random.Random(seed)  # noqa: S311 - harm that can be repeated
        self._harms: list[Callable[[], None]] = [
            *[self._kill] * plan.kills,
            *[self._stop] * plan.stops,
            *[self._kill_redis] * (plan.redis // 2),
            *[self._flush_redis] * (plan.redis - plan.redis // 2),
            *[self._restart_postgres] * plan.postgres,
        ]
        self._random.shuffle(self._harms)
        self._frozen: set[int] = set()
        self._wakers: list[threading.Thread] = []
        self._over = threading.Event()

    def haunt(self, progress: Callable[[], float]) -> None:
        """Do it all, spread over the work, of which `progress` tells the share that is done."""
        for number, harm in enumerate(self._harms):
            due = (number + self._random.random()) / (len(self._harms) + 1)
            while progress() < due and not self._over.wait(_LOOK_S):
                pass
            if self._over.is_set():
                break
            harm()
        for waker in self._wakers:
            waker.join()

    def end(self) -> None:
        """Do no more, and wake who was stopped."""
        self._over.set()

    def _kill(self) -> None:
        door = self._random.choice(self._plan.doors)
        self._estate.service.kill(self._one(door))
        self._estate.service.start(door)
        self.done[f"kills of {door}"] += 1

    def _stop(self) -> None:
        worker = self._one("workers")
        self._estate.service.freeze(worker)
        self._frozen.add(worker.pid)
        for_s = self._lease_s + self._random.uniform(*_BEYOND_S)
        waker = threading.Thread(target=self._wake, args=(worker, for_s))
        waker.start()
        self._wakers.append(waker)
        self.done["stops"] += 1

    def _wake(self, worker: Popen[bytes], after_s: float) -> None:
        self._over.wait(after_s)
        self._estate.service.thaw(worker)
        self._frozen.discard(worker.pid)

    def _one(self, door: str) -> "Popen[bytes]":
        """One of the processes of a door that is at work; waits while all are stopped."""
        while True:
            safe = {*self._frozen, *self._plan.spared}
            living = [p for p in self._estate.service.living(door) if p.pid not in safe]
            if living:
                return self._random.choice(living)
            time.sleep(_LOOK_S)

    def _kill_redis(self) -> None:
        if self._estate.redis is not None:
            self._estate.redis.kill()
            time.sleep(self._random.uniform(0.2, 2.0))
            self._estate.redis.start()
            self.done["deaths of Redis"] += 1

    def _flush_redis(self) -> None:
        if self._estate.redis is not None:
            client = self._estate.redis.client()
            client.flushall()
            client.close()
            self.done["FLUSHALLs"] += 1

    def _restart_postgres(self) -> None:
        if self._estate.postgres is not None:
            self._estate.postgres.stop_now()
            time.sleep(self._random.uniform(0.2, 1.5))
            self._estate.postgres.start()
            self.done["restarts of Postgres"] += 1
