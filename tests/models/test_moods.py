"""Moods are scored over the labels that the caller asks for."""

import numpy as np
import pytest

from sightsong.core.affect import Affect, Emotion, EmotionReading
from sightsong.core.catalogue import Task
from sightsong.core.models import Photo
from sightsong.core.moods import MOOD_PLACES
from sightsong.core.prompts import MOOD_PHRASES
from workers.models.full import prompts
from workers.models.full.clip import Clip
from workers.models.full.moods import ClipMoods

NEUTRAL = EmotionReading(
    distribution=dict.fromkeys(Emotion, 1 / 6), affect=Affect(valence=0.0, arousal=0.0)
)


@pytest.fixture(scope="module")
def clip(found, fp32):
    return Clip(found[Task.VISION], fp32)


@pytest.fixture(scope="module")
def moods(clip):
    return ClipMoods(clip)


def photos(count: int) -> list[Photo]:
    rng = np.random.default_rng(0)
    return [
        Photo(pixels=rng.integers(0, 256, (40 + 9 * at, 50, 3), dtype=np.uint8))
        for at in range(count)
    ]


def test_each_photo_of_a_batch_is_scored_over_its_own_labels(moods):
    batch = photos(3)
    labels = [("happy", "golden hour", "anxious"), (), ("sad",)]
    mine, default, single = moods.score(batch, [NEUTRAL] * 3, labels)
    assert {mood.label for mood in mine} == set(labels[0])
    assert {mood.label for mood in default} == set(moods.labels)
    assert [(mood.label, mood.score) for mood in single] == [("sad", 1.0)]


def test_scores_are_shares_of_one_the_highest_first(moods):
    for scores in moods.score(photos(2), [NEUTRAL] * 2, [(), ("calm", "tense", "epic")]):
        shares = [mood.score for mood in scores]
        assert sum(shares) == pytest.approx(1, abs=1e-9)
        assert shares == sorted(shares, reverse=True)


def test_similarity_is_the_cosine_of_photo_and_label(moods, clip):
    (photo,) = photos(1)
    ((first, second),) = moods.score([photo], [NEUTRAL], [("calm", "tense")])
    for mood in (first, second):
        words = clip.together(prompts.mood_prompts(mood.label))
        assert mood.similarity == pytest.approx(float(clip.image([photo])[0] @ words), abs=1e-5)
    ratio = np.exp((first.similarity - second.similarity) / prompts.MOOD_TEMPERATURE)
    assert first.score / second.score == pytest.approx(ratio, rel=1e-6)


def test_a_label_scores_the_same_in_any_order_and_company(moods):
    (photo,) = photos(1)
    one, other, alone = (
        {mood.label: mood for mood in moods.score([photo], [NEUTRAL], [labels])[0]}
        for labels in (("calm", "tense"), ("tense", "calm"), ("tense",))
    )
    assert one == other
    assert alone["tense"].similarity == pytest.approx(one["tense"].similarity, abs=1e-6)


def test_the_default_labels_have_places_and_phrases_in_music():
    assert len(set(prompts.MOOD_LABELS)) == len(prompts.MOOD_LABELS) == 24
    assert set(prompts.MOOD_LABELS) <= set(MOOD_PLACES)
    assert set(prompts.MOOD_LABELS) <= set(MOOD_PHRASES)


def test_a_label_stands_in_every_prompt_with_its_article():
    asked = prompts.mood_prompts("uneasy {quiet}")
    assert "an uneasy {quiet} scene" in asked
    assert all("uneasy {quiet}" in prompt for prompt in asked)


def test_the_card_names_the_words_and_the_checkpoint(moods):
    assert moods.card.task == "moods"
    assert moods.card.revision == f"random+{prompts.moods_digest()}"
