"""All measures at once."""

import numpy as np
import pytest

from training.errors import DataRefused
from training.measuring.predictions import Predictions
from training.measuring.summary import summarise

RANDOM = np.random.default_rng(5)
TOLD = RANDOM.dirichlet(np.ones(3), size=120)
PLANE = RANDOM.uniform(-1, 1, size=(120, 2))
NAMES = tuple(str(at) for at in range(120))
PERFECT = Predictions(
    names=NAMES,
    groups=NAMES,
    classes=("joy", "fear", "anger"),
    read=TOLD,
    told=TOLD,
    read_affect=PLANE,
    told_affect=PLANE,
)


def test_a_reading_that_is_all_right_has_the_best_figures():
    found = summarise(PERFECT, rounds=20)
    assert found.shares.top[0].value == 1
    assert found.shares.kl.value == pytest.approx(0)
    assert found.shares.pearson.value == pytest.approx(1)
    assert found.shares.macro_f1.value == 1
    assert [axis.concordance.value for axis in found.affect] == pytest.approx([1, 1])


def test_the_prior_is_the_figure_of_reading_nothing():
    flat = np.broadcast_to(TOLD.mean(axis=0), TOLD.shape)
    blind = Predictions(names=NAMES, groups=NAMES, classes=PERFECT.classes, read=flat, told=TOLD)
    found = summarise(blind, rounds=5).shares
    assert found.kl.value == pytest.approx(found.prior_kl)
    assert np.isnan(found.pearson.value)


def test_each_class_has_its_row():
    found = summarise(PERFECT, rounds=5).shares
    assert [one.name for one in found.classes] == ["joy", "fear", "anger"]
    assert sum(one.support for one in found.classes) == pytest.approx(120)
    assert found.confusion.shape == (3, 3)


def test_without_shares_there_is_only_the_plane_and_the_reverse():
    plane = Predictions(names=NAMES, groups=NAMES, read_affect=PLANE, told_affect=PLANE)
    assert summarise(plane, rounds=5).shares is None
    classes = Predictions(names=NAMES, groups=NAMES, classes=("a", "b", "c"), read=TOLD, told=TOLD)
    assert summarise(classes, rounds=5).affect == ()


def test_what_has_nothing_in_common_is_refused():
    with pytest.raises(DataRefused, match="nothing in common"):
        summarise(Predictions(names=NAMES, groups=NAMES))
    with pytest.raises(DataRefused, match="no sample is left"):
        summarise(Predictions(names=(), groups=()))
