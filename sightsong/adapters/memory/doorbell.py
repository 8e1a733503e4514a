"""A doorbell that only remembers that it was rung."""

import threading

from sightsong.core.jobs import Queue


class MemoryDoorbell:
    """Records rings, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rings: list[Queue] = []

    @property
    def rings(self) -> tuple[Queue, ...]:
        """The queues that were rung for so far."""
        with self._lock:
            return tuple(self._rings)

    def ring(self, queue: Queue) -> None:
        """Record a ring."""
        with self._lock:
            self._rings.append(queue)
