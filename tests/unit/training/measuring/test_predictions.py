"""What was read beside what was told."""

import numpy as np
import pytest

from training.errors import DataRefused
from training.measuring.predictions import Reading, beside, normalised, softmax
from training.samples import Samples

PICTURES = np.zeros((2, 4, 4, 3), dtype=np.uint8)


def told(**fields: object) -> Samples:
    return Samples(name="Ours", pictures=PICTURES, names=("a.jpg", "b.jpg"), **fields)


def test_classes_of_another_order_are_put_in_the_order_of_the_data():
    samples = told(classes=("joy", "fear"), shares=np.array([[1, 0], [0.5, 0.5]], np.float32))
    reading = Reading(classes=("fear", "joy"), shares=np.array([[0.2, 0.8], [0.3, 0.7]]))
    found = beside(samples, reading)
    assert found.classes == ("joy", "fear")
    assert found.read == pytest.approx(np.array([[0.8, 0.2], [0.7, 0.3]]))


def test_other_classes_are_refused_by_name():
    samples = told(classes=("joy", "fear"), shares=np.array([[1, 0], [0, 1]], np.float32))
    reading = Reading(classes=("joy", "anger"), shares=np.full((2, 2), 0.5))
    with pytest.raises(DataRefused, match="reads joy, anger; Ours tells joy, fear"):
        beside(samples, reading)


def test_what_one_of_both_lacks_is_not_compared():
    samples = told(affect=np.zeros((2, 2), np.float32))
    found = beside(samples, Reading(classes=("joy",), shares=np.ones((2, 1))))
    assert found.read is None
    assert found.read_affect is None


def test_samples_without_groups_are_each_their_own():
    assert beside(told(), Reading()).groups == ("a.jpg", "b.jpg")


def test_some_samples_can_be_chosen():
    samples = told(affect=np.array([[0, 0], [0.5, -0.5]], np.float32), groups=("x", "y"))
    found = beside(samples, Reading(affect=np.ones((2, 2)))).at([1])
    assert (found.names, found.groups) == (("b.jpg",), ("y",))
    assert found.told_affect == pytest.approx(np.array([[0.5, -0.5]]))


def test_shares_that_rounding_left_a_little_off_are_brought_to_one():
    assert normalised(np.array([[0.3333, 0.3333, 0.3333]])).sum() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("row", [[0.5, 0.6], [-0.1, 1.1], [np.nan, 1.0]])
def test_what_is_no_distribution_is_refused(row):
    with pytest.raises(DataRefused, match="row 0 is no distribution"):
        normalised(np.array([row]))


def test_softmax_bears_large_logits():
    assert softmax(np.array([[1e4, 0.0]])).tolist() == [[1.0, 0.0]]
