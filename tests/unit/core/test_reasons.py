"""The sentence that says why."""

import numpy as np
import pytest

from sightsong.core import matching, reasons
from sightsong.core.affect import Affect, Agreement
from sightsong.core.tracks import TrackId

PHOTO = Affect(valence=0.5, arousal=-0.5)


def reason_for(
    affect: Affect | None,
    *,
    target: Affect | None = PHOTO,
    start_s: float | None = 80.0,
    asked: reasons.Asked = reasons.Asked.PHOTO,
) -> str:
    candidate = matching.Candidate(
        track_id=TrackId("t"),
        artist=None,
        cosine=0.5,
        affect=affect,
        vector=np.ones(1, dtype=np.float32),
    )
    match = matching.rank(target, [candidate], k=1)[0]
    return reasons.reason(target, match, start_s=start_s, asked=asked)


def test_a_near_track_is_called_close_with_both_numbers_and_the_place_to_listen():
    assert reason_for(Affect(valence=0.4, arousal=-0.6)) == (
        "Calm and bright, close to the photo "
        "(valence +0.4 vs +0.5, arousal -0.6 vs -0.5); best from 1:20."
    )


def test_a_far_track_is_not_dressed_up():
    assert "unlike the photo" in reason_for(Affect(valence=-0.9, arousal=0.9))


@pytest.mark.parametrize(
    ("valence", "arousal", "words"),
    [
        (-0.5, 0.5, "Energetic and dark"),
        (0.0, 0.5, "Energetic,"),
        (0.0, 0.0, "Even-tempered"),
        (-0.5, 0.0, "Dark,"),
    ],
)
def test_the_feeling_is_named_by_its_quadrant(valence, arousal, words):
    assert reason_for(Affect(valence=valence, arousal=arousal)).startswith(words)


def test_a_number_near_zero_has_no_minus():
    assert "arousal +0.0 vs" in reason_for(Affect(valence=0.5, arousal=-0.01))


def test_nothing_is_claimed_about_a_track_whose_affect_is_unknown():
    sentence = reason_for(None)
    assert "valence" not in sentence
    assert sentence.endswith("best from 1:20.")


def test_of_words_without_a_feeling_only_the_sound_of_a_track_is_told():
    calm, asked = Affect(valence=0.4, arousal=-0.6), reasons.Asked.WORDS
    sentence = reason_for(calm, target=None, asked=asked)
    assert sentence == (
        "Calm and bright, and its sound is among the nearest to your words; best from 1:20."
    )
    unknown = reason_for(None, target=None, asked=asked)
    assert unknown == "Its sound is among the nearest to your words; best from 1:20."


@pytest.mark.parametrize(
    ("affect", "words"),
    [
        (PHOTO, "close to what you asked for ("),
        (Affect(valence=0.0, arousal=0.0), "with something of what you asked for ("),
        (Affect(valence=-0.9, arousal=0.9), "unlike what you asked for, but among the nearest"),
    ],
)
def test_a_sentence_names_what_was_asked_with(affect, words):
    sentence = reason_for(affect, asked=reasons.Asked.WISH)
    assert words in sentence
    assert "photo" not in sentence


@pytest.mark.parametrize("affect", [PHOTO, None])
def test_where_to_begin_is_not_told_where_it_is_not_known(affect):
    sentence = reason_for(affect, start_s=None)
    assert "best from" not in sentence
    assert sentence.endswith(".")
    assert not sentence.endswith("..")


def test_faces_and_a_scene_that_feel_alike_are_said_to():
    found = Agreement(scene=Affect(valence=0.5, arousal=-0.3), faces=Affect(valence=0.6, arousal=0))
    assert reasons.agreement(found) == ("The faces (bright) feel like the scene (calm and bright).")


def test_faces_and_a_scene_that_feel_otherwise_are_told_apart_with_their_numbers():
    found = Agreement(
        scene=Affect(valence=-0.5, arousal=-0.4), faces=Affect(valence=0.7, arousal=0.2)
    )
    assert reasons.agreement(found) == (
        "The faces feel energetic and bright (valence +0.7, arousal +0.2), "
        "the scene calm and dark (valence -0.5, arousal -0.4); the answer weighs both."
    )
