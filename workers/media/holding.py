"""How much of what was decoded may wait for the models at once."""

import threading
import weakref

#: What all tracks may take that were heard and not let go yet: 11 hours of log-mel spectrograms,
#: or many days of the lite profile's vectors.
MOST_BYTES = 1024**3


class Holding:
    """Counts the bytes that were handed over, until their receivers let them go.

    Whoever is to make more waits while they are too many; what is handed over is never refused, so
    that one track alone always gets through.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held = 0
        self._is_closed = False
        self._change = threading.Condition(threading.RLock())

    def wait(self) -> None:
        """Wait until there is room for one more, or nobody waits any longer."""
        with self._change:
            self._change.wait_for(lambda: self._held < self._most or self._is_closed)

    def note(self, receiver: object, size_bytes: int) -> None:
        """Count bytes for as long as `receiver` lives."""
        self._add(size_bytes)
        weakref.finalize(receiver, self._add, -size_bytes).atexit = False

    def close(self) -> None:
        """Let everybody through."""
        with self._change:
            self._is_closed = True
            self._change.notify_all()

    def _add(self, size_bytes: int) -> None:
        # A lock that its own thread may take again: the end of a receiver may come at any moment.
        with self._change:
            self._held += size_bytes
            self._change.notify_all()
