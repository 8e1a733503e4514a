"""The snapshots' rows in memory."""

from dataclasses import replace

from sightsong.adapters.memory.state import State
from sightsong.core.embeddings import Space
from sightsong.core.errors import SnapshotNotFound
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

    def get(self, version: str) -> Snapshot:
        """Read a snapshot.

        Raises:
            SnapshotNotFound: there is none.
        """
        with self._state.lock:
            row = self._state.snapshots.get(version)
        if row is None:
            raise SnapshotNotFound
        return row

    def activate(self, version: str) -> Snapshot:
        """Have readers move to a snapshot that a person chose, and pin it.

        Raises:
            SnapshotNotFound: there is none.
        """
        with self._state.lock:
            _activate(self._state, replace(self.get(version), is_pinned=True))
            sequences = (row.sequence for row in self._state.rows.values())
            self._state.pins[version] = max(sequences, default=0)
            return self._state.snapshots[version]

    def remove(self, version: str) -> None:
        """Forget a snapshot that is not active; absent or active is fine."""
        with self._state.lock:
            row = self._state.snapshots.get(version)
            if row is None:
                return
            if row.state is not SnapshotState.ACTIVE:
                del self._state.snapshots[version]
            _forget_gone(self._state, row.space)

    def listed(self, space: Space | None = None) -> list[Snapshot]:
        """Read all snapshots, newest first."""
        with self._state.lock:
            rows = [s for s in self._state.snapshots.values() if space in (None, s.space)]
        return sorted(rows, key=lambda row: (row.created_at, row.version), reverse=True)


def finish(state: State, version: str, *, asked: int | None) -> None:
    """Activate what a rebuild has made, unless readers have something newer or a pinned one.

    Args:
        state: whose lock the caller holds.
        version: of the new snapshot; nothing happens if it is gone.
        asked: the rebuild's place among all jobs, if a person asked for it.
    """
    new = state.snapshots.get(version)
    if new is None:
        return
    for active in _active(state, new.space):
        pinned_after = state.pins.get(active.version)
        is_later = asked is not None and pinned_after is not None and asked > pinned_after
        if active.revision > new.revision or not (pinned_after is None or is_later):
            return
    _activate(state, replace(new, is_pinned=False))


def _activate(state: State, new: Snapshot) -> None:
    for old in _active(state, new.space):
        state.pins.pop(old.version, None)
        retired = replace(old, state=SnapshotState.RETIRED, is_pinned=False)
        state.snapshots[old.version] = retired
    state.snapshots[new.version] = replace(new, state=SnapshotState.ACTIVE)


def _active(state: State, space: Space) -> list[Snapshot]:
    rows = state.snapshots.values()
    return [row for row in rows if row.space == space and row.state is SnapshotState.ACTIVE]


def _forget_gone(state: State, space: Space) -> None:
    left = [row.revision for row in state.snapshots.values() if row.space == space]
    for key, revision in list(state.gone.items()):
        if left and key[0] == space and revision <= min(left):
            del state.gone[key]
            state.forgotten_up_to[space] = max(state.forgotten_up_to[space], revision)
