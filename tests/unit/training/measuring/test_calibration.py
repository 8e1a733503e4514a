"""Whether shares mean what they say, and the temperature that mends it."""

import numpy as np
import pytest

from training.errors import DataRefused
from training.measuring import calibration, shares
from training.measuring.predictions import softmax

RANDOM = np.random.default_rng(11)
TRUE_LOGITS = RANDOM.normal(0, 2, size=(4_000, 5))
TOLD = softmax(TRUE_LOGITS)


def test_readings_that_are_right_as_often_as_they_say_have_no_error():
    sure = np.repeat([0.25, 0.75], 400)
    hit = np.concatenate([np.arange(400) % 4 == 0, np.arange(400) % 4 != 0]).astype(float)
    assert calibration.expected_error(sure, hit) == pytest.approx(0)
    assert calibration.adaptive_error(sure, hit, bins=2) == pytest.approx(0)


def test_readings_that_are_too_sure_are_off_by_how_much_too_sure_they_are():
    sure, hit = np.full(100, 0.95), (np.arange(100) < 60).astype(float)
    assert calibration.expected_error(sure, hit) == pytest.approx(0.35)
    (only,) = calibration.curve(sure, hit)
    assert (only.count, only.right, only.confidence) == (100, 0.6, pytest.approx(0.95))


def test_a_confidence_of_one_lies_in_the_last_bin():
    (only,) = calibration.curve(np.ones(3), np.ones(3))
    assert only.high == 1


def test_the_error_is_the_mean_gap_of_the_curve():
    sure, hit = RANDOM.uniform(0.2, 1, 500), RANDOM.integers(0, 2, 500).astype(float)
    gaps = [one.count * abs(one.right - one.confidence) for one in calibration.curve(sure, hit)]
    assert calibration.expected_error(sure, hit) == pytest.approx(sum(gaps) / 500)


@pytest.mark.parametrize("heat", [0.25, 1.0, 3.0])
def test_the_temperature_that_spoiled_logits_is_found(heat):
    assert calibration.fit_temperature(TRUE_LOGITS * heat, TOLD) == pytest.approx(heat, rel=1e-6)


def test_no_other_temperature_fits_better():
    logits = TRUE_LOGITS * 2 + RANDOM.normal(0, 1, TRUE_LOGITS.shape)
    best = calibration.fit_temperature(logits, TOLD)
    lost = [
        shares.cross_entropy(TOLD, softmax(logits, temperature=best * factor)).mean()
        for factor in (0.9, 1.0, 1.1)
    ]
    assert lost[1] == min(lost)


def test_weights_decide_whose_temperature_it_is():
    logits = np.concatenate([TRUE_LOGITS[:500], TRUE_LOGITS[:500] * 4])
    told = np.concatenate([TOLD[:500], TOLD[:500]])
    only_second = np.repeat([1e-12, 1.0], 500)
    found = calibration.fit_temperature(logits, told, weights=only_second)
    assert found == pytest.approx(4, rel=1e-4)


def test_logits_that_are_always_right_are_made_as_sure_as_makes_a_difference():
    cold = calibration.fit_temperature(np.eye(3) * 4, np.eye(3))
    assert softmax(np.eye(3) * 4, temperature=cold) == pytest.approx(np.eye(3))


def test_logits_that_are_always_wrong_end_at_the_hottest_temperature():
    wrong = np.eye(3)[[1, 2, 0]]
    assert calibration.fit_temperature(np.eye(3) * 4, wrong) == pytest.approx(50)


def test_a_temperature_of_nothing_is_refused():
    with pytest.raises(DataRefused, match="one row at the least"):
        calibration.fit_temperature(np.empty((0, 3)), np.empty((0, 3)))
    with pytest.raises(DataRefused, match="numbers"):
        calibration.fit_temperature(np.array([[np.nan, 1.0]]), np.array([[1.0, 0.0]]))


def test_the_surest_tenth_comes_last():
    sure = np.linspace(0, 1, 50)
    rows = calibration.by_confidence(sure, (sure > 0.5).astype(float))
    assert rows[0].coverage == 1.0
    assert rows[-1].coverage == pytest.approx(0.1)
    assert rows[-1].right == 1.0
    assert rows[0].right == pytest.approx(0.5)
