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


def test_a_doubtful_reading_gives_a_flatter_distribution():
    joyful = Affect(valence=0.7, arousal=0.2)
    sure, doubtful = (
        moods.emotion_distribution(joyful, error=Affect(valence=error, arousal=error))
        for error in (0.0, 0.6)
    )
    assert max(sure, key=sure.__getitem__) == max(doubtful, key=doubtful.__getitem__)
    assert sure[Emotion.JOY] - doubtful[Emotion.JOY] > 0.15


def test_an_error_in_valence_alone_blurs_valence_alone():
    stirred = moods.emotion_distribution(
        Affect(valence=0.0, arousal=0.65), error=Affect(valence=2.0, arousal=0.0)
    )
    assert stirred[Emotion.ANGER] == pytest.approx(stirred[Emotion.SURPRISE], rel=0.05)
    assert stirred[Emotion.ANGER] > 3 * stirred[Emotion.SADNESS]


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


def test_a_mood_of_the_callers_own_is_asked_for_by_its_name():
    query = moods.music_query(reading(0.5, 0.5), {"happy": 0.2, "{crunchy}": 0.6})
    assert query[0].text == "This audio is a piece of {crunchy} music."
    assert query[0].weight == pytest.approx(0.5 * 0.6 / 0.8)


def test_only_the_three_likeliest_moods_are_asked_for():
    scores = {"odd": 0.1, "grim": 0.4, "shy": 0.3, "bold": 0.2}
    texts = {phrase.text for phrase in moods.music_query(reading(0, 0), scores)}
    asked = {mood for mood in scores if f"This audio is a piece of {mood} music." in texts}
    assert asked == {"grim", "shy", "bold"}


def test_moods_that_all_score_nothing_leave_the_whole_query_to_the_emotions():
    felt = reading(0.5, 0.5)
    assert moods.music_query(felt, {"bleak": 0.0}) == moods.music_query(felt, {})


def test_a_scene_takes_its_small_share_and_leaves_the_rest_in_proportion():
    without = moods.music_query(reading(0.5, 0.5), {"happy": 1.0})
    with_scene = moods.music_query(reading(0.5, 0.5), {"happy": 1.0}, scene="a dog on a beach.")
    scene = "This audio is music for a scene of a dog on a beach."
    weights = {phrase.text: phrase.weight for phrase in with_scene}
    assert weights.pop(scene) == pytest.approx(0.15)
    assert weights == pytest.approx({phrase.text: 0.85 * phrase.weight for phrase in without})


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


PROMPTS_SHA256 = "4763bfc0e8132e21c01528e9eb12bf0f5952302dde4d6033d18d0b62e20b231d"
