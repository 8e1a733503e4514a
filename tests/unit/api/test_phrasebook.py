"""The phrasebook of a process: read seldom, but soon after a worker has brought phrases."""

import numpy as np
import pytest

from api.phrasebook import Phrasebook
from sightsong.core.embeddings import Space
from sightsong.core.errors import StoreUnavailable
from tests.clocks import Clock

SPACE = Space("test/space@1")


class Phrases:
    """Rows of phrases that a test may change; counts how often they are read."""

    def __init__(self) -> None:
        self.vectors: dict[str, np.ndarray] = {}
        self.reads = 0
        self.is_down = False

    def read(self, space):
        assert space == SPACE
        self.reads += 1
        if self.is_down:
            raise StoreUnavailable
        return self.vectors


@pytest.fixture
def rows() -> Phrases:
    return Phrases()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(rows, clock) -> Phrasebook:
    return Phrasebook(rows, SPACE, clock=clock)


def test_phrases_are_read_once_for_many_requests(book, rows):
    rows.vectors = {"calm": np.ones(4, np.float32)}
    for _ in range(5):
        assert set(book.read()) == {"calm"}

    assert rows.reads == 1


def test_while_there_are_none_they_are_looked_for_each_second(book, rows, clock):
    book.read()
    rows.vectors = {"calm": np.ones(4, np.float32)}
    soon = dict(book.read())
    clock.now = 1.0

    assert (soon, set(book.read()), rows.reads) == ({}, {"calm"}, 2)


def test_phrases_of_another_version_are_seen_in_time(book, rows, clock):
    rows.vectors = {"calm": np.ones(4, np.float32)}
    book.read()
    rows.vectors = {"serene": np.ones(4, np.float32)}
    clock.now = 60.0

    assert set(book.read()) == {"serene"}


def test_known_phrases_outlive_a_database_that_is_down(book, rows, clock):
    rows.vectors = {"calm": np.ones(4, np.float32)}
    book.read()
    rows.is_down, clock.now = True, 100.0

    assert set(book.read()) == {"calm"}


def test_without_any_phrases_a_database_that_is_down_is_told(book, rows):
    rows.is_down = True

    with pytest.raises(StoreUnavailable):
        book.read()
