"""One process at a time in a folder, also when another is just leaving."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sightsong.adapters.weights.holding import LOCK, held, take


def test_a_lock_that_was_swept_away_before_it_was_taken_holds_nothing(tmp_path: Path):
    path = tmp_path / "folder" / LOCK
    with held(path.parent):
        late = path.open("ab")
    with late:
        assert not take(late, path)


def test_a_lock_that_another_one_replaced_before_it_was_taken_holds_nothing(tmp_path: Path):
    path = tmp_path / "folder" / LOCK
    with held(path.parent):
        late = path.open("ab")
    with late, held(path.parent):
        assert not take(late, path)


def test_a_held_folder_is_refused_and_free_again_after(tmp_path: Path):
    folder = tmp_path / "folder"
    with held(folder), pytest.raises(BlockingIOError), held(folder):
        pass
    with held(folder):
        assert (folder / LOCK).is_file()
    assert not folder.exists()


def test_what_waits_in_the_folder_stays(tmp_path: Path):
    folder = tmp_path / "folder"
    with held(folder):
        (folder / "model").mkdir()
        (folder / "model" / LOCK).touch()
    assert (folder / "model" / LOCK).is_file()


def test_many_that_come_and_go_never_hold_the_folder_together(tmp_path: Path):
    inside: list[int] = []
    most: list[int] = []

    def come_and_go(number: int) -> None:
        for _ in range(100):
            try:
                with held(tmp_path / "folder"):
                    inside.append(number)
                    most.append(len(inside))
                    inside.remove(number)
            except BlockingIOError:
                continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(4)))
    assert set(most) == {1}
