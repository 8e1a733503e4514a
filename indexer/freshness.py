"""Freshness: asks for a rebuild when the library has moved on from the active snapshot."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from sightsong.core import ports
from sightsong.core.embeddings import Space
from sightsong.core.jobs import Job, JobKind, JobState, NewJob, Queue
from sightsong.core.snapshots import Snapshot

log = structlog.get_logger()

#: Share of the time that may be spent on rebuilding while a long ingest runs: one in six.
_REST_PER_BUILD = 5
_FIRST_BACKOFF_S = 10.0
_LONGEST_BACKOFF_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """When to ask, in seconds."""

    busy_s: float = 10.0  #: At least so long a rebuild waits for tracks that are being embedded.
    check_s: float = (
        3600.0  #: The active snapshot's files are compared with their digests so often.
    )


class Freshness:
    """Compares the library's revision with the active snapshot's.

    A rebuild waits until no track waits to be embedded, so that an ingest of many tracks ends in
    one; but not for ever, so that a long ingest is found while it runs. After one that failed, the
    next is asked for later and later. An active snapshot that is damaged is built anew.
    """

    def __init__(
        self,
        stores: ports.Stores,
        doorbell: ports.Doorbell,
        space: Space,
        *,
        is_sound: Callable[[Snapshot], bool],
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stores = stores
        self._doorbell = doorbell
        self._space = space
        self._is_sound = is_sound
        self._patience = patience or Patience()
        self._clock = clock
        self._stale_since: float | None = None
        self._asked: tuple[Job, float] | None = None
        self._build_s = 0.0
        self._failures = 0
        self._not_before = float("-inf")
        self._damaged: str | None = None
        self._checked: tuple[str, float] = ("", float("-inf"))

    def look(self) -> bool:
        """Look once; True when a rebuild was asked for."""
        self._follow_up()
        active = self._stores.snapshots.active(self._space)
        if not (self._is_behind(active) or self._is_damaged(active)):
            self._stale_since = None
            return False
        now = self._clock()
        if self._stale_since is None:
            self._stale_since = now
        if now < self._not_before or self._should_wait(now - self._stale_since):
            return False
        return self._ask(now)

    def _is_behind(self, active: Snapshot | None) -> bool:
        built_from = active.revision if active else 0
        return self._stores.tracks.revision(self._space) > built_from

    def _is_damaged(self, active: Snapshot | None) -> bool:
        """Whether the files of the active snapshot have changed; they are read now and then."""
        if active is None:
            return False
        version, checked_at = self._checked
        if version != active.version or self._clock() - checked_at >= self._patience.check_s:
            self._damaged = None if self._is_sound(active) else active.version
            self._checked = (active.version, self._clock())
        return self._damaged == active.version

    def _should_wait(self, stale_s: float) -> bool:
        is_busy = self._stores.jobs.is_busy(Queue.TRACKS)
        return is_busy and stale_s < max(self._patience.busy_s, _REST_PER_BUILD * self._build_s)

    def _ask(self, now: float) -> bool:
        job = self._stores.jobs.submit_once(NewJob(kind=JobKind.REBUILD))
        if job is None:
            return False
        self._asked, self._stale_since = (job, now), None
        self._doorbell.ring(Queue.INDEX)
        return True

    def _follow_up(self) -> None:
        """See what became of the rebuild that was asked for."""
        if self._asked is None:
            return
        asked, since = self._asked
        state = self._stores.jobs.get(asked.id).state
        if not state.is_final:
            return
        self._asked = None
        if state is JobState.SUCCEEDED:
            self._build_s, self._failures = self._clock() - since, 0
            return
        pause_s = min(_FIRST_BACKOFF_S * 2**self._failures, _LONGEST_BACKOFF_S)
        self._failures += 1
        self._not_before = self._clock() + pause_s
        log.warning("rebuild.failed", times=self._failures, again_in_s=pause_s)
