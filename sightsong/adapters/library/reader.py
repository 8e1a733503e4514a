"""The read side of the index: follows the active snapshot without a restart."""

import threading
import time
from pathlib import Path

import faiss
import numpy as np
import structlog
from numpy.typing import NDArray

from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.core import errors, ports
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import Snapshot, SnapshotState

log = structlog.get_logger()

#: A refused snapshot is tried again after this: on a shared disk its files may come late.
_REFUSED_FOR_S = 30.0


class SnapshotLibrary:
    """Searches the active snapshot of one space.

    A newer snapshot is loaded beside the old one and then swapped in by one assignment, so that no
    search ever sees half of each. One that is refused is reported, and the old one serves on.
    """

    def __init__(
        self, snapshots: ports.Snapshots, folder: Path, space: Space, *, check_s: float = 1.0
    ) -> None:
        self._snapshots = snapshots
        self._folder = folder
        self._space = space
        self._check_s = check_s
        self._lock = threading.Lock()
        self._checked = float("-inf")
        self._loaded: LoadedSnapshot | None = None
        self._refused: dict[str, float] = {}  # version to when, on this process's clock
        faiss.omp_set_num_threads(1)  # two threads on one small query are slower than one

    def search(self, query: NDArray[np.float32], *, k: int) -> ports.Found:
        """Find the `k` tracks nearest to a unit vector of the library's space, (d,)."""
        loaded = self._current()
        if loaded is None:
            return ports.Found(snapshot=None, neighbours=())
        return ports.Found(snapshot=loaded.version, neighbours=loaded.search(query, k=k))

    def _current(self) -> LoadedSnapshot | None:
        with self._lock:
            if time.monotonic() - self._checked >= self._check_s:
                self._checked = time.monotonic()
                self._follow()
            return self._loaded

    def _follow(self) -> None:
        try:
            active = self._snapshots.active(self._space)
            serving = self._loaded.version if self._loaded else None
            if active is None or active.version == serving or self._load(active):
                return
            if self._loaded is None:
                self._fall_back()
        except errors.Unavailable:
            return  # the snapshot in memory still answers

    def _fall_back(self) -> None:
        """After a start there is no old snapshot in memory: take the newest retired one."""
        for snapshot in self._snapshots.listed(self._space):
            if snapshot.state is SnapshotState.RETIRED and self._load(snapshot):
                return

    def _load(self, snapshot: Snapshot) -> bool:
        """Load and serve a snapshot, unless it is refused (or was a moment ago)."""
        refused_at = self._refused.get(snapshot.version, float("-inf"))
        if time.monotonic() - refused_at < _REFUSED_FOR_S:
            return False
        try:
            self._loaded = LoadedSnapshot(snapshot, self._folder / snapshot.path)
        except errors.SnapshotRefused as error:
            self._refused[snapshot.version] = time.monotonic()
            log.warning("snapshot.refused", version=snapshot.version, reason=error.detail)
            return False
        log.info("snapshot.loaded", version=snapshot.version)
        return True
