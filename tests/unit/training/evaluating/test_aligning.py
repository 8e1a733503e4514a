"""A model and data that differ by `neutral` alone."""

import numpy as np
import pytest

from tests.unit.training.evaluating import made
from training.errors import DataRefused
from training.evaluating.aligning import align
from training.measuring.predictions import Reading

SEVEN = (*made.SIX, "neutral")


def test_the_same_classes_are_left_as_they_are():
    samples = made.samples()
    reading = Reading(classes=made.SIX, shares=samples.shares.astype(np.float64))
    assert align(samples, reading).reading is reading


def test_neutral_of_the_model_goes_to_the_others_by_their_size():
    shares = np.array([[0.2, 0, 0, 0.2, 0, 0, 0.6], [0, 0, 0, 0, 0, 0, 1.0]])
    found = align(made.samples(2), Reading(classes=SEVEN, shares=shares))
    assert found.reading.classes == made.SIX
    assert found.reading.shares[0] == pytest.approx([0.5, 0, 0, 0.5, 0, 0])
    assert found.reading.shares[1] == pytest.approx(np.full(6, 1 / 6))
    assert "neutral" in found.notes[0]


def test_data_of_which_nearly_all_said_neutral_are_left_out():
    told = np.zeros((3, 7), np.float32)
    told[:, 6], told[:, 3] = (0.5, 1.0, 0.97), (0.5, 0.0, 0.03)
    samples = made.samples(3, classes=SEVEN, shares=told)
    found = align(samples, Reading(classes=made.SIX, shares=np.full((3, 6), 1 / 6)))
    assert found.samples.names == ("0.png",)
    assert found.samples.shares[0].tolist() == [0, 0, 0, 1, 0, 0]
    assert found.kept.tolist() == [0]
    assert len(found.reading.shares) == 1


def test_other_classes_are_refused_unless_affect_can_be_compared():
    others = Reading(classes=("awe", "joy"), shares=np.full((2, 2), 0.5), affect=np.zeros((2, 2)))
    with pytest.raises(DataRefused, match="reads awe, joy; Greys tells anger"):
        align(made.samples(2), others)
    found = align(made.samples(2, affect=np.zeros((2, 2), np.float32)), others)
    assert found.reading.shares is None
    assert found.reading.affect is not None
