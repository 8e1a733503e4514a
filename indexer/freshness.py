"""Freshness: asks for a rebuild when the library has moved on from the active snapshot."""

import threading
import time

import structlog

from sightsong.core import errors, ports
from sightsong.core.embeddings import Space
from sightsong.core.jobs import JobKind, NewJob, Queue

log = structlog.get_logger()


class Freshness:
    """A thread that compares the library's revision with the active snapshot's.

    It waits until no track is waiting to be embedded, so that an ingest of many tracks ends in one
    rebuild; but never longer than `patience_s`, so that a long ingest is found while it runs.
    """

    def __init__(
        self,
        stores: ports.Stores,
        doorbell: ports.Doorbell,
        space: Space,
        *,
        look_s: float = 1.0,
        patience_s: float = 10.0,
    ) -> None:
        self._stores = stores
        self._doorbell = doorbell
        self._space = space
        self._look_s = look_s
        self._patience_s = patience_s
        self._stale_since: float | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="freshness", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stopping.set()
        self._thread.join(timeout=self._look_s + 1)

    def look(self) -> bool:
        """Look once; True when a rebuild was asked for."""
        if not self._is_stale():
            self._stale_since = None
            return False
        now = time.monotonic()
        self._stale_since = self._stale_since or now
        if self._is_busy() and now - self._stale_since < self._patience_s:
            return False
        if self._stores.jobs.submit_once(NewJob(kind=JobKind.REBUILD)) is None:
            return False
        self._stale_since = None
        self._doorbell.ring(Queue.LIBRARY)
        return True

    def _is_stale(self) -> bool:
        active = self._stores.snapshots.active(self._space)
        built_from = active.revision if active else 0
        return self._stores.tracks.revision(self._space) > built_from

    def _is_busy(self) -> bool:
        return self._stores.jobs.backlog(Queue.TRACKS, limit=1) > 0

    def _run(self) -> None:
        while not self._stopping.wait(self._look_s):
            try:
                self.look()
            except errors.Unavailable as error:
                log.warning("freshness.missed", reason=error.detail)
