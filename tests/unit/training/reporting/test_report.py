"""The worst mistakes, and what others published."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.training.reporting import made
from training.measuring import shares
from training.reporting.published import PUBLISHED, Field, beside
from training.reporting.report import worst


def test_the_worst_come_first_and_say_what_was_told_and_read():
    found = made.predictions()
    first, second = worst(found, count=2)
    lost = shares.kl(found.told, found.read)
    assert first.badness == pytest.approx(lost.max())
    assert first.badness >= second.badness
    assert first.name == found.names[int(lost.argmax())]
    assert found.classes[int(found.told[first.at].argmax())] in first.told


def test_without_classes_the_distance_on_the_plane_counts():
    found = replace(made.predictions(), classes=(), told=None, read=None)
    (first,) = worst(found, count=1)
    apart = np.hypot(*(found.told_affect - found.read_affect).T)
    assert first.badness == pytest.approx(apart.max())
    assert first.told.startswith("valence")


def test_figures_of_others_stand_with_their_own_kind_of_data():
    assert {one.field for one in beside(Field.EMOTION6)} == {Field.EMOTION6}
    assert beside(None) == ()


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: one.who[:20])
def test_each_says_on_what_it_was_measured_and_why_it_differs(one):
    assert one.figures
    assert one.measured_on
    assert one.note.endswith(".")
