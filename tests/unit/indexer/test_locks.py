"""Locks, where the file system has none too."""

import errno

import pytest

from indexer import locks
from sightsong.core.errors import ConfigurationError


def none_here(_descriptor: int, _how: int) -> None:
    raise OSError(errno.ENOLCK, "No locks available")


def test_without_locks_a_person_is_told_what_to_do(tmp_path):
    with (
        pytest.raises(ConfigurationError, match=r"No locks available.*SIGHTSONG_DATA_DIR"),
        locks.waited_for(tmp_path / "lock", lambda: True, flock=none_here),
    ):
        pytest.fail("it was held")


def test_a_lock_that_cannot_be_made_is_told_of_in_the_same_words(tmp_path):
    with (
        pytest.raises(ConfigurationError, match="cannot be locked"),
        locks.waited_for(tmp_path, lambda: True),
    ):
        pytest.fail("it was held")


def test_what_goes_wrong_while_it_is_held_is_not_taken_for_a_missing_lock(tmp_path):
    with pytest.raises(OSError, match="sick"), locks.waited_for(tmp_path / "lock", lambda: True):
        raise OSError(errno.EIO, "sick")


def test_what_cannot_be_locked_is_taken_for_somebodys(tmp_path):
    path = tmp_path / "manifest.json"
    path.touch()
    with locks.tried(path, flock=none_here) as is_held:
        assert not is_held
    with locks.tried(tmp_path) as is_held:
        assert not is_held
