"""Freshness: asks for a rebuild when it is worth to fold what has changed into a new snapshot."""

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
#: And for a few changes of a library that is at rest: one in twenty-one.
_REST_FOR_FEW = 20
_FIRST_BACKOFF_S = 10.0
_LONGEST_BACKOFF_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """When to ask; times in seconds."""

    busy_s: float = 10.0  #: At least so long a rebuild waits for tracks that are being embedded.
    few_s: float = 5.0  #: At least so long a few changes wait for more.
    many: int = 10_000  #: So many changed tracks are no longer a few.
    #: The active snapshot's files are compared with their digests so often.
    check_s: float = 3600.0


class Freshness:
    """Compares the library with the active snapshot.

    Readers find what is new without a rebuild, by comparing it with every query, so that there is
    no hurry: a rebuild is due when that has become much, or when the library is at rest. Without a
    snapshot, or with a damaged one, it is due at once. While tracks wait to be embedded it waits as
    well, so that an ingest of many ends in one; but not for ever where much has changed. After one
    that failed, the next is asked for later and later. A snapshot that a person chose is left alone
    unless it is damaged.
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
        self._counted: tuple[str, int, int] = ("", 0, 0)

    def look(self) -> bool:
        """Look once; True when a rebuild was asked for."""
        self._follow_up()
        active = self._stores.snapshots.active(self._space)
        revision = self._stores.tracks.revision(self._space)
        served = None if active is None or self._is_damaged(active) else active
        if served is not None and not _is_behind(served, revision):
            self._stale_since = None
            return False
        now = self._clock()
        if self._stale_since is None:
            self._stale_since = now
        stale_s = now - self._stale_since
        if now < self._not_before or not self._is_due(served, revision, stale_s):
            return False
        return self._ask(now, over_pin=served is None)

    def _is_damaged(self, active: Snapshot) -> bool:
        """Whether the files of the active snapshot have changed; they are read now and then."""
        version, checked_at = self._checked
        if version != active.version or self._clock() - checked_at >= self._patience.check_s:
            self._damaged = None if self._is_sound(active) else active.version
            self._checked = (active.version, self._clock())
        return self._damaged == active.version

    def _is_due(self, served: Snapshot | None, revision: int, stale_s: float) -> bool:
        """Whether a rebuild is worth it now.

        Args:
            served: the active snapshot; None where there is none that is whole.
            revision: of the library.
            stale_s: for how long it has been as it is.
        """
        is_busy = self._stores.jobs.is_busy(Queue.TRACKS)
        if served is None and not self._has_tracks(revision):
            return False
        if served is None or self._has_many_changes(served, revision):
            rest_s = max(self._patience.busy_s, _REST_PER_BUILD * self._build_seconds(served))
            return not is_busy or stale_s >= rest_s
        rest_s = max(self._patience.few_s, _REST_FOR_FEW * self._build_seconds(served))
        return not is_busy and stale_s >= rest_s

    def _build_seconds(self, served: Snapshot | None) -> float:
        """How long the last rebuild took, as far as it is known."""
        told: float = served.manifest.get("built_s", 0.0) if served else 0.0
        return max(self._build_s, told)

    def _has_tracks(self, revision: int) -> bool:
        """Whether there is anything to index; counted once for each revision."""
        if self._counted[:2] != ("", revision):
            tracks = self._stores.tracks.extent(self._space).tracks if revision else 0
            self._counted = ("", revision, tracks)
        return self._counted[2] > 0

    def _has_many_changes(self, active: Snapshot, revision: int) -> bool:
        """Whether readers carry much; counted once for each revision."""
        many = self._patience.many
        if self._counted[:2] != (active.version, revision):
            count = self._stores.tracks.count_changes(
                self._space, since=active.revision, limit=many
            )
            self._counted = (active.version, revision, count)
        return self._counted[2] >= many

    def _ask(self, now: float, *, over_pin: bool) -> bool:
        """Ask for a rebuild; in place of a snapshot that a person chose only if it is damaged."""
        params = {"asked": True} if over_pin else {}
        job = self._stores.jobs.submit_once(NewJob(kind=JobKind.REBUILD, params=params))
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


def _is_behind(active: Snapshot, revision: int) -> bool:
    """Whether a snapshot is to be followed by a newer one by itself."""
    return revision > active.revision and not active.is_pinned
