"""The bell of an engine: wakes whoever waits to look for work."""

import contextlib
import queue


class Bell:
    """A ring is kept until somebody waits for it; several are one.

    Not a `threading.Event`: that is rung from the main thread, whose signal handler may ring it
    once more in the middle of a ring, and an Event would then wait for itself. A `SimpleQueue` is
    made to be interrupted so.
    """

    def __init__(self) -> None:
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        """Wake who waits, or who waits next."""
        self._rings.put(None)

    def wait(self, timeout_s: float) -> None:
        """Return at the next ring, or after `timeout_s`; all rings until now are heard."""
        with contextlib.suppress(queue.Empty):
            self._rings.get(timeout=timeout_s)
            while True:
                self._rings.get_nowait()
