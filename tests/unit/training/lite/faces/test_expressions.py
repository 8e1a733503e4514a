"""Expressions are learned from votes; what is kept back and reported on is never learned from."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; run `./run install train`")
pytest.importorskip("onnx", reason="onnx is not installed; run `./run install train`")

from sightsong.core.blend import FACE_CLASSES  # noqa: E402
from tests.unit.training.lite.faces.squares import barred  # noqa: E402
from training.lite.faces import expressions, graph, reading, reporting  # noqa: E402
from training.lite.faces.networks import Shape, Stage, Stem  # noqa: E402

SMALL = Shape(
    stem=Stem(width=8, kernel=5, stride=2),
    stages=(Stage(width=16, stride=2),),
    outputs=len(FACE_CLASSES),
    dropout=0.0,
)
QUICK = replace(expressions.COURSE, epochs=6, batch=32, average=0.9)


@pytest.fixture(scope="module")
def parts():
    return reading.parted(barred(700, seed=1), barred(120, seed=2))


@pytest.fixture(scope="module")
def learned(parts):
    return expressions.learn(parts, shape=SMALL, course=QUICK)


def test_parts_share_no_face_and_repeats_are_named():
    train, report = barred(300, seed=3), barred(50, seed=4)
    twice = replace(report, squares=np.concatenate([report.squares[:40], train.squares[:10]]))
    made = reading.parted(train, twice)
    seen = [{square.tobytes() for square in part.squares} for part in (made.train, made.kept_back)]
    assert seen[0].isdisjoint(seen[1])
    assert not any(square.tobytes() in seen[0] | seen[1] for square in twice.squares)
    assert made.is_repeat.tolist() == [False] * 40 + [True] * 10
    assert len(made.kept_back) > 0


def test_the_same_face_twice_is_in_one_part():
    train = barred(200, seed=5)
    doubled = train.at(np.repeat(np.arange(200), 2))
    made = reading.parted(doubled, barred(10, seed=6))
    assert len(made.train) % 2 == len(made.kept_back) % 2 == 0


def test_bars_that_stand_for_expressions_are_learned(parts, learned):
    told = expressions.figures(
        np.log(expressions.read(learned.network, parts.report)).astype(np.float32),
        parts.report.shares,
    )
    assert told["top_1"] > 0.6
    assert told["kl"] < 0.7


def test_the_temperature_is_in_the_head_already(parts, learned):
    again = expressions.fit_temperature(learned.network, parts.kept_back)
    assert again == pytest.approx(1, abs=0.02)


def test_workers_read_what_was_learned(parts, learned, tmp_path):
    path = tmp_path / "expressions.onnx"
    graph.write(learned.network, path, side=48)
    few = parts.report.at(np.arange(12))
    by_torch = expressions.read(learned.network, few)
    assert reporting.shares(few, path) == pytest.approx(by_torch, abs=0.01)


def test_the_report_tells_both_ways_of_counting(parts, learned, tmp_path):
    path = tmp_path / "expressions.onnx"
    graph.write(learned.network, path, side=48)
    repeated = replace(parts, is_repeat=np.arange(len(parts.report)) < 20)
    told = reporting.report(repeated, learned, path)
    assert told["all"]["faces"] == 120
    assert told["without_repeats"]["faces"] == 100
    assert set(told["all"]["classes"]) == set(FACE_CLASSES)
    assert np.sum(told["all"]["confusion"]) == pytest.approx(120, abs=0.5)
