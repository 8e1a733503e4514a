"""Freshness: asks for a rebuild when it is worth to fold what has changed into a new snapshot."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from indexer.building import Builder
from sightsong.core import errors, ports
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
    #: The active snapshot is read through so often, even if nothing tells that it has changed.
    check_s: float = 3600.0


class Freshness:
    """Compares the library with the active snapshot.

    Readers find what is new without a rebuild, by comparing it with every query, so that there is
    no hurry: a rebuild is due when that has become much, or when the library is at rest. Without a
    snapshot, or with a damaged one, it is due at once; without tracks it never is. While tracks
    wait to be embedded it waits as well, so that an ingest of many ends in one; but not for ever
    where much has changed. After one that failed, the next is asked for later and later. A snapshot
    that a person chose is left alone unless it is damaged.
    """

    def __init__(
        self,
        stores: ports.Stores,
        doorbell: ports.Doorbell,
        space: Space,
        *,
        builder: Builder,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stores = stores
        self._doorbell = doorbell
        self._space = space
        self._builder = builder
        self._patience = patience or Patience()
        self._clock = clock
        self._stale_since: float | None = None
        self._asked: tuple[Job, float] | None = None
        self._build_s = 0.0
        self._failures = 0
        self._not_before = float("-inf")
        self._damaged: str | None = None
        self._seen: tuple[str, object] = ("", None)
        self._check_at = 0.0
        self._tracks_at: tuple[int, int] = (0, 0)  # revision, count
        self._changes_at: tuple[str, int, int] = ("", 0, 0)  # version, revision, count

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
        """Whether the active snapshot is not what was built.

        It is glanced at each time; read only if it looks otherwise than before, and now and then.
        """
        seen = (active.version, self._builder.glance(active))
        if seen != self._seen or self._clock() >= self._check_at:
            self._damaged = None if self._is_sound(active) else active.version
            # What was seen before it was read: a change meanwhile is met by the next look.
            self._seen, self._check_at = seen, self._clock() + self._patience.check_s
        return self._damaged == active.version

    def _is_sound(self, snapshot: Snapshot) -> bool:
        try:
            self._builder.verify(snapshot)
        except errors.SnapshotRefused as error:
            log.warning("snapshot.refused", version=snapshot.version, reason=error.detail)
            return False
        return True

    def _is_due(self, served: Snapshot | None, revision: int, stale_s: float) -> bool:
        """Whether a rebuild is worth it now.

        Args:
            served: the active snapshot; None where there is none that is whole.
            revision: of the library.
            stale_s: for how long it has been as it is.
        """
        is_busy = self._stores.jobs.is_busy(Queue.TRACKS)
        if served is None or self._has_many_changes(served, revision):
            rest_s = max(self._patience.busy_s, _REST_PER_BUILD * self._build_seconds(served))
            is_time = not is_busy or stale_s >= rest_s
        else:
            rest_s = max(self._patience.few_s, _REST_FOR_FEW * self._build_seconds(served))
            is_time = not is_busy and stale_s >= rest_s
        return is_time and self._has_tracks(revision)

    def _build_seconds(self, served: Snapshot | None) -> float:
        """How long the last rebuild took, as far as it is known."""
        told: float = served.manifest.get("built_s", 0.0) if served else 0.0
        return max(self._build_s, told)

    def _has_tracks(self, revision: int) -> bool:
        """Whether there is anything to index; counted once for each revision."""
        if self._tracks_at[0] != revision:
            self._tracks_at = (revision, self._stores.tracks.extent(self._space).tracks)
        return self._tracks_at[1] > 0

    def _has_many_changes(self, active: Snapshot, revision: int) -> bool:
        """Whether readers carry much; counted once for each revision."""
        many = self._patience.many
        if self._changes_at[:2] != (active.version, revision):
            count = self._stores.tracks.count_changes(
                self._space, since=active.revision, limit=many
            )
            self._changes_at = (active.version, revision, count)
        return self._changes_at[2] >= many

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
        try:
            job = self._stores.jobs.get(asked.id)
        except errors.JobNotFound:  # somebody has deleted it: what became of it is seen anyway
            self._asked = None
            return
        if not job.state.is_final:
            return
        self._asked = None
        if job.state is JobState.SUCCEEDED:
            self._build_s, self._failures = self._clock() - since, 0
            return
        pause_s = min(_FIRST_BACKOFF_S * 2**self._failures, _LONGEST_BACKOFF_S)
        self._failures += 1
        self._not_before = self._clock() + pause_s
        reason = job.error.detail if job.error else None
        log.warning("rebuild.failed", times=self._failures, again_in_s=pause_s, reason=reason)


def _is_behind(active: Snapshot, revision: int) -> bool:
    """Whether a snapshot is to be followed by a newer one by itself."""
    return revision > active.revision and not active.is_pinned
