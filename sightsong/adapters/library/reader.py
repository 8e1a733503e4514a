"""The read side of the index: follows snapshots and changes, without a restart or a pause."""

import functools
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from sightsong.adapters.library.base import Base, InUse
from sightsong.adapters.library.pursuit import Pursuit
from sightsong.adapters.library.refusals import Refusals
from sightsong.adapters.library.view import View
from sightsong.core import errors, ports
from sightsong.core.embeddings import Space
from sightsong.core.ports import Health
from sightsong.core.snapshots import Snapshot, SnapshotState

log = structlog.get_logger()

#: A refused snapshot is tried again after this: on a shared disk its files may come late.
_REFUSED_FOR_S = 30.0
#: A server that does not answer is asked again after this.
_AWAY_FOR_S = 5.0
#: And a snapshot whose lock somebody has, after this: the indexer asks for it to see who reads.
_IN_USE_FOR_S = 1.0
#: How often a view is made anew where another was put in its place meanwhile.
_TRIES = 3
#: Stands for "all tracks, without a snapshot" among the versions.
_ALL = ""
_NOT_LOOKED = "the index has not been opened yet"
_CLOSED = "the index is closed"


def _aside(load: Callable[[], None]) -> None:
    threading.Thread(target=load, name="snapshot", daemon=True).start()


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How a reader goes about its work."""

    #: Most changed tracks that are held in memory, some 7 kB each at 512 dimensions. The indexer
    #: builds a snapshot long before; without a bound, a library whose snapshots are all lost would
    #: fill the memory of each process. With so many held, one more takes half a second to take in.
    most_held: int = 100_000
    clock: Callable[[], float] = time.monotonic
    #: Runs what takes long beside the one who follows; in a thread of its own.
    aside: Callable[[Callable[[], None]], object] = _aside


def _pause_s(error: errors.SightsongError) -> float:
    """For how long a snapshot is not tried again."""
    if isinstance(error, InUse):
        return _IN_USE_FOR_S
    return _AWAY_FOR_S if isinstance(error, errors.IndexUnavailable) else _REFUSED_FOR_S


class _Grip:
    """Held by every view of one base: when the last of them is gone, the base is closed."""


class SnapshotLibrary:
    """Serves the active snapshot of one space and what has changed since; a `ports.Library`.

    Who calls `follow` takes in what has changed; snapshots are opened and checked beside, so that
    changes are seen meanwhile. Searches take the present view, which is one reference and never
    changes: none waits, and none sees half of two.
    """

    def __init__(
        self,
        snapshots: ports.Snapshots,
        tracks: ports.Tracks,
        space: Space,
        *,
        open_base: Callable[[Snapshot], Base],
        habits: Habits | None = None,
    ) -> None:
        self._snapshots = snapshots
        self._space = space
        self._open_base = open_base
        habits = habits or Habits()
        self._aside = habits.aside
        self._refusals = Refusals(habits.clock)
        self._pursuit = Pursuit(tracks, space, most_held=habits.most_held, clock=habits.clock)
        self._looking = threading.Lock()  # held for a whole look
        self._swapping = threading.Lock()  # held for moments: nobody waits for it
        self._is_loading = False
        self._has_fallen = False  # what served must not any more, and another is to be found
        self._is_closed = False
        self._active: Snapshot | None = None
        self._view: View | None = None

    def view(self) -> View:
        """Look at the library as it was found last; never waits.

        Raises:
            IndexUnavailable: it has not been looked at yet, or there are too many tracks to serve
                without a snapshot, and none that may be served; retried.
        """
        view = self._view
        if view is None:
            raise errors.IndexUnavailable(self._why_nothing())
        return view

    def health(self) -> Health:
        """Say what is served, and why the active snapshot, or what has changed, is not."""
        view, active = self._view, self._active
        serving = view.snapshot if view else None
        reasons = []
        if active is not None and active.version != serving:
            reasons.append(self._refusals.reason(active.version))
        if view is None:
            reasons.append(self._refusals.reason(_ALL))
        return Health(
            serving=serving,
            refused="; ".join(filter(None, reasons)) or None,
            held_back=view.held_back if view else None,
        )

    def follow(self) -> None:
        """Look once for another snapshot and for changes; what serves goes on until they are in.

        Where the database does not answer, the present view serves on. While somebody else looks,
        this does nothing.
        """
        if not self._looking.acquire(blocking=False):
            return
        try:
            if not self._is_closed:
                self._look()
        except errors.Unavailable as error:
            log.debug("library.not_followed", reason=error.detail)
        finally:
            self._looking.release()

    def catch_up(self) -> None:
        """Take in what has changed up to now, in this thread, where that is a matter of moments.

        Never loads a snapshot, nor waits for one; while the database is away it does nothing.
        """
        for _ in range(_TRIES):
            view = self._view
            if view is None:
                return
            try:
                newer = self._pursuit.soon_after(view)
            except errors.Unavailable as error:
                log.debug("library.not_followed", reason=error.detail)
                return
            except errors.SnapshotRefused as error:
                self._drop(view.base, error.detail)
                return
            if newer is view or self._replace(view, newer):
                return

    def examine(self, snapshot: Snapshot) -> None:
        """Open and check a snapshot beside, as before serving it, and close it again.

        Raises:
            SnapshotRefused: it would not be served.
            IndexUnavailable: the server that holds it does not answer; retried.
            StoreUnavailable: the database does not answer; retried.
        """
        base = self._open_base(snapshot)
        try:
            base.check_late()
            self._pursuit.begun(base)
        finally:
            base.close()

    def close(self) -> None:
        """Serve nothing any more, and let go of the snapshot when its last search has ended.

        What is being loaded is not waited for; it is let go of as soon as it is there.
        """
        with self._swapping:
            self._is_closed = True
            self._view = self._active = None

    def _look(self) -> None:
        active = self._active = self._snapshots.active(self._space)
        view = self._view
        serving = view.snapshot if view else None
        if self._is_loading:
            pass
        elif active and active.version != serving and not self._refusals.holds(active.version):
            self._begin(functools.partial(self._move_to, active))
        elif view is None and self._has_fallen:
            self._begin(self._fall_back)
        elif view and view.base and view.base.has_changed():
            self._begin(functools.partial(self._check_again, view.base))
        if self._view is not None:
            self._keep_up(self._view)
        elif not self._is_loading:
            self._serve_without()

    def _begin(self, load: Callable[[], None]) -> None:
        """Load beside; one at a time."""
        self._is_loading = True
        try:
            self._aside(functools.partial(self._run, load))
        except RuntimeError:  # no thread is to be had
            self._is_loading = False
            raise

    def _run(self, load: Callable[[], None]) -> None:
        try:
            load()
        except errors.Unavailable as error:
            log.debug("library.not_followed", reason=error.detail)
        finally:
            self._is_loading = False

    def _keep_up(self, view: View) -> None:
        try:
            self._replace(view, self._pursuit.after(view))
        except errors.SnapshotRefused as error:
            self._drop(view.base, error.detail)
        except errors.IndexUnavailable as error:
            self._refusals.refuse(_ALL, error.detail, for_s=_REFUSED_FOR_S)
            self._replace(view, None)

    def _serve_without(self) -> None:
        """Serve all tracks without a snapshot, unless there are too many."""
        if self._refusals.holds(_ALL):
            return
        try:
            view = self._pursuit.begun(None)
        except errors.IndexUnavailable as error:
            self._refusals.refuse(_ALL, error.detail, for_s=_REFUSED_FOR_S)
        else:
            self._refusals.forget(_ALL)
            self._replace(None, view)

    def _move_to(self, active: Snapshot) -> None:
        # Where none serves, after a start, the newest good one is taken.
        if not self._takes(active) and (self._view is None or self._view.snapshot is None):
            self._fall_back()

    def _fall_back(self) -> None:
        for snapshot in self._snapshots.listed(self._space):
            if snapshot.state is SnapshotState.RETIRED and self._takes(snapshot):
                break
        self._has_fallen = False

    def _check_again(self, base: Base) -> None:
        """Serve a snapshot no more if what has become of its files is not what was built."""
        try:
            base.check_again()
        except errors.SnapshotRefused as error:
            self._drop(base, error.detail)
            self._fall_back()

    def _takes(self, snapshot: Snapshot) -> bool:
        """Serve a snapshot, unless it is refused (or was a moment ago)."""
        version = snapshot.version
        if self._refusals.holds(version):
            return False
        try:
            self._load(snapshot)
        except (errors.SnapshotRefused, errors.IndexUnavailable) as error:
            self._refusals.refuse(version, error.detail, for_s=_pause_s(error))
        except errors.Unavailable:
            raise
        except Exception as error:
            if self._is_closed:  # the process ends, and takes threads away under the load
                return False
            # Whatever it is, what serves goes on, and this is not tried again at every look.
            log.exception("snapshot.not_opened", version=version)
            reason = f"snapshot {version}: it cannot be opened ({type(error).__name__})"
            self._refusals.refuse(version, reason, for_s=_REFUSED_FOR_S)
        else:
            self._refusals.forget(version, _ALL)
            return True
        return False

    def _load(self, snapshot: Snapshot) -> None:
        """Open a snapshot beside the present one, and swap it in.

        Raises:
            SnapshotRefused: it is not whole.
        """
        base, grip = self._open_base(snapshot), _Grip()
        weakref.finalize(grip, base.close)
        is_first = self._view is None
        if not is_first:
            base.check_late()
        changed = self._put(self._pursuit.begun(base, grip))
        log.info("snapshot.loaded", version=snapshot.version, changed=changed)
        if not is_first:
            return
        # Windows say where a match begins, no more: after a start, rather serve than wait.
        try:
            base.check_late()
        except BaseException:
            self._drop(base)
            raise

    def _put(self, view: View) -> int:
        """Serve a view, but no older one than serves already; tells how many tracks changed."""
        tries = 1
        while not self._serves(view, even_older=tries == _TRIES):
            view = self._pursuit.after(view)
            tries += 1
        return view.changed

    def _serves(self, view: View, *, even_older: bool) -> bool:
        with self._swapping:
            now = self._view
            if now is None or now.revision <= view.revision or even_older:
                self._view = None if self._is_closed else view
                return True
        return False

    def _drop(self, base: Base | None, reason: str | None = None) -> None:
        """Serve a base no more, and refuse it if there is a reason to."""
        if base is not None and reason is not None:
            self._refusals.refuse(base.version, reason, for_s=_REFUSED_FOR_S)
            self._has_fallen = True
        with self._swapping:
            if self._view is not None and self._view.base is base:
                self._view = None

    def _replace(self, view: View | None, newer: View | None) -> bool:
        """Serve a newer view, unless another than the old one serves by now."""
        with self._swapping:
            if self._view is not view or self._is_closed:
                return False
            self._view = newer
        return True

    def _why_nothing(self) -> str:
        if self._is_closed:
            return _CLOSED
        return self.health().refused or _NOT_LOOKED
