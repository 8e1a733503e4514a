"""Watch: what a long task and its engine tell one another between two steps."""

import time


class Watch:
    """Shared by the task, which reports progress, and the engine, which may be told to stop.

    It holds no lock: the stop comes from a signal handler, which may interrupt anything.
    """

    def __init__(self) -> None:
        self._is_stopping = False
        self._progress = time.monotonic()

    def go_on(self) -> bool:
        """Note that there is progress; False when the task should give back what it has not done.

        A long task calls this between its steps: as long as it does, it does not count as stuck.
        """
        self._progress = time.monotonic()
        return not self._is_stopping

    def stop(self) -> None:
        """Ask for an end."""
        self._is_stopping = True

    @property
    def is_stopping(self) -> bool:
        """Whether an end was asked for."""
        return self._is_stopping

    @property
    def idle_s(self) -> float:
        """Seconds since the last progress."""
        return time.monotonic() - self._progress
