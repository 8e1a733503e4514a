"""Feelings with names, and the phrases that ask for their music."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.core import moods, prompts
from sightsong.core.affect import Affect, Emotion, EmotionReading

coordinates = st.floats(-1, 1)
affects = st.builds(Affect, valence=coordinates, arousal=coordinates)


def reading(valence: float, arousal: float) -> EmotionReading:
    affect = Affect(valence=valence, arousal=arousal)
    return EmotionReading(distribution=moods.emotion_distribution(affect), affect=affect)


@given(affects)
def test_a_distribution_covers_all_six_emotions_and_its_short_decimals_sum_to_one(affect):
    distribution = moods.emotion_distribution(affect)
    assert list(distribution) == sorted(Emotion)
    assert sum(Decimal(str(share)) for share in distribution.values()) == 1
    assert min(distribution.values()) >= 0


@pytest.mark.parametrize("emotion", Emotion)
def test_at_its_own_place_an_emotion_is_the_likeliest(emotion):
    distribution = moods.emotion_distribution(moods.EMOTION_PLACES[emotion])
    assert max(distribution, key=distribution.__getitem__) is emotion


@pytest.mark.parametrize("mood", moods.MOOD_PLACES)
def test_at_its_own_place_a_mood_scores_one_and_comes_first(mood):
    scores = moods.mood_scores(moods.MOOD_PLACES[mood])
    assert next(iter(scores)) == mood
    assert scores[mood] == 1


@given(affects)
def test_moods_come_highest_first_within_bounds(affect):
    scores = list(moods.mood_scores(affect).values())
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] >= 0


@given(affects)
def test_the_weights_of_a_query_sum_to_one_heaviest_first(affect):
    query = moods.music_query(reading(affect.valence, affect.arousal), moods.mood_scores(affect))
    weights = [phrase.weight for phrase in query]
    assert math.fsum(weights) == pytest.approx(1)
    assert weights == sorted(weights, reverse=True)
    assert min(weights) > 0


def test_a_calm_sad_photo_asks_for_slow_music_in_a_minor_key():
    query = moods.music_query(reading(-0.6, -0.5), {"sad": 1.0})
    assert moods.query_text(query, count=1) == (
        "This audio is a sad slow piano ballad in a minor key."
    )


def test_arousal_chooses_between_the_calm_and_the_lively_phrases():
    joy = dict.fromkeys(Emotion, 0.0) | {Emotion.JOY: 1.0}
    stirred = EmotionReading(distribution=joy, affect=Affect(valence=0.7, arousal=1.0))
    calm = EmotionReading(distribution=joy, affect=Affect(valence=0.7, arousal=-1.0))
    lively_phrases = prompts.EMOTION_PHRASES[Emotion.JOY][prompts.Energy.LIVELY]
    calm_phrases = prompts.EMOTION_PHRASES[Emotion.JOY][prompts.Energy.CALM]
    assert {phrase.text for phrase in moods.music_query(stirred, {})} == set(lively_phrases)
    assert {phrase.text for phrase in moods.music_query(calm, {})} == set(calm_phrases)


def test_moods_without_phrases_are_passed_over():
    known = moods.music_query(reading(0.5, 0.5), {"happy": 0.5})
    assert moods.music_query(reading(0.5, 0.5), {"happy": 0.5, "crunchy": 0.9}) == known


def test_every_mood_has_a_place_and_a_phrase():
    assert prompts.MOOD_PHRASES.keys() == moods.MOOD_PLACES.keys()


def test_no_phrase_stands_twice_in_the_table():
    phrases = [text for row in prompts.MOOD_PHRASES.values() for text in row]
    for sides in prompts.EMOTION_PHRASES.values():
        phrases += [text for row in sides.values() for text in row]
    assert len(phrases) == len(set(phrases)) == 62


def test_the_phrase_table_is_the_reviewed_one():
    """A changed phrase changes answers: read the table again, then change this line."""
    assert moods.prompts_sha256() == PROMPTS_SHA256


PROMPTS_SHA256 = "51ebe2fe3232499afba4ed1feb3b321a5a401dc3d60bd5ad84be4d23b4a09ea1"
