"""Snapshots are opened beside who follows: changes are seen meanwhile, and nobody waits."""

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog.testing

from sightsong.core import errors
from tests.unit.adapters.library.parts import EVERY_NAME, query_of, track
from tests.unit.adapters.library.reading import Parts
from tests.waiting import wait_until


class Beside:
    """Runs loads in threads, which stop before they open a snapshot until they may go on."""

    def __init__(self, parts: Parts) -> None:
        self.may_go_on = threading.Event()
        self.is_opening = threading.Event()
        self.has_given_up = False
        self._threads: list[threading.Thread] = []
        parts.opened.before_open = self._wait

    def __call__(self, load: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=load))
        self._threads[-1].start()

    def finish(self) -> None:
        self.may_go_on.set()
        for thread in self._threads:
            thread.join()

    def _wait(self) -> None:
        self.is_opening.set()
        self.has_given_up |= not self.may_go_on.wait(10)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.library.close()


@pytest.fixture
def beside(parts: Parts) -> Iterator[Beside]:
    """A snapshot that serves, and a newer one that is being opened."""
    made = Beside(parts)
    made.may_go_on.set()
    parts.library = parts.reader(aside=made)
    parts.publish()
    parts.library.follow()
    made.finish()
    made.may_go_on.clear()
    made.is_opening.clear()
    parts.rows.put(track("t0900", 1))
    parts.publish()
    parts.library.follow()
    assert made.is_opening.wait(10)
    yield made
    made.finish()


def test_searches_do_not_wait_while_a_snapshot_loads(parts, beside):
    (old,) = parts.shelf.retired
    assert parts.library.view().snapshot == old.version
    assert len(parts.found()) > 0
    assert parts.library.health().serving == old.version
    beside.finish()
    assert parts.library.view().snapshot == parts.shelf.now.version


def test_what_changes_while_a_snapshot_loads_is_seen_at_the_next_look(parts, beside):
    parts.rows.put(track("t0901", 1))
    parts.rows.remove("t0003")
    parts.library.follow()
    seen = {*EVERY_NAME[:30], "t0900", "t0901"} - {"t0003"}
    assert parts.all_there() == seen
    beside.finish()
    assert parts.library.view().snapshot == parts.shelf.now.version
    assert parts.all_there() == seen


def test_a_snapshot_that_is_open_at_last_takes_no_step_back(parts, beside):
    """What was found before it was swapped in is found after."""
    revisions = []

    def follow_faster() -> None:
        parts.rows.put(track("t0902", 1))
        parts.library.follow()
        revisions.append(parts.library.view().revision)

    parts.rows.meanwhile = follow_faster
    beside.finish()
    assert parts.library.view().snapshot == parts.shelf.now.version
    assert parts.library.view().revision == revisions[0] == parts.rows.now
    assert "t0902" in parts.all_there()


def test_while_another_loads_nothing_is_said_of_one_that_was_refused_before(parts):
    beside = Beside(parts)
    beside.may_go_on.set()
    library = parts.reader(aside=beside)
    parts.damage(parts.publish())
    library.follow()
    beside.finish()
    assert library.health().refused is not None
    beside.may_go_on.clear()
    parts.publish()
    library.follow()
    assert library.health().refused is None
    beside.finish()
    library.close()


def test_one_snapshot_is_loaded_at_a_time(parts, beside):
    for _ in range(5):
        parts.library.follow()
    beside.finish()
    assert len(parts.opened.versions) == 2


def test_closing_does_not_wait_for_what_is_being_loaded(parts, beside):
    parts.library.close()
    assert not beside.has_given_up
    with pytest.raises(errors.IndexUnavailable, match="closed"):
        parts.library.view()
    beside.finish()
    gc.collect()
    assert sorted(parts.opened.closed) == sorted(parts.opened.versions)


def test_what_fails_because_the_process_ends_is_not_told_of(parts, beside):
    parts.library.close()

    def fail() -> None:
        raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    parts.opened.before_late = fail
    with structlog.testing.capture_logs() as logged:
        beside.finish()
    assert {one["log_level"] for one in logged} <= {"info"}


def test_after_a_start_nothing_is_served_until_a_snapshot_is_open(parts):
    beside = Beside(parts)
    library = parts.reader(aside=beside)
    made = parts.publish()
    library.follow()
    assert beside.is_opening.wait(10)
    library.follow()
    with pytest.raises(errors.IndexUnavailable):
        library.view()
    beside.finish()
    assert library.view().snapshot == made.version
    library.close()


def test_while_the_windows_are_checked_after_a_start_changes_are_seen(parts):
    beside = Beside(parts)
    beside.may_go_on.set()
    may_check = threading.Event()
    parts.opened.before_late = lambda: may_check.wait(10)
    library = parts.reader(aside=beside)
    parts.publish()
    library.follow()
    wait_until(lambda: library.health().serving)
    parts.rows.put(track("t0900", 1))
    library.follow()
    found = library.view().search(query_of(1), k=999, duplicates=True)
    assert "t0900" in {one.track_id for one in found}
    may_check.set()
    beside.finish()
    library.close()


def test_left_to_itself_it_loads_in_a_thread_of_its_own(parts):
    threads = []
    parts.opened.before_open = lambda: threads.append(threading.current_thread())
    parts.publish()
    library = parts.default_reader()
    library.follow()
    wait_until(lambda: library.health().serving)
    assert threads[0] is not threading.current_thread()
    library.close()
