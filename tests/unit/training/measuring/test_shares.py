"""How near shares that were read are to those that were told."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import distance

from training.measuring import shares

TOLD = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.2, 0.3, 0.5]])
READ = np.array([[0.25, 0.5, 0.25], [0.1, 0.8, 0.1], [0.2, 0.3, 0.5]])


def test_the_divergence_is_what_scipy_says():
    expected = [stats.entropy(told, read) for told, read in zip(TOLD, READ, strict=True)]
    assert shares.kl(TOLD, READ) == pytest.approx(expected, abs=1e-12)


def test_a_share_read_as_nothing_costs_much_and_not_infinitely_much():
    lost = shares.kl(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    assert lost[0] == pytest.approx(np.log(1 / shares.LEAST))


def test_jensen_and_shannon_agree_with_scipy_and_lie_between_0_and_1():
    expected = [
        distance.jensenshannon(told, read, base=2) ** 2
        for told, read in zip(TOLD, READ, strict=True)
    ]
    assert shares.jensen_shannon(TOLD, READ) == pytest.approx(expected, abs=1e-12)
    assert shares.jensen_shannon(np.eye(2), np.eye(2)[::-1]) == pytest.approx([1, 1])


def test_cross_entropy_is_divergence_and_the_entropy_of_what_was_told():
    entropies = [stats.entropy(told) for told in TOLD]
    together = shares.kl(TOLD, READ) + entropies
    assert shares.cross_entropy(TOLD, READ) == pytest.approx(together, abs=1e-12)


def test_briers_score_is_a_squared_distance():
    assert shares.brier(TOLD, READ) == pytest.approx([0.125, 0.06, 0.0])


def test_pearson_by_class_is_over_samples():
    expected = [stats.pearsonr(TOLD[:, at], READ[:, at]).statistic for at in range(3)]
    assert shares.pearson(TOLD, READ) == pytest.approx(expected)


def test_pearson_by_sample_is_over_classes():
    found = shares.pearson_by_sample(TOLD, READ)
    assert found[2] == pytest.approx(1)
    assert found[0] == pytest.approx(stats.pearsonr(TOLD[0], READ[0]).statistic)


def test_a_class_that_never_varies_has_no_correlation():
    flat = np.full((4, 1), 0.1)
    assert np.isnan(shares.correlation(flat, np.arange(4.0)[:, None])).all()


def test_a_correlation_is_made_of_means_wherever_the_columns_lie():
    told = np.random.default_rng(1).normal(0, 1, (50, 2))
    read = told + np.random.default_rng(2).normal(0, 1, (50, 2))
    expected = [stats.pearsonr(told[:, at], read[:, at]).statistic for at in range(2)]
    far = shares.correlation(told * 1e-7 + 1_000, read * 1e7 - 1e9)
    assert far == pytest.approx(expected, abs=1e-4)


def test_a_drawing_of_one_sample_has_no_correlation():
    products = shares.products_of(TOLD, READ)
    assert np.isnan(shares.correlation_of(products[:1])).all()
