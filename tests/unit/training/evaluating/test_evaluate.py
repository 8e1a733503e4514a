"""Read samples, measure, report."""

import numpy as np
import pytest

from tests.unit.training.evaluating import made
from training.errors import DataRefused
from training.evaluating.evaluate import Subject, Wanted, evaluate, report
from training.evaluating.reads import BATCH, read_all
from training.measuring.predictions import Predictions


def test_a_model_that_reads_what_people_told_is_all_right():
    wanted = Wanted(samples=made.samples(), part="test", notes=("Made of greys.",))
    found = evaluate(made.Brightness(), wanted, rounds=5)
    assert found.summary.shares.top[0].value == 1
    assert found.summary.shares.kl.value == pytest.approx(0, abs=1e-6)
    assert (found.model, found.data, found.part) == ("brightness", "Greys", "test")
    assert found.notes == ("Made of greys.",)


def test_pictures_are_read_in_batches_and_in_order():
    model, told = made.Brightness(), []
    samples = made.samples(BATCH + 5)
    timed = read_all(model, samples.pictures, told=lambda done, total: told.append((done, total)))
    assert model.batches == [BATCH, 5]
    assert told == [(BATCH, BATCH + 5), (BATCH + 5, BATCH + 5)]
    assert timed.reading.shares == pytest.approx(samples.shares, abs=1e-6)
    assert timed.ms_per_sample > 0


def test_some_samples_are_measured_apart():
    wanted = Wanted(
        samples=made.samples(),
        part="all",
        slices={"bright": np.arange(6, 12), "none": np.arange(0)},
    )
    found = evaluate(made.Brightness(), wanted, rounds=5)
    assert {name: one.count for name, one in found.slices.items()} == {"bright": 6}


def test_slices_keep_their_samples_when_others_are_left_out():
    told = made.samples().shares
    with_neutral = np.concatenate([told, np.zeros((12, 1), np.float32)], axis=1)
    with_neutral[:3] = np.eye(7)[6]
    samples = made.samples(classes=(*made.SIX, "neutral"), shares=with_neutral)
    wanted = Wanted(samples=samples, part="all", slices={"first six": np.arange(6)})
    found = evaluate(made.Brightness(), wanted, rounds=5)
    assert found.summary.count == 9
    assert found.slices["first six"].count == 3
    assert "3 samples" in found.notes[0]


def test_predictions_of_anything_can_be_reported():
    names = ("a.mid", "b.mid", "c.mid")
    plane = np.array([[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]])
    found = report(
        Predictions(names=names, groups=names, read_affect=plane, told_affect=plane),
        Subject(name="lite-music", facts={}, data="VGMIDI", part="all"),
        rounds=5,
    )
    assert found.summary.affect[0].concordance.value == pytest.approx(1)


def test_nothing_cannot_be_evaluated():
    nothing = made.samples().at([])
    with pytest.raises(DataRefused, match="no sample"):
        evaluate(made.Brightness(), Wanted(samples=nothing, part="test"), rounds=5)
