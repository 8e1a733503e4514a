"""What classes and samples count."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

from training.fitting.targets import class_weights, even_chances  # noqa: E402

SHARES = np.array([[1, 0, 0], [0.8, 0.2, 0], [0.9, 0.1, 0], [0.1, 0.9, 0]], np.float32)


def test_with_their_weights_all_classes_that_there_are_weigh_alike():
    weighed = class_weights(SHARES).numpy()[:2] * SHARES.mean(axis=0)[:2]
    assert weighed == pytest.approx([1 / 3, 1 / 3])


def test_a_class_that_hardly_comes_does_not_count_without_bounds():
    assert class_weights(SHARES)[2].item() == 10


def test_drawn_by_their_chances_dominant_classes_come_alike():
    chances = even_chances(SHARES)
    assert chances[:3].sum() == pytest.approx(chances[3:].sum())
