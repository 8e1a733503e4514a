"""Rings the doorbell from a thread of its own: a request never waits for the broker."""

import threading
import time

import structlog

from sightsong.core import errors, jobs, ports

log = structlog.get_logger()

#: Between two rounds of rings: a worker that was rung for takes all that has come by then.
_PAUSE_S = 0.01
#: While rings do not get through, that is reported so often: there may be hundreds in a second.
_REPORT_S = 60.0
#: What is rung for when nothing else is: the queue with the least to do, whose worker looks once.
_TRIED = jobs.Queue.INDEX


class Ringer:
    """A doorbell that never blocks: rings of one queue that come close together become one.

    A ring that fails is dropped: workers look by themselves each second, and maintenance rings
    again. `last_error` tells readiness that the broker does not answer.
    """

    def __init__(self, doorbell: ports.Doorbell, *, try_every_s: float | None = None) -> None:
        """Make one.

        Args:
            doorbell: to be rung; may block.
            try_every_s: seconds without a ring after which one is rung all the same, the first at
                the start, so that `last_error` is never older; None: only what is asked for.
        """
        self._doorbell = doorbell
        self._try_every_s = try_every_s
        self._wanted: set[jobs.Queue] = set() if try_every_s is None else {_TRIED}
        self._change = threading.Condition()
        self._stopping = False
        self._missed = 0  # rings in a row
        self._report_at = 0.0
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
                is_asked = self._change.wait_for(
                    lambda: self._wanted or self._stopping, timeout=self._try_every_s
                )
                wanted, self._wanted = sorted(self._wanted), set()
                stopping = self._stopping
            for queue in wanted if is_asked else (_TRIED,):
                self._ring(queue)
            with self._change:
                self._change.wait_for(lambda: self._stopping, timeout=_PAUSE_S)
            if stopping:
                return

    def _ring(self, queue: jobs.Queue) -> None:
        try:
            self._doorbell.ring(queue)
        except errors.Unavailable as error:
            self._miss(error.detail)
        except Exception:
            # Without this thread nobody would ring any more, and nothing would show it.
            self.last_error = "unexpected error; see the log"
            log.exception("doorbell.failed", queue=queue)
        else:
            self._hear()

    def _miss(self, reason: str) -> None:
        """Note a ring that did not get through; report the first, and then one now and then."""
        self.last_error = reason
        self._missed += 1
        if self._missed == 1 or time.monotonic() >= self._report_at:
            log.warning("doorbell.silent", reason=reason, missed=self._missed)
            self._report_at = time.monotonic() + _REPORT_S

    def _hear(self) -> None:
        """Note a ring that got through."""
        self.last_error = None
        if self._missed:
            log.info("doorbell.back", missed=self._missed)
            self._missed = 0
