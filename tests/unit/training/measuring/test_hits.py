"""The dominant class: how often it was read."""

import numpy as np
import pytest

from training.measuring import hits

RANDOM = np.random.default_rng(4)
TOLD = RANDOM.dirichlet(np.ones(4), size=60)
READ = RANDOM.dirichlet(np.ones(4), size=60)


def test_a_hit_is_the_dominant_class_among_the_likeliest():
    told = np.array([[0.6, 0.3, 0.1]])
    read = np.array([[0.3, 0.5, 0.2]])
    assert [hits.top(told, read, count=count)[0] for count in (1, 2, 3)] == [0, 1, 1]


def test_of_tied_votes_each_class_counts_its_part():
    told = np.array([[0.4, 0.4, 0.2], [0.5, 0.3, 0.2]])
    read = np.array([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0]])
    assert hits.top(told, read).tolist() == [0.5, 1.0]
    assert hits.top(told, read, count=2).tolist() == [1.0, 1.0]
    assert hits.ties(told) == 1


def test_equal_shares_that_were_read_stand_in_the_order_of_the_classes():
    told, flat = np.eye(3), np.full((3, 3), 1 / 3)
    assert hits.top(told, flat).tolist() == [1, 0, 0]
    assert hits.top(told, flat, count=2).tolist() == [1, 1, 0]


def test_agreement_is_the_share_of_people_who_said_what_was_read():
    assert hits.agreement(np.array([[0.6, 0.3, 0.1]]), np.array([[0.2, 0.5, 0.3]]))[0] == 0.3


def test_recall_precision_and_f1_are_what_they_are_by_hand():
    parts = hits.by_class(np.array([[8.0, 2.0], [4.0, 6.0]]))
    assert parts.support.tolist() == [10, 10]
    assert parts.recall == pytest.approx([0.8, 0.6])
    assert parts.precision == pytest.approx([8 / 12, 6 / 8])
    assert parts.f1 == pytest.approx([16 / 22, 12 / 18])


def test_the_confusion_matrix_counts_every_sample_once():
    counts = hits.confusion(TOLD, READ)
    assert counts.sum() == pytest.approx(60)
    assert np.trace(counts) == pytest.approx(hits.top(TOLD, READ).sum())


def test_a_class_that_nobody_told_is_left_out_of_the_mean():
    told = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    read = np.array([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0]])
    parts = hits.by_class(hits.confusion(told, read))
    assert np.isnan(parts.recall[2])
    assert hits.macro(parts.recall) == 0.5
    assert np.isnan(hits.macro(np.array([np.nan])))
