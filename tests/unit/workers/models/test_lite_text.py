"""Words to points: negation, emphasis, and what is not said."""

import math

import numpy as np
import pytest

from sightsong.core import moods, prompts
from sightsong.core.affect import Emotion
from workers.models.lite.profile import lite_profile
from workers.models.lite.text import point_of, understand


def words(text: str) -> list[str]:
    return [one.word for one in understand(text)]


def test_known_words_are_found_and_others_passed_over():
    assert words("A calm beach, with Zorblax at SUNSET!") == ["calm", "beach", "sunset"]


@pytest.mark.parametrize("text", ["lo-fi beats", "lo fi beats", "lofi beats"])
def test_words_that_are_written_in_two_parts_are_one(text):
    assert words(text) == ["lofi", "beats"]


@pytest.mark.parametrize(
    "text", ["not sad", "not at all sad", "never sad", "it isn't sad", "isn\u2019t sad"]
)
def test_a_negated_feeling_is_turned_around_and_weakened(text):
    sad, negated = point_of("sad").affect, point_of(text).affect
    assert 0 < negated.valence < -sad.valence


def test_a_negation_does_not_reach_across_a_whole_sentence():
    assert point_of("not a single soul in this town is sad").affect.valence < 0


def test_emphasis_strengthens_and_weakens():
    plain, very, slightly = (
        point_of(f"{word} gloomy").affect.valence for word in ("", "very", "slightly")
    )
    assert very < plain < slightly < 0


def test_what_no_word_speaks_of_stays_unknown():
    point = point_of("slow piano")
    assert point.tempo < -0.5
    assert math.isnan(point.mode)
    assert math.isnan(point.loudness)


@pytest.mark.parametrize("text", ["", "qwerty zxcvb", "12345 !!!", "日本語"])
def test_a_text_of_no_known_word_is_neutral(text):
    point = point_of(text)
    assert (point.affect.valence, point.affect.arousal) == (0, 0)
    assert all(math.isnan(value) for value in point.sounds)


def test_every_text_has_a_unit_vector_even_the_empty_one():
    vectors = lite_profile().text.encode(["", "sad slow piano", "very very very happy party"])
    assert vectors.shape == (3, 512)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)


def test_words_of_like_feeling_are_nearer_than_words_of_unlike_feeling():
    happy, joyful, furious, gloomy = lite_profile().text.encode(
        ["happy music", "joyful songs", "furious metal", "gloomy strings"]
    )
    assert happy @ joyful > 0.9
    assert happy @ joyful > happy @ furious
    assert happy @ joyful > happy @ gloomy
    assert furious @ gloomy < 0.6


@pytest.mark.parametrize("mood", prompts.MOOD_PHRASES)
def test_each_mood_phrase_is_understood_to_be_near_its_mood(mood):
    for phrase in prompts.MOOD_PHRASES[mood]:
        assert point_of(phrase).affect.distance(moods.MOOD_PLACES[mood]) < 0.42, phrase


@pytest.mark.parametrize("emotion", Emotion)
def test_each_emotion_phrase_is_understood_on_the_right_side(emotion):
    sides = prompts.EMOTION_PHRASES[emotion]
    pleasant = moods.EMOTION_PLACES[emotion].valence > 0
    calm = [point_of(phrase).affect for phrase in sides[prompts.Energy.CALM]]
    lively = [point_of(phrase).affect for phrase in sides[prompts.Energy.LIVELY]]
    assert all((affect.valence > 0) == pleasant for affect in calm + lively)
    assert max(affect.arousal for affect in calm) < max(affect.arousal for affect in lively)
