"""Emotions by CLIP: shares of six, and where they lie on the plane."""

import numpy as np
import pytest
from transformers import CLIPTokenizerFast

from sightsong.core.affect import Emotion
from sightsong.core.catalogue import Task
from sightsong.core.models import Photo
from sightsong.core.moods import EMOTION_PLACES
from workers.models.full import prompts
from workers.models.full.clip import MOST_TOKENS, Clip
from workers.models.full.emotion import ClipEmotion, emotion_model


@pytest.fixture(scope="module")
def clip(found, fp32):
    return Clip(found[Task.VISION], fp32)


@pytest.fixture(scope="module")
def emotion(clip, fp32):
    return emotion_model(clip, None, fp32)


def photos(count: int) -> list[Photo]:
    rng = np.random.default_rng(0)
    return [
        Photo(pixels=rng.integers(0, 256, (40 + 9 * at, 50, 3), dtype=np.uint8))
        for at in range(count)
    ]


def test_without_a_checkpoint_clip_reads_emotions(emotion, clip):
    assert isinstance(emotion, ClipEmotion)
    assert emotion.views == (clip.view,)


def test_the_shares_of_the_six_sum_to_one(emotion):
    for reading in emotion.predict(photos(3)):
        assert tuple(reading.distribution) == tuple(Emotion)
        assert sum(reading.distribution.values()) == pytest.approx(1, abs=1e-9)
        assert min(reading.distribution.values()) > 0


def test_affect_is_the_mean_place_of_the_emotions(emotion):
    (reading,) = emotion.predict(photos(1))
    shares = reading.distribution
    assert reading.affect.valence == pytest.approx(
        sum(shares[e] * EMOTION_PLACES[e].valence for e in Emotion)
    )
    assert reading.affect.arousal == pytest.approx(
        sum(shares[e] * EMOTION_PLACES[e].arousal for e in Emotion)
    )


def test_shares_follow_the_cosines_at_the_written_temperature(emotion, clip):
    (photo,) = photos(1)
    (image,) = clip.image([photo])
    words = [clip.together(prompts.emotion_prompts(e)) for e in (Emotion.JOY, Emotion.FEAR)]
    joy, fear = (float(image @ word) for word in words)
    (reading,) = emotion.predict([photo])
    ratio = reading.distribution[Emotion.JOY] / reading.distribution[Emotion.FEAR]
    assert ratio == pytest.approx(np.exp((joy - fear) / prompts.EMOTION_TEMPERATURE), rel=1e-3)


def test_a_photo_reads_the_same_alone_and_in_a_batch(emotion, clip, found, fp32):
    together = emotion.predict(photos(3))
    fresh = ClipEmotion(Clip(found[Task.VISION], fp32))
    for reading, photo in zip(together, photos(3), strict=True):
        (alone,) = fresh.predict([photo])
        for name, share in alone.distribution.items():
            assert reading.distribution[name] == pytest.approx(share, abs=1e-4)


def test_no_photos_have_no_emotions(emotion):
    assert emotion.predict([]) == []


def test_every_emotion_has_as_much_to_say_and_says_nothing_twice():
    asked = {emotion: prompts.emotion_prompts(emotion) for emotion in Emotion}
    assert len({len(lines) for lines in asked.values()}) == 1
    everything = [line for lines in asked.values() for line in lines]
    assert len(set(everything)) == len(everything)


def test_no_prompt_is_cut_off(found):
    tokenizer = CLIPTokenizerFast.from_pretrained(found[Task.VISION].folder)
    lines = [line for emotion in Emotion for line in prompts.emotion_prompts(emotion)]
    assert max(len(tokens) for tokens in tokenizer(lines)["input_ids"]) < MOST_TOKENS


def test_the_card_names_the_words_and_the_checkpoint(emotion):
    assert emotion.card.task == "emotion"
    assert emotion.card.revision == f"random+{prompts.emotions_digest()}"
