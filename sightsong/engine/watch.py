"""Watch: what a long task and its engine tell one another between two steps."""

import threading
import time


class Watch:
    """Shared by the task, which reports progress, and the engine, which may be told to stop."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._progress = time.monotonic()

    def go_on(self) -> bool:
        """Note that there is progress; False when the task should give back what it has not done.

        A long task calls this between its steps: as long as it does, it does not count as stuck.
        """
        self._progress = time.monotonic()
        return not self._stopping.is_set()

    def stop(self) -> None:
        """Ask for an end."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        """Whether an end was asked for."""
        return self._stopping.is_set()

    @property
    def idle_s(self) -> float:
        """Seconds since the last progress."""
        return time.monotonic() - self._progress
