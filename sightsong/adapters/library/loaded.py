"""One snapshot in memory, checked before it is served."""

import json
from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from sightsong.adapters.library import layout
from sightsong.core import embeddings, errors
from sightsong.core.ports import Neighbour
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import TrackId

#: FAISS's cosines may differ in the last bits between builds; a few more candidates than asked for
#: are fetched, measured again exactly, and cut, so that a tie at the edge falls by track id.
_SPARE = 16


class LoadedSnapshot:
    """The index, the ids and the windows of one snapshot; never changes."""

    def __init__(self, snapshot: Snapshot, folder: Path) -> None:
        """Check and load.

        Raises:
            SnapshotRefused: a file is missing, altered or of another shape than the manifest says.
        """
        manifest = layout.check(folder)
        self.version = snapshot.version
        self._index = faiss.read_index(str(folder / layout.VECTORS))
        self._ids: list[str] = json.loads((folder / layout.IDS).read_text("utf-8"))
        self._windows = np.load(folder / layout.WINDOWS, mmap_mode="r")  # float16, (n windows, d)
        self._starts = np.load(folder / layout.STARTS)
        self._offsets = np.load(folder / layout.OFFSETS)
        self._check_shapes(snapshot, manifest["dimension"])

    def _check_shapes(self, snapshot: Snapshot, dimension: int) -> None:
        n = len(self._ids)
        if self._index.ntotal != n or self._index.d != dimension or len(self._offsets) != n + 1:
            raise errors.SnapshotRefused(f"snapshot {snapshot.version}: its parts do not fit")
        if self._offsets[-1] != len(self._windows) or len(self._starts) != len(self._windows):
            raise errors.SnapshotRefused(f"snapshot {snapshot.version}: its windows do not fit")

    def search(self, query: NDArray[np.float32], *, k: int) -> tuple[Neighbour, ...]:
        """Find the `k` nearest tracks to a unit vector (d,); of equals the smaller id first."""
        wanted = min(k + _SPARE, self._index.ntotal)
        if wanted == 0:
            return ()
        # One query at a time: the order of summation, and so the ranking, must not depend on
        # which other photos came in the same batch.
        rows = self._index.search(query[np.newaxis], wanted)[1][0]
        rows = rows[rows >= 0]
        vectors = self._index.reconstruct_batch(rows)  # (n, d)
        cosines = embeddings.cosine(query, vectors).tolist()
        order = sorted(range(len(rows)), key=lambda i: (-round(cosines[i], 9), self._ids[rows[i]]))
        return tuple(
            Neighbour(
                track_id=TrackId(self._ids[rows[i]]),
                cosine=cosines[i],
                vector=vectors[i],
                window_start_s=self._best_window(query, int(rows[i])),
            )
            for i in order[:k]
        )

    def _best_window(self, query: NDArray[np.float32], row: int) -> float:
        windows = self._windows[self._offsets[row] : self._offsets[row + 1]]
        starts: Sequence[float] = self._starts[self._offsets[row] : self._offsets[row + 1]]
        if len(windows) == 0:
            return 0.0
        return float(starts[int(np.argmax(embeddings.cosine(query, windows)))])
