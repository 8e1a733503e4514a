"""The read side of the index: follows snapshots and changes, without a restart or a pause."""

import functools
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from sightsong.adapters.library.base import Base
from sightsong.adapters.library.delta import Delta
from sightsong.adapters.library.view import View
from sightsong.core import errors, ports
from sightsong.core.embeddings import Space
from sightsong.core.ports import Health
from sightsong.core.snapshots import Snapshot, SnapshotState

log = structlog.get_logger()

#: A refused snapshot is tried again after this: on a shared disk its files may come late.
_REFUSED_FOR_S = 30.0
#: Tracks that are held in memory where no snapshot serves: about 4 kB each at 512 dimensions. The
#: indexer builds a snapshot long before; without a bound, a library whose snapshots are all lost
#: would fill the memory of each process.
_MOST_HELD = 200_000
#: Stands for "all tracks, without a snapshot" among the versions.
_ALL = ""
_TOO_MANY = "no snapshot serves, and there are too many tracks to search without one"


@dataclass(frozen=True)
class _Refusal:
    reason: str
    until: float  #: By this process's clock.


class _Grip:
    """Held by every view of one base: when the last of them is gone, the base is closed."""


class SnapshotLibrary:
    """Serves the active snapshot of one space and what has changed since; a `ports.Library`.

    All looking and loading is done by who calls `follow`. Searches take the present view, which is
    one reference and never changes: none waits, and none sees half of two.
    """

    def __init__(
        self,
        snapshots: ports.Snapshots,
        tracks: ports.Tracks,
        space: Space,
        *,
        open_base: Callable[[Snapshot], Base],
        most_held: int = _MOST_HELD,
    ) -> None:
        self._snapshots = snapshots
        self._tracks = tracks
        self._space = space
        self._open_base = open_base
        self._most_held = most_held
        self._looking = threading.Lock()
        self._refused: dict[str, _Refusal] = {}  # by version
        self._is_begun = False
        self._is_closed = False
        self._view = self._empty()
        self._health = Health(serving=None)

    def view(self) -> View:
        """Look at the library as it was found last; never waits."""
        return self._view

    def health(self) -> Health:
        """Say what is served, and why the active snapshot is not."""
        return self._health

    def follow(self) -> None:
        """Look once for another snapshot and for changes; what serves goes on until they are in.

        Where the database does not answer, the present view serves on.
        """
        with self._looking:
            if self._is_closed:
                return
            try:
                self._follow()
            except errors.Unavailable as error:
                log.debug("library.not_followed", reason=error.detail)

    def close(self) -> None:
        """Serve nothing any more, and let go of the snapshot when its last search has ended."""
        with self._looking:
            self._is_closed = True
            self._view = self._empty()
            self._health = Health(serving=None)

    def _follow(self) -> None:
        active = self._snapshots.active(self._space)
        try:
            if active is not None and active.version != self._view.snapshot:
                self._move_to(active)
            self._catch_up()
            self._is_begun = True
        finally:
            self._health = Health(serving=self._view.snapshot, refused=self._why_not(active))

    def _move_to(self, active: Snapshot) -> None:
        try:
            if self._serves(active) or self._view.snapshot is not None:
                return
            # After a start no older one is in memory: the newest good one is taken.
            for snapshot in self._snapshots.listed(self._space):
                if snapshot.state is SnapshotState.RETIRED and self._serves(snapshot):
                    return
        except errors.IndexUnavailable as error:
            self._refused[active.version] = _Refusal(error.detail, until=time.monotonic())

    def _serves(self, snapshot: Snapshot) -> bool:
        """Serve a snapshot, unless it is refused (or was a moment ago)."""
        if self._is_refused(snapshot.version):
            return False
        before = self._view
        try:
            self._load(snapshot)
        except errors.SnapshotRefused as error:
            self._view = before
            self._refuse(snapshot.version, error.detail)
            return False
        for version in (snapshot.version, _ALL):
            self._refused.pop(version, None)
        log.info("snapshot.loaded", version=snapshot.version, changed=self._view.changed)
        return True

    def _load(self, snapshot: Snapshot) -> None:
        """Open a snapshot beside the present one, and swap it in.

        Raises:
            SnapshotRefused: it is not whole.
        """
        base, grip = self._open_base(snapshot), _Grip()
        weakref.finalize(grip, base.close)
        if self._is_begun:
            base.check_late()
        delta = Delta(revision=base.revision)
        changes = self._tracks.changes(self._space, since=base.revision)
        self._view = self._new_view(base, delta.with_changes(changes), grip)
        if not self._is_begun:
            # Windows say where a match begins, no more: after a start, rather serve than wait.
            self._is_begun = True
            base.check_late()

    def _catch_up(self) -> None:
        view = self._view
        if self._tracks.revision(self._space) == view.revision or self._is_too_much(view):
            return
        self._view = view.after(self._tracks.changes(self._space, since=view.revision))
        self._refused.pop(_ALL, None)

    def _is_too_much(self, view: View) -> bool:
        """Whether the whole library would have to be held in memory, and is too large for that."""
        if view.snapshot is not None or view.revision > 0:
            return False
        if self._is_refused(_ALL):
            return True
        most = self._most_held
        is_too_much = self._tracks.count_changes(self._space, since=0, limit=most + 1) > most
        if is_too_much:
            self._refuse(_ALL, _TOO_MANY)
        return is_too_much

    def _is_refused(self, version: str) -> bool:
        refusal = self._refused.get(version)
        return refusal is not None and time.monotonic() < refusal.until

    def _refuse(self, version: str, reason: str) -> None:
        self._refused[version] = _Refusal(reason, until=time.monotonic() + _REFUSED_FOR_S)
        log.warning("snapshot.refused", version=version, reason=reason)

    def _why_not(self, active: Snapshot | None) -> str | None:
        if active is not None and active.version == self._view.snapshot:
            return None
        refusal = self._refused.get(active.version if active else _ALL)
        return refusal.reason if refusal else None

    def _empty(self) -> View:
        return self._new_view(None, Delta(), None)

    def _new_view(self, base: Base | None, delta: Delta, grip: _Grip | None) -> View:
        windows = functools.partial(self._tracks.windows, self._space)
        return View(base, delta, read_windows=windows, grip=grip)
