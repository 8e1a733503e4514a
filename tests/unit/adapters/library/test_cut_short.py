"""Snapshot files that become shorter under a reader, whom the system would kill for reading on.

Where the guard fails, it is not a test that fails: the test process dies of SIGBUS.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightsong.adapters.library.loaded import opening
from sightsong.core import errors
from sightsong.core.facts import Filters
from tests.unit.adapters.library.parts import EVERY_NAME, KINDS, Rows, query_of, track
from tests.unit.adapters.library.reading import Parts


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.library.close()


def cut(parts: Parts, version: str, name: str) -> None:
    """Empty a file in place, as a careless `>` of a shell does."""
    (path,) = parts.root.glob(f"*/{version}/{name}")
    os.truncate(path, 0)


@pytest.mark.parametrize("name", ["vectors.bin", "windows.bin", "ids.bin"])
def test_a_search_of_a_snapshot_that_was_cut_short_is_told_to_come_again(parts, name):
    made = parts.publish()
    parts.library.follow()
    view = parts.library.view()
    cut(parts, made.version, name)
    asks = [
        lambda: view.search(query_of(1), k=3),
        lambda: view.vector(EVERY_NAME[0]),
        lambda: view.best_windows(query_of(1), [EVERY_NAME[0]]),
    ]
    for ask in asks:
        with pytest.raises(errors.IndexUnavailable, match=f"{name} was cut short"):
            ask()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "exact"])
def test_an_index_that_was_cut_short_is_not_searched(tmp_path, kind):
    made = Rows(track(name, 1) for name in EVERY_NAME).build(tmp_path, kind=kind)
    base = opening(tmp_path)(made)
    hidden = base.hide(())
    os.truncate(tmp_path / made.path / "near.faiss", 100)
    with pytest.raises(errors.IndexUnavailable, match=r"near\.faiss was cut short"):
        base.nearest(query_of(1), k=3, where=Filters(), hidden=hidden)


def test_the_snapshot_before_serves_at_the_next_look(parts):
    good, bad = parts.publish(), parts.publish()
    parts.library.follow()
    cut(parts, bad.version, "vectors.bin")
    parts.library.follow()
    assert parts.library.health().serving == good.version
    assert parts.all_there() == set(EVERY_NAME[:30])
    assert "vectors.bin was cut short" in (parts.library.health().refused or "")


def test_a_change_that_comes_upon_a_snapshot_cut_short_has_it_give_way(parts):
    good, bad = parts.publish(), parts.publish()
    parts.library.follow()
    cut(parts, bad.version, "ids.bin")
    parts.rows.put(track(EVERY_NAME[30], 1))
    parts.library.catch_up()
    with pytest.raises(errors.IndexUnavailable, match=r"ids\.bin was cut short"):
        parts.library.view()
    parts.library.follow()
    parts.library.follow()
    assert parts.library.health().serving == good.version
    assert parts.all_there() == set(EVERY_NAME[:31])


def test_a_snapshot_that_grew_longer_serves_on_until_it_is_looked_at(parts):
    made = parts.publish()
    parts.library.follow()
    with next(parts.root.glob(f"*/{made.version}/vectors.bin")).open("ab") as file:
        file.write(b"more")
    assert parts.all_there() == set(EVERY_NAME[:30])


def test_a_base_that_is_gone_holds_no_file(tmp_path):
    made = Rows(track(name, 1) for name in EVERY_NAME[:30]).build(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    base = opening(tmp_path)(made)
    base.close()
    del base
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
