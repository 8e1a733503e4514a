"""A workload of chance: photos, words, batches; some are canceled, some erased, all followed."""

import random
import threading
from collections.abc import Sequence

from tests.faults.crowd import FINAL, Crowd

WORDS = (
    "calm piano for a late evening",
    "loud and happy",
    "a slow sad song in the rain",
    "fast and full of energy",
    "dark, tense, electronic",
)
#: Shares of what a client does next.
_BATCH, _WORDS, _CANCEL, _ERASE = 0.02, 0.2, 0.06, 0.04
_BURST = (1, 12)
_PATIENCE_S = 240.0


class Workload:
    """Clients that each send a few jobs, follow them to their ends, and begin again."""

    def __init__(self, crowd: Crowd, *, jobs: int, seed: int, clients: int = 8) -> None:
        self._crowd = crowd
        self._jobs = jobs
        self._seed = seed
        self._clients = clients
        self._lock = threading.Lock()
        self._begun = 0
        self._ended = 0
        self.stuck: list[str] = []  #: What did not end while a client had patience.

    def run(self) -> None:
        """Send so many jobs, and wait for their ends."""
        threads = [
            threading.Thread(target=self._be_client, args=(random.Random(self._seed + number),))  # noqa: S311 - repeatable
            for number in range(self._clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def progress(self) -> float:
        """The share of the jobs that have ended, as clients know."""
        return self._ended / self._jobs

    def _be_client(self, chance: random.Random) -> None:
        while count := self._next_burst(chance.randint(*_BURST)):
            if chance.random() < _BATCH * _BURST[1]:
                self._crowd.submit_batch([chance.choice(WORDS) for _ in range(3)])
            sent = [self._submit(chance) for _ in range(count)]
            self._follow([one for one in sent if one is not None], chance)
            self._count(count)

    def _next_burst(self, wanted: int) -> int:
        with self._lock:
            count = min(wanted, self._jobs - self._begun)
            self._begun += count
            return count

    def _submit(self, chance: random.Random) -> str | None:
        if chance.random() < _WORDS:
            sent = self._crowd.submit_words(chance.choice(WORDS), until_s=_PATIENCE_S)
        else:
            sent = self._crowd.submit(until_s=_PATIENCE_S)
        if sent is None:
            self.stuck.append("a submit")
        return sent

    def _follow(self, job_ids: Sequence[str], chance: random.Random) -> None:
        for job_id in job_ids:
            if chance.random() < _CANCEL:
                self._crowd.cancel(job_id)
            if chance.random() < _ERASE and self._crowd.erase(job_id):
                continue
            if self._crowd.follow(job_id, within_s=_PATIENCE_S) not in FINAL:
                self.stuck.append(job_id)

    def _count(self, count: int) -> None:
        with self._lock:
            self._ended += count
