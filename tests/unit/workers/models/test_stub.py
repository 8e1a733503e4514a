"""The stubs: what other tests may count on."""

import numpy as np
import pytest

from sightsong.core.affect import Emotion
from sightsong.core.models import Photo
from workers.models import stub

BRIGHT = Photo(pixels=np.full((4, 6, 3), 240, np.uint8))
DARK = Photo(pixels=np.full((4, 6, 3), 16, np.uint8))
PROFILE = stub.stub_profile()


def test_brightness_is_joy_and_darkness_is_sadness():
    bright, dark = PROFILE.emotion.predict([BRIGHT, DARK])
    assert (bright.dominant, dark.dominant) == (Emotion.JOY, Emotion.SADNESS)
    assert bright.affect.valence > 0 > dark.affect.valence


def test_moods_are_its_own_two_unless_others_are_asked_for():
    emotions = PROFILE.emotion.predict([BRIGHT, DARK, DARK])
    scored = PROFILE.moods.score([BRIGHT, DARK, DARK], emotions, [(), (), ("odd", "happy")])
    assert [[mood.label for mood in moods] for moods in scored] == [
        ["happy", "sad"],
        ["sad", "happy"],
        ["odd", "happy"],
    ]
    assert scored[2][0].score == emotions[2].distribution[Emotion.SADNESS]


def test_a_caption_tells_the_size_and_the_leading_emotion():
    [captions] = PROFILE.caption.caption([BRIGHT], PROFILE.emotion.predict([BRIGHT]))
    assert captions.plain == "A photo of 6 by 4 pixels."
    assert captions.emotional == "A photo that speaks of joy."


def test_there_are_no_faces():
    assert PROFILE.faces.find([BRIGHT, DARK]) == [(), ()]


def test_a_track_is_heard_in_windows_of_ten_seconds_by_how_loud_they_are():
    sound = np.repeat(np.float32([0.1, 0.4, 0.4]), 10_000)
    heard = PROFILE.audio.listener.hear([sound], rate_hz=1000)
    [reading] = PROFILE.audio.read([heard])
    assert heard.window_starts_s == reading.window_starts_s == (0.0, 10.0, 20.0)
    assert heard.duration_s == 30
    assert reading.affect.valence == pytest.approx(0.6)
    assert np.linalg.norm(reading.vector) == pytest.approx(1)
