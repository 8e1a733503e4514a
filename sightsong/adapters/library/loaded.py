"""A snapshot folder as the base of a view, checked before it is served."""

import contextlib
import fcntl
import functools
import json
import os
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from sightsong.adapters.library import layout, ranking
from sightsong.adapters.library.base import Base, Hidden, InUse
from sightsong.adapters.library.columns import Columns, Mask
from sightsong.adapters.library.lengths import Lengths
from sightsong.adapters.library.near import Near
from sightsong.core import embeddings, errors
from sightsong.core.facts import Filters
from sightsong.core.ports import Neighbour
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import TrackId

log = structlog.get_logger()

#: The kind of snapshots without a FAISS index.
EXACT = "exact"
BACKEND = "faiss"
#: Where so few rows may be found, each is measured: about 1 ms, and nothing is missed.
_FEW = 4_000
#: Filters whose rows are remembered: 1 MB each for a million tracks.
_MASKS = 16


@dataclass(frozen=True)
class _Hidden(Hidden):
    """Rows that are not to be found."""

    rows: NDArray[np.int64]


def opening(folder: Path) -> Callable[[Snapshot], Base]:
    """Make what opens the snapshots below the library folder."""
    return lambda snapshot: LoadedSnapshot(snapshot, folder / snapshot.path)


class LoadedSnapshot:
    """One snapshot folder, mapped into memory; a `Base`."""

    def __init__(self, snapshot: Snapshot, folder: Path, *, few: int = _FEW) -> None:
        """Check all that a search reads, and open it.

        Args:
            snapshot: its row.
            folder: where it lies.
            few: of no more rows, each is measured.

        Raises:
            SnapshotRefused: a file is missing, altered, of another space, or of another shape than
                the manifest says.
        """
        self.version = snapshot.version
        self.revision = snapshot.revision
        self._folder = folder
        self._few = few
        _check_backend(snapshot)
        self._let_go = weakref.finalize(self, _release, _hold(folder))
        self._manifest = _manifest(snapshot, folder)
        # Taken before the files are read: what changes meanwhile is noticed later.
        self._signs = layout.signs(folder, self._manifest)
        layout.check(folder, self._manifest)
        self._lengths = Lengths(folder, self._manifest["sha256"])
        weakref.finalize(self, self._lengths.close)
        self.dimension = self._manifest["dimension"]
        self._columns = Columns(folder, dimension=self.dimension)
        self.size = self._columns.size
        self._near, self._wide = self._open_near()
        self._check_sizes()
        self._masks = functools.lru_cache(_MASKS)(self._columns.mask)

    def _open_near(self) -> tuple[Near | None, NDArray[np.float32] | None]:
        if self._manifest["kind"] == EXACT:
            # Turned at each search, ten thousand vectors would take 3 ms; kept, they take 20 MB.
            return None, ranking.widened(self._columns.vectors)
        return Near(self._folder / layout.NEAR, self._manifest["parameters"]), None

    def _check_sizes(self) -> None:
        shape = (self._manifest["tracks"], self._manifest["dimension"])
        index = self._near.shape if self._near else shape
        if self._columns.vectors.shape != shape or index != shape:
            raise errors.SnapshotRefused(f"snapshot {self.version}: its parts do not fit together")

    def hide(self, track_ids: Collection[TrackId]) -> Hidden:
        """Prepare to find none of some tracks, for any number of searches.

        Raises:
            SnapshotRefused: one of its files is not all there any more.
        """
        self._check_lengths()
        return _Hidden(self._columns.rows(track_ids))

    def nearest(
        self, query: NDArray[np.float32], *, k: int, where: Filters, hidden: Hidden
    ) -> list[Neighbour]:
        """Find the `k` nearest tracks that fit, nearest first, of equals the smaller id.

        Raises:
            IndexUnavailable: one of its files is not all there any more; another snapshot takes
                its place within seconds.
        """
        self._be_whole()
        ranking.check_dimension(query, self._columns.vectors.shape[1])
        allowed = self._allowed(where, hidden)
        rows = self._candidates(query, k=k, allowed=allowed)
        vectors = self._columns.vectors[rows]
        ordered = ranking.nearest_first(query, vectors, self._columns.track_ids(rows))[:k]
        places = np.array([place for place, _ in ordered], dtype=np.int64)
        rows = rows[places]
        return [
            Neighbour(track_id=track_id, cosine=cosine, vector=vector, facts=facts)
            for track_id, (_, cosine), vector, facts in zip(
                self._columns.track_ids(rows),
                ordered,
                ranking.widened(vectors[places]),
                self._columns.facts(rows),
                strict=True,
            )
        ]

    def _candidates(
        self, query: NDArray[np.float32], *, k: int, allowed: Mask | None
    ) -> NDArray[np.int64]:
        """Find rows among which the `k` nearest are."""
        if self._wide is not None:
            scores = ranking.products(query, self._wide)
            rows = np.arange(self.size) if allowed is None else np.flatnonzero(allowed)
            return rows[ranking.leading(scores[rows], k)]
        rows = self._narrowed(query, k=k, allowed=allowed)
        scores = ranking.products_of_rows(query, self._columns.vectors, rows)
        return rows[ranking.leading(scores, k)]

    def _narrowed(
        self, query: NDArray[np.float32], *, k: int, allowed: Mask | None
    ) -> NDArray[np.int64]:
        size = self.size if allowed is None else int(np.count_nonzero(allowed))
        if self._near is not None and size > max(self._few, k):
            rows = self._near.rows(query, k=k, allowed=allowed)
            # A graph may hold corners that no way leads to.
            if len(rows) >= min(k, size):
                return rows
        return np.arange(self.size) if allowed is None else np.flatnonzero(allowed)

    def _allowed(self, where: Filters, hidden: Hidden) -> Mask | None:
        """Mark the rows that may be found; None: all."""
        kept = self._masks(replace(where, without=frozenset(), without_artists=frozenset()))
        left_out: list[NDArray[Any]] = [hidden.rows] if isinstance(hidden, _Hidden) else []
        left_out += [self._columns.rows(where.without)] if where.without else []
        left_out += [self._columns.by_artist(artist) for artist in where.without_artists]
        if not any(map(len, left_out)):
            return kept
        allowed = np.ones(self.size, dtype=np.bool_) if kept is None else kept.copy()
        for rows in left_out:
            allowed[rows] = False
        return allowed

    def vector(self, track_id: TrackId) -> NDArray[np.float32] | None:
        """Read the vector of a track, (d,); None where it is not in the snapshot.

        Raises:
            IndexUnavailable: as `nearest`.
        """
        self._be_whole()
        row = self._columns.row(track_id)
        vector = None if row is None else self._columns.vectors[row].astype(np.float32)
        return None if vector is None or not np.isfinite(vector).all() else vector

    def best_windows(
        self, query: NDArray[np.float32], track_ids: Iterable[TrackId]
    ) -> Mapping[TrackId, float]:
        """Find where the nearest window of each track begins; those without any are left out.

        Raises:
            IndexUnavailable: as `nearest`.
        """
        self._be_whole()
        found = {}
        rows = self._columns.rows(tuple(track_ids))
        for track_id, row in zip(self._columns.track_ids(rows), rows.tolist(), strict=True):
            of_track = self._columns.window_rows(row)
            start = best_start(
                query, self._columns.windows[of_track], self._columns.starts[of_track].tolist()
            )
            if start is not None:
                found[track_id] = start
        return found

    def check_late(self) -> None:
        """Compare the windows with the manifest, which takes longest.

        Raises:
            SnapshotRefused: they are not what was written.
        """
        layout.check(self._folder, self._manifest, late=True)

    def has_changed(self) -> bool:
        """Whether its files look other than when they were last checked."""
        signs = layout.signs(self._folder, self._manifest)
        return any(sign != self._signs.get(name) for name, sign in signs.items())

    def check_again(self) -> None:
        """Compare all files with the manifest once more; what is mapped is what they hold now.

        Raises:
            SnapshotRefused: they are not what was written.
        """
        self._check_lengths()  # at once: digests take their time
        signs = layout.signs(self._folder, self._manifest)
        layout.check(self._folder, self._manifest)
        layout.check(self._folder, self._manifest, late=True)
        self._signs = signs

    def _check_lengths(self) -> None:
        name = self._lengths.cut_short()
        if name is not None:
            raise errors.SnapshotRefused(f"snapshot {self.version}: {name} was cut short")

    def _be_whole(self) -> None:
        """Search nothing that the system would kill this process for."""
        try:
            self._check_lengths()
        except errors.SnapshotRefused as error:
            raise errors.IndexUnavailable(error.detail) from error

    def close(self) -> None:
        """Let the indexer remove the folder; what is mapped stays readable until it is dropped."""
        self._let_go()


def best_start(
    query: NDArray[np.float32], windows: NDArray[np.float16], starts: Sequence[float]
) -> float | None:
    """Find where the window nearest to a query begins, the first of equals; None without any."""
    if len(windows) == 0:
        return None
    cosines = embeddings.cosine(query, windows)
    return float(starts[int(np.argmax(np.where(np.isfinite(cosines), cosines, -np.inf)))])


def _check_backend(snapshot: Snapshot) -> None:
    backend = snapshot.manifest.get("backend", BACKEND)
    if backend != BACKEND:
        raise errors.SnapshotRefused(
            f"snapshot {snapshot.version}: it lies on {backend}, where this process does not look"
        )


def _hold(folder: Path) -> int:
    """Take a shared lock on a snapshot, so that it is not removed while it is read; a descriptor.

    Raises:
        SnapshotRefused: it is gone.
        InUse: it is about to be gone, or its lock is taken for a moment.
    """
    try:
        held = os.open(folder / layout.MANIFEST, os.O_RDONLY)
    except OSError as error:
        raise errors.SnapshotRefused(f"snapshot {folder.name}: no readable manifest") from error
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(held)
        # Or somebody asks whether it is held, which takes a moment.
        raise InUse(f"snapshot {folder.name}: it is being removed") from error
    except OSError as error:
        # A file system without locks. What is mapped stays readable after it was removed, and the
        # indexer keeps several retired snapshots.
        log.warning("snapshot.not_held", version=folder.name, reason=str(error))
    return held


def _release(held: int) -> None:
    # Closing alone would not do where a forked process has the descriptor too.
    with contextlib.suppress(OSError):
        fcntl.flock(held, fcntl.LOCK_UN)
    os.close(held)


def _manifest(snapshot: Snapshot, folder: Path) -> Mapping[str, Any]:
    """Read a manifest, and compare it with the one that was published.

    Raises:
        SnapshotRefused: it is altered, incomplete, or of another space.
    """
    manifest = layout.read_manifest(folder)
    if manifest != json.loads(json.dumps(dict(snapshot.manifest))):
        raise errors.SnapshotRefused(f"snapshot {folder.name}: its manifest was altered")
    if manifest["space"] != snapshot.space:
        raise errors.SnapshotRefused(f"snapshot {folder.name}: it is of another space")
    needed = {layout.column_file(name) for name in layout.COLUMNS}
    needed |= set() if manifest["kind"] == EXACT else {layout.NEAR}
    if not needed <= manifest["sha256"].keys():
        raise errors.SnapshotRefused(f"snapshot {folder.name}: the manifest leaves out files")
    return manifest
