"""Snapshots swapped in under searches: none fails, none is mixed."""

import threading
from collections.abc import Iterable, Mapping

from sightsong.adapters.library.loaded import opening
from sightsong.adapters.library.reader import Habits, SnapshotLibrary
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import Snapshot, Windows
from sightsong.core.tracks import TrackId
from tests.unit.adapters.library.parts import (
    EVERY_NAME,
    SPACE,
    Rows,
    Shelf,
    query_of,
    track,
)
from tests.unit.adapters.library.reading import Parts, at_once
from tests.waiting import wait_until

HABITS = Habits(aside=at_once)


def test_a_hundred_swaps_under_searches_fail_none_and_mix_none(tmp_path):
    """Each version has other vectors and facts of the same tracks, so that a mix would show."""
    parts = Parts(tmp_path)
    made = []
    for seed in range(4):
        parts.rows.put(*(track(name, seed) for name in EVERY_NAME[:30]))
        made.append((parts.rows.build(tmp_path), dict(parts.rows.tracks), parts.rows.now))
    expected = {}
    for snapshot, tracks, revision in made:
        rows = Frozen(tracks, revision)
        alone = SnapshotLibrary(
            _shelf(snapshot), rows, SPACE, open_base=opening(tmp_path), habits=HABITS
        )
        alone.follow()
        expected[snapshot.version] = _answer(alone.view())
        alone.close()
    shelf, rows = Shelf(), Frozen(*made[0][1:])
    library = SnapshotLibrary(shelf, rows, SPACE, open_base=opening(tmp_path), habits=HABITS)
    shelf.now = made[0][0]
    library.follow()
    searchers = [Searcher(library) for _ in range(4)]
    for number in range(100):
        shelf.now, rows.tracks, rows.now = made[number % 4]
        library.follow()
        assert library.view().snapshot == shelf.now.version
        wait_until(lambda n=number: all(len(one.answers) > n for one in searchers))
    for one in searchers:
        one.stop()
    assert [one.failed for one in searchers] == [None] * 4
    for version, answer in (pair for one in searchers for pair in one.answers):
        assert answer == expected[version]
    assert {version for one in searchers for version, _ in one.answers} == expected.keys()
    library.close()


class Frozen(Rows):
    """Tracks that do not change, of which only snapshots know the windows."""

    def __init__(self, tracks, revision: int) -> None:
        super().__init__()
        self.tracks, self.now = tracks, revision

    def windows(self, space: Space, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Windows]:
        return {}


def _shelf(snapshot: Snapshot) -> Shelf:
    shelf = Shelf()
    shelf.now = snapshot
    return shelf


def _answer(view) -> tuple:
    found = view.search(query_of(1), k=10)
    starts = view.best_windows(query_of(1), [one.track_id for one in found])
    return tuple(
        (one.track_id, one.cosine, one.vector.tobytes(), starts.get(one.track_id)) for one in found
    )


class Searcher:
    """A thread that searches all the time."""

    def __init__(self, library: SnapshotLibrary) -> None:
        self.answers: list[tuple[str, tuple]] = []
        self.failed: BaseException | None = None
        self._library = library
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            # Four threads that never rest would leave the one that swaps no time.
            while not self._stopping.wait(0.001):
                view = self._library.view()
                self.answers.append((view.snapshot, _answer(view)))
        except BaseException as error:  # noqa: BLE001 - told to the test
            self.failed = error

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
