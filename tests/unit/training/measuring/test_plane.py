"""Valence and arousal: correlations, and how far off."""

import numpy as np
import pytest
from scipy import stats

from training.measuring import plane

RANDOM = np.random.default_rng(7)
TOLD = RANDOM.uniform(-1, 1, size=80).round(1)
READ = (0.5 * TOLD + RANDOM.normal(0, 0.3, size=80)).round(1)


def test_pearson_and_spearman_are_what_scipy_says_with_equal_values():
    assert plane.pearson(TOLD, READ) == pytest.approx(stats.pearsonr(TOLD, READ).statistic)
    assert plane.spearman(TOLD, READ) == pytest.approx(stats.spearmanr(TOLD, READ).statistic)


def test_ranks_of_equal_values_are_shared():
    assert plane.ranks(np.array([0.3, 0.1, 0.3, 0.9])).tolist() == [2.5, 1.0, 2.5, 4.0]


def test_concordance_is_one_only_where_both_are_the_same():
    assert plane.concordance(TOLD, TOLD) == pytest.approx(1)
    assert plane.concordance(TOLD, 0.5 * TOLD + 0.2) < plane.pearson(TOLD, 0.5 * TOLD + 0.2)


def test_concordance_is_lins_by_hand():
    told, read = np.array([0.0, 1.0]), np.array([0.5, 1.5])
    # 2·0.25 / (0.25 + 0.25 + 0.25)
    assert plane.concordance(told, read) == pytest.approx(2 / 3)


def test_concordance_of_a_reading_that_never_varies_is_zero():
    assert plane.concordance(TOLD, np.full(80, TOLD.mean())) == pytest.approx(0)
    assert np.isnan(plane.concordance(np.zeros(3), np.zeros(3)))


def test_the_root_mean_square_is_on_the_scale_of_the_plane():
    assert plane.root_mean_square(np.array([0.0, 0.0]), np.array([0.3, -0.3])) == pytest.approx(0.3)
