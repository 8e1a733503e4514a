"""A reader of the index, and all that it reads, for tests to change."""

from collections.abc import Callable
from pathlib import Path

from sightsong.adapters.library.base import Base
from sightsong.adapters.library.loaded import opening
from sightsong.adapters.library.reader import Habits, SnapshotLibrary
from sightsong.core.snapshots import Snapshot
from tests.clocks import Clock
from tests.unit.adapters.library.parts import (
    EVERY_NAME,
    SPACE,
    Rows,
    Shelf,
    query_of,
    track,
)


def at_once(load: Callable[[], None]) -> None:
    """Load while the one who looks waits, so that a test knows when it is done."""
    load()


class Opened:
    """Opens snapshots, and remembers which are open."""

    def __init__(self, root: Path) -> None:
        self._open = opening(root)
        self.versions: list[str] = []
        self.closed: list[str] = []
        self.before_open = lambda: None
        self.before_late = lambda: None

    def __call__(self, snapshot: Snapshot) -> Base:
        self.before_open()
        base = self._open(snapshot)
        self.versions.append(snapshot.version)
        let_go, closed = base.close, self.closed

        def close() -> None:
            closed.append(snapshot.version)
            let_go()

        check_late = base.check_late

        def check() -> None:
            self.before_late()
            check_late()

        base.close, base.check_late = close, check
        return base


class Parts:
    """A reader, and all that it reads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rows = Rows(track(name, 1) for name in EVERY_NAME[:30])
        self.shelf = Shelf()
        self.opened = Opened(root)
        self.clock = Clock(1000.0)
        self.library = self.reader()

    def reader(self, *, rows: Rows | None = None, **habits: object) -> SnapshotLibrary:
        """Make another process's reader."""
        kept = Habits(**{"clock": self.clock, "aside": at_once, **habits})
        rows = rows or self.rows
        return SnapshotLibrary(self.shelf, rows, SPACE, open_base=self.opened, habits=kept)

    def default_reader(self) -> SnapshotLibrary:
        """Make a reader as a process has it."""
        return SnapshotLibrary(self.shelf, self.rows, SPACE, open_base=self.opened)

    def publish(self) -> Snapshot:
        if self.shelf.now:
            self.shelf.retired.append(self.shelf.now)
        self.shelf.now = self.rows.build(self.root)
        return self.shelf.now

    def found(self) -> set[str]:
        return {one.track_id for one in self.library.view().search(query_of(1), k=999)}

    def all_there(self) -> set[str]:
        """What every search should find, but for encodings of one recording."""
        found = self.library.view().search(query_of(1), k=999, duplicates=True)
        return {one.track_id for one in found}

    def damage(self, snapshot: Snapshot, name: str = "vectors.bin") -> None:
        path = self.root / snapshot.path / name
        path.write_bytes(bytes(path.stat().st_size))
