"""What a client saw: every submit that it sent, and what it was told. The checker believes it."""

import threading
import time
from collections import Counter
from dataclasses import dataclass

ACCEPTED = (200, 202)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request of a client that submits, and its answer."""

    key: str  #: Its Idempotency-Key: the same for every try of one submit.
    status: int | None  #: None: no answer came.
    took_s: float
    job_id: str = ""  #: Of an accepted one.
    code: str = ""  #: Of a refused one.


class Ledger:
    """All that the clients of a run saw. Any thread may write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: list[Sent] = []
        self._ended: dict[str, set[str]] = {}
        self._done: list[tuple[float, float]] = []
        self._batches: dict[str, set[str]] = {}
        self._erased: set[str] = set()

    def sent(self, one: Sent) -> None:
        """A submit was sent, and this came of it."""
        with self._lock:
            self._sent.append(one)

    def ended(self, job_id: str, state: str, *, took_s: float | None = None) -> None:
        """A client read that a job has ended; how long after its first submit, in seconds."""
        with self._lock:
            self._ended.setdefault(job_id, set()).add(state)
            if took_s is not None:
                self._done.append((time.monotonic(), took_s))

    def batch(self, key: str, batch_id: str) -> None:
        """A batch that was sent under a key was accepted."""
        with self._lock:
            self._batches.setdefault(key, set()).add(batch_id)

    def erased(self, job_id: str) -> None:
        """A client was told that a job is erased."""
        with self._lock:
            self._erased.add(job_id)

    @property
    def all_sent(self) -> list[Sent]:
        """Every request, in the order of the answers."""
        with self._lock:
            return list(self._sent)

    @property
    def accepted(self) -> dict[str, set[str]]:
        """The ids of jobs that each key was told."""
        told: dict[str, set[str]] = {}
        for one in self.all_sent:
            if one.status in ACCEPTED:
                told.setdefault(one.key, set()).add(one.job_id)
        return told

    @property
    def job_ids(self) -> set[str]:
        """Every job that a client was promised."""
        return {job_id for ids in self.accepted.values() for job_id in ids}

    @property
    def batches(self) -> dict[str, set[str]]:
        """The ids of batches that each key was told."""
        with self._lock:
            return {key: set(ids) for key, ids in self._batches.items()}

    @property
    def gone(self) -> set[str]:
        """The jobs that were erased."""
        with self._lock:
            return set(self._erased)

    @property
    def endings(self) -> dict[str, set[str]]:
        """The final states that clients read of each job: more than one is a broken promise."""
        with self._lock:
            return {job_id: set(states) for job_id, states in self._ended.items()}

    @property
    def done_s(self) -> list[float]:
        """From first submit to its end as a client saw it, in seconds, shortest first."""
        return sorted(took_s for _, took_s in self.done)

    @property
    def done(self) -> list[tuple[float, float]]:
        """When each end was seen, on the monotonic clock, and how long it took, in seconds."""
        with self._lock:
            return list(self._done)

    def answers(self) -> Counter[str]:
        """How often each status and code was answered; `no answer` where none came."""
        return Counter(
            "no answer" if one.status is None else f"{one.status} {one.code}".strip()
            for one in self.all_sent
        )
