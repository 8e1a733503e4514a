"""The shortest path through the points of an album."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsong.core.affect import Affect
from sightsong.core.playlist import EXACT_UP_TO, in_path_order

_SHARES = st.floats(-1, 1, allow_nan=False)
POINTS = st.builds(lambda v, a: Affect(valence=v, arousal=a), _SHARES, _SHARES)


def length(points, order) -> float:
    return sum(points[i].distance(points[j]) for i, j in itertools.pairwise(order))


def scattered(count: int, *, seed: int) -> list[Affect]:
    chance = np.random.default_rng(seed)
    return [
        Affect(valence=chance.uniform(-1, 1), arousal=chance.uniform(-1, 1)) for _ in range(count)
    ]


@settings(deadline=None)
@given(st.lists(st.none() | POINTS, max_size=30))
def test_each_point_is_visited_once(points):
    assert sorted(in_path_order(points)) == list(range(len(points)))


@settings(deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=6))
def test_no_path_through_few_points_is_shorter(points):
    found = length(points, in_path_order(points))

    shortest = min(length(points, order) for order in itertools.permutations(range(len(points))))

    assert found <= shortest + 1e-9


@settings(deadline=None)
@given(st.lists(POINTS, min_size=EXACT_UP_TO + 1, max_size=40))
def test_no_part_of_a_path_through_many_points_is_better_reversed(points):
    order = in_path_order(points)
    found = length(points, order)

    for i, j in itertools.combinations(range(len(order) + 1), 2):
        turned = order[:i] + order[i:j][::-1] + order[j:]
        assert found <= length(points, turned) + 1e-6


@pytest.mark.parametrize("count", [9, 40, 300])
def test_points_on_a_line_are_visited_along_it(count):
    line = [Affect(valence=i / count, arousal=-i / count) for i in range(count)]
    order = [int(i) for i in np.random.default_rng(count).permutation(count)]

    path = in_path_order([line[i] for i in order])

    visited = [order[i] for i in path]
    assert visited in (sorted(visited), sorted(visited, reverse=True))


def test_the_path_begins_with_the_earlier_given_of_its_ends():
    points = [Affect(valence=v, arousal=0) for v in (0.9, -0.9, 0.0)]

    assert in_path_order(points) == [0, 2, 1]
    assert in_path_order(points[::-1]) == [1, 0, 2]


@pytest.mark.parametrize("seed", range(20))
def test_so_does_a_path_through_many_points(seed):
    path = in_path_order(scattered(EXACT_UP_TO + 1, seed=seed))

    assert path[0] < path[-1]


def test_points_that_are_unknown_follow_in_their_order():
    point = Affect(valence=0, arousal=0)

    assert in_path_order([None, point, None]) == [1, 0, 2]


def test_a_path_through_a_whole_album_is_near_the_shortest():
    """About 0.7124 · sqrt(n · area) for points at random (Beardwood, Halton, Hammersley, 1959)."""
    points = scattered(1000, seed=1)

    found = length(points, in_path_order(points))

    assert found < 0.7124 * (1000 * 4) ** 0.5 * 1.15
