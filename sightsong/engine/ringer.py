"""Rings the doorbell from a thread of its own: a request never waits for the broker."""

import threading

import structlog

from sightsong.core import errors, jobs, ports

log = structlog.get_logger()

#: Between two rounds of rings: a worker that was rung for takes all that has come by then.
_PAUSE_S = 0.01


class Ringer:
    """A doorbell that never blocks: rings of one queue that come close together become one.

    A ring that fails is dropped: workers look by themselves each second, and maintenance rings
    again. `last_error` tells readiness that the broker does not answer.
    """

    def __init__(self, doorbell: ports.Doorbell) -> None:
        self._doorbell = doorbell
        self._wanted: set[jobs.Queue] = set()
        self._change = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ringer", daemon=True)
        #: Why the last ring failed; None while rings get through.
        self.last_error: str | None = None

    def start(self) -> None:
        """Begin to ring."""
        self._thread.start()

    def stop(self) -> None:
        """Ring what is wanted once more, then stop."""
        with self._change:
            self._stopping = True
            self._change.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def ring(self, queue: jobs.Queue) -> None:
        """Ask for a ring; returns at once."""
        with self._change:
            self._wanted.add(queue)
            self._change.notify()

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._wanted or self._stopping)
                wanted, self._wanted = sorted(self._wanted), set()
                stopping = self._stopping
            for queue in wanted:
                self._ring(queue)
            with self._change:
                self._change.wait_for(lambda: self._stopping, timeout=_PAUSE_S)
            if stopping:
                return

    def _ring(self, queue: jobs.Queue) -> None:
        try:
            self._doorbell.ring(queue)
        except errors.Unavailable as error:
            self.last_error = error.detail
            log.warning("doorbell.silent", queue=queue, reason=error.detail)
        except Exception:
            # Without this thread nobody would ring any more, and nothing would show it.
            self.last_error = "unexpected error; see the log"
            log.exception("doorbell.failed", queue=queue)
        else:
            self.last_error = None
