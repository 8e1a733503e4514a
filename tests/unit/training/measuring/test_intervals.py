"""How far a figure may be off."""

import numpy as np
import pytest

from training.errors import DataRefused
from training.measuring import intervals

VALUES = np.random.default_rng(3).normal(0, 1, 400)


def test_the_interval_of_a_mean_is_about_two_standard_errors_wide():
    found = intervals.mean(VALUES)
    error = VALUES.std() / np.sqrt(400)
    assert found.value == pytest.approx(VALUES.mean())
    assert (found.high - found.low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.1)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    first, same, other = (
        intervals.estimate(lambda at: float(VALUES[at].mean()), 400, rounds=50, seed=seed)
        for seed in (0, 0, 1)
    )
    assert first == same
    assert first != other


def test_samples_of_one_group_are_drawn_together_and_widen_the_interval():
    groups = [f"theme {at // 40}" for at in range(400)]
    shifted = VALUES + np.repeat(np.arange(10) - 4.5, 40)
    alone, together = intervals.mean(shifted), intervals.mean(shifted, groups=groups)
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_a_drawing_holds_whole_groups():
    groups = ["a", "b", "b", "c", "c", "c"]
    drawn = intervals.Drawing(6, groups)(np.random.default_rng(0))
    counts = np.bincount(drawn, minlength=6)
    assert counts[1] == counts[2]
    assert counts[3] == counts[4] == counts[5]


def test_several_figures_are_bounded_at_once():
    both = intervals.estimates(
        lambda at: np.array([VALUES[at].mean(), VALUES[at].std()]), 400, rounds=50
    )
    assert both[1].low < VALUES.std() < both[1].high


@pytest.mark.parametrize("groups", [(), [f"theme {at // 7}" for at in range(400)]])
def test_what_is_made_of_means_is_bounded_as_if_it_were_drawn_one_by_one(groups):
    columns = np.stack([VALUES, VALUES**2], axis=1)
    slow = intervals.estimates(lambda at: columns[at].mean(axis=0), 400, groups=groups, rounds=130)
    fast = intervals.of_means(columns, lambda means: means, groups=groups, rounds=130)
    for one, other in zip(slow, fast, strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_a_figure_that_cannot_be_measured_has_no_interval():
    found = intervals.estimate(lambda _: float("nan"), 5, rounds=5)
    assert np.isnan([found.value, found.low, found.high]).all()


def test_nothing_cannot_be_measured():
    with pytest.raises(DataRefused, match="no sample is left"):
        intervals.mean(np.empty(0))
    with pytest.raises(DataRefused, match="no sample is left"):
        intervals.estimate(lambda _: 0.0, 0)
