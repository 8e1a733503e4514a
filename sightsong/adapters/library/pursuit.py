"""Keeping up: from a view to the next one, by what the database says has changed."""

import functools
from collections.abc import Callable

import structlog

from sightsong.adapters.library.base import Base
from sightsong.adapters.library.delta import Delta
from sightsong.adapters.library.view import View
from sightsong.core import errors, ports
from sightsong.core.embeddings import Space

log = structlog.get_logger()

#: What a search may take in by itself before it looks: with no more changes, to no more tracks that
#: are held already. Takes 50 ms at most.
_FEW = 500
_FEW_HELD = 10_000
#: Where too much has changed to be held, it is counted again after this; counting takes a while.
_COUNTED_FOR_S = 30.0
_TOO_MANY = "no snapshot serves, and there are too many tracks to search without one"


class Pursuit:
    """Makes views that hold what has changed up to now. Safe to use from many threads.

    No process ever holds more than `most_held` changed tracks. Whether that would be too many is
    counted from the snapshot on, whatever a process has seen before, so that all of them serve the
    same: where it is, the snapshot alone.
    """

    def __init__(
        self,
        tracks: ports.Tracks,
        space: Space,
        *,
        most_held: int,
        clock: Callable[[], float],
    ) -> None:
        self._tracks = tracks
        self._space = space
        self._most_held = most_held
        self._clock = clock
        self._count_again_at = float("-inf")
        self._told: frozenset[str] = frozenset()

    def begun(self, base: Base | None, grip: object = None) -> View:
        """Make the first view of a base, up to now.

        Args:
            base: a snapshot; None to hold all tracks.
            grip: kept as long as any view of the base.

        Raises:
            SnapshotRefused: it is not known what has changed since the base.
            IndexUnavailable: there is no base, and too many tracks; retried.
            StoreUnavailable: the database does not answer; retried.
        """
        view = self._alone(base, grip)
        if not self._fits(view):
            return self._held_back(view)
        changes = self._tracks.changes(self._space, since=view.revision)
        # Of all tracks, none that is gone has to be known.
        if base is not None and not changes.is_whole:
            raise errors.SnapshotRefused(
                f"snapshot {base.version}: the database does not know what has changed since it"
            )
        return self._noted(view.after(changes))

    def after(self, view: View) -> View:
        """Make the view that follows from what has happened since; the same where nothing has.

        Raises:
            SnapshotRefused: it is not known any more what has changed since its snapshot.
            IndexUnavailable: it has no snapshot, and there are too many tracks by now; retried.
            StoreUnavailable: the database does not answer; retried.
        """
        if view.held_back is not None:
            is_early = self._clock() < self._count_again_at
            return view if is_early else self.begun(view.base, view.grip)
        if self._tracks.revision(self._space) == view.revision:
            return view
        if not self._fits(view):
            return self._held_back(view)
        changes = self._tracks.changes(self._space, since=view.revision)
        if not changes.is_whole:
            return self.begun(view.base, view.grip)
        return self._noted(view.after(changes))

    def soon_after(self, view: View) -> View:
        """Do as `after` where that is a matter of milliseconds; else the same view.

        Raises:
            SnapshotRefused: its snapshot must not be served any more.
            StoreUnavailable: the database does not answer; retried.
        """
        held = len(view.touched)
        if view.held_back is not None or held > _FEW_HELD:
            return view
        if self._tracks.revision(self._space) == view.revision:
            return view
        few = min(_FEW, self._most_held - held)
        if self._tracks.count_changes(self._space, since=view.revision, limit=few + 1) > few:
            return view
        changes = self._tracks.changes(self._space, since=view.revision)
        return self._noted(view.after(changes)) if changes.is_whole else view

    def _alone(self, base: Base | None, grip: object, held_back: str | None = None) -> View:
        """Make the view of a base as it is, or of nothing."""
        delta = Delta(
            revision=base.revision if base else 0, dimension=base.dimension if base else None
        )
        windows = functools.partial(self._tracks.windows, self._space)
        return View(base, delta, read_windows=windows, grip=grip, held_back=held_back)

    def _fits(self, view: View) -> bool:
        """Whether what has changed since the view's snapshot may be held."""
        room = self._most_held - len(view.touched)
        count = functools.partial(self._tracks.count_changes, self._space)
        if count(since=view.revision, limit=room + 1) <= room:
            return True
        # Some may have changed twice.
        since, most = view.base.revision if view.base else 0, self._most_held
        return since != view.revision and count(since=since, limit=most + 1) <= most

    def _held_back(self, view: View) -> View:
        """Make the view of a snapshot alone.

        Raises:
            IndexUnavailable: there is none.
        """
        if view.base is None:
            raise errors.IndexUnavailable(_TOO_MANY)
        self._count_again_at = self._clock() + _COUNTED_FOR_S
        return self._alone(
            view.base,
            view.grip,
            f"more than {self._most_held:,} tracks have changed since snapshot "
            f"{view.base.version}, too many to search beside it; it is searched alone",
        )

    def _noted(self, view: View) -> View:
        """Log once which tracks cannot be found."""
        new = view.left_out - self._told
        if new:
            self._told |= new
            log.warning("tracks.left_out", count=len(new), first=min(new), why="no vector of it")
        return view
