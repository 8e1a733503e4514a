"""Faces and scene together."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.core import blend
from sightsong.core.affect import Affect, Agreement, Emotion, EmotionReading, Face
from sightsong.core.moods import EMOTION_PLACES

SAD = EmotionReading(
    distribution=dict.fromkeys(Emotion, 0.0) | {Emotion.SADNESS: 0.8, Emotion.FEAR: 0.2},
    affect=Affect(valence=-0.6, arousal=-0.3),
)


def face(side: float = 0.3, score: float = 1.0, **shares: float) -> Face:
    return Face(x=0, y=0, width=side, height=side, score=score, distribution=shares or {"joy": 1.0})


def joy_of(*faces: Face) -> float:
    return blend.with_faces(SAD, faces)[0].distribution[Emotion.JOY]


def test_without_faces_the_emotion_is_the_scenes_own():
    assert blend.with_faces(SAD, []) == (SAD, None)


@pytest.mark.parametrize("weightless", [face(score=0.0), face(side=0.0), face(puzzled=1.0)])
def test_a_face_that_says_nothing_leaves_the_scene_alone(weightless):
    assert blend.with_faces(SAD, [weightless]) == (SAD, None)


def test_a_larger_face_says_more():
    assert 0 < joy_of(face(0.05)) < joy_of(face(0.2)) < joy_of(face(0.9))


def test_a_surer_detector_says_more():
    assert joy_of(face(score=0.4)) < joy_of(face(score=0.9))


def test_a_surer_expression_says_more_than_its_share_alone():
    unsure = face(joy=0.5, surprise=0.5)
    assert joy_of(unsure) < joy_of(face(joy=1.0)) / 2


def test_of_two_faces_the_larger_one_decides():
    together, _ = blend.with_faces(SAD, [face(0.5, joy=1.0), face(0.1, anger=1.0)])
    assert together.distribution[Emotion.JOY] > 10 * together.distribution[Emotion.ANGER] > 0


def test_a_face_of_half_weight_has_half_of_the_most_that_faces_may_have():
    together, _ = blend.with_faces(SAD, [face(math.sqrt(0.05))])
    assert together.distribution[Emotion.JOY] == pytest.approx(0.35)
    joy = EMOTION_PLACES[Emotion.JOY]
    assert together.affect.valence == pytest.approx(0.65 * -0.6 + 0.35 * joy.valence)
    assert together.affect.arousal == pytest.approx(0.65 * -0.3 + 0.35 * joy.arousal)


def test_even_a_face_that_fills_the_photo_leaves_something_to_the_scene():
    together, _ = blend.with_faces(SAD, [face(1.0)] * 9)
    assert together.distribution[Emotion.SADNESS] > 0.8 * 0.3
    assert together.dominant is Emotion.JOY


def test_a_neutral_face_calms_but_leaves_the_distribution_where_it_is():
    together, _ = blend.with_faces(SAD, [face(neutral=1.0)])
    assert together.distribution == pytest.approx(SAD.distribution)
    assert SAD.affect.valence < together.affect.valence < 0


def test_smiles_in_a_sad_scene_are_said_to_disagree():
    _, agreement = blend.with_faces(SAD, [face(joy=1.0)])
    assert agreement == Agreement(scene=SAD.affect, faces=EMOTION_PLACES[Emotion.JOY])
    assert not blend.is_agreed(agreement)


def test_tears_in_a_sad_scene_agree():
    _, agreement = blend.with_faces(SAD, [face(sadness=0.9, neutral=0.1)])
    assert agreement is not None
    assert blend.is_agreed(agreement)


shares = st.lists(st.floats(0, 1), min_size=7, max_size=7).filter(lambda row: sum(row) > 0.01)
faces = st.builds(
    lambda side, score, row: face(
        side,
        score,
        **{name: part / sum(row) for name, part in zip(blend.FACE_CLASSES, row, strict=True)},
    ),
    st.floats(0, 1),
    st.floats(0, 1),
    shares,
)


@given(st.lists(faces, max_size=5))
def test_the_distribution_of_both_still_sums_to_one_and_the_affect_stays_on_its_plane(found):
    together, _ = blend.with_faces(SAD, found)
    assert math.fsum(together.distribution.values()) == pytest.approx(1)
    assert min(together.distribution.values()) >= 0
    assert abs(together.affect.valence) <= 1
    assert abs(together.affect.arousal) <= 1


def test_classes_that_are_none_of_ours_do_not_break_the_sum():
    together, _ = blend.with_faces(SAD, [face(joy=0.4, contempt=0.6)])
    assert math.fsum(together.distribution.values()) == pytest.approx(1)
