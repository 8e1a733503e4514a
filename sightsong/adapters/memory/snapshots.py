"""The snapshots' rows in memory."""

from dataclasses import replace

from sightsong.adapters.memory.state import State
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import Snapshot, SnapshotState


class MemorySnapshots:
    """The `Snapshots` port over dictionaries."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, snapshot: Snapshot) -> None:
        """Store a snapshot, not active yet; the same version again changes nothing."""
        with self._state.lock:
            row = replace(snapshot, state=SnapshotState.READY, created_at=self._state.clock())
            self._state.snapshots.setdefault(snapshot.version, row)

    def active(self, space: Space) -> Snapshot | None:
        """Read the snapshot that readers of a space should serve."""
        for snapshot in self.listed(space):
            if snapshot.state is SnapshotState.ACTIVE:
                return snapshot
        return None

    def remove(self, version: str) -> None:
        """Forget a snapshot that is not active; absent or active is fine."""
        with self._state.lock:
            row = self._state.snapshots.get(version)
            if row is not None and row.state is not SnapshotState.ACTIVE:
                del self._state.snapshots[version]

    def listed(self, space: Space | None = None) -> list[Snapshot]:
        """Read all snapshots, newest first."""
        with self._state.lock:
            rows = [s for s in self._state.snapshots.values() if space in (None, s.space)]
        return sorted(rows, key=lambda row: (row.created_at, row.version), reverse=True)
