"""The sentence that says why."""

import numpy as np
import pytest

from sightsong.core import matching, reasons
from sightsong.core.affect import Affect, Agreement
from sightsong.core.tracks import TrackId

PHOTO = Affect(valence=0.5, arousal=-0.5)


def reason_for(affect: Affect | None, *, start_s: float = 80.0) -> str:
    candidate = matching.Candidate(
        track_id=TrackId("t"),
        artist=None,
        cosine=0.5,
        affect=affect,
        vector=np.ones(1, dtype=np.float32),
        window_start_s=start_s,
    )
    return reasons.reason(PHOTO, matching.rank(PHOTO, [candidate], k=1)[0])


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
