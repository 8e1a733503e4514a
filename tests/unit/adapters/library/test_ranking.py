"""What may be among the nearest, and in which order."""

import numpy as np
import pytest

from sightsong.adapters.library import ranking
from sightsong.adapters.library.loaded import best_start
from tests.unit.adapters.library.parts import query_of


@pytest.mark.parametrize("k", [1, 2, 3, 9])
def test_scores_that_are_no_number_belong_to_none_of_the_nearest(k):
    scores = np.array([np.nan, 0.1, np.inf, 0.9, np.nan, 0.5], np.float32)
    best = [3, 5, 1][:k]
    assert ranking.leading(scores, k).tolist() == sorted(best)


def test_vectors_that_are_no_number_are_not_ranked():
    vectors = np.stack([query_of(1), np.full_like(query_of(1), np.nan), query_of(2)])
    ordered = ranking.nearest_first(query_of(1), vectors.astype(np.float16), ["a", "b", "c"])
    assert [place for place, _ in ordered] == [0, 2]


def test_a_window_that_is_no_number_is_not_the_best():
    windows = np.stack([np.full_like(query_of(1), np.nan), query_of(2), query_of(1)])
    assert best_start(query_of(1), windows.astype(np.float16), [0.0, 10.0, 20.0]) == 20.0
