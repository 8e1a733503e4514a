"""Captions of 400 photos: grammar, truth, variety, and that copies are told alike."""

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from sightsong.core.affect import Affect
from sightsong.core.photos import Captions
from tests.unit.workers.models.captions import grammar, truths
from workers.models.lite.captions.looking import look
from workers.models.lite.captions.sentences import write

NOWHERE = Affect(valence=0.0, arousal=0.0)


@pytest.fixture(scope="module")
def captions(told) -> list[Captions]:
    return [write(look(photo), affect, faces) for photo, affect, faces in told]


def test_every_sentence_is_correct_by_every_rule(captions: list[Captions]):
    said = [sentence for each in captions for sentence in (each.plain, each.emotional)]
    assert {sentence: faults for sentence in said if (faults := grammar.faults(sentence))} == {}


def test_every_phrase_is_true_and_every_word_is_vouched_for(captions: list[Captions], told):
    wrong = {
        f"{n}: {each.emotional}": lies
        for n, (each, facts) in enumerate(zip(captions, told, strict=True))
        if (lies := truths.untrue(each.emotional, truths.Scene(*facts)))
    }
    assert wrong == {}


def test_the_plain_caption_says_nothing_that_the_other_does_not(captions: list[Captions]):
    assert all(each.emotional.startswith(each.plain[:-1]) for each in captions)


def test_nearly_every_photo_has_a_sentence_of_its_own(captions: list[Captions]):
    assert len({each.plain.partition(";")[0] for each in captions}) > 0.9 * len(captions)


def test_no_opening_is_that_of_more_than_a_quarter(captions: list[Captions]):
    openings = Counter(" ".join(each.plain.split()[:2]) for each in captions)
    [(_, times)] = openings.most_common(1)
    assert times <= len(captions) / 4


def test_nearly_every_phrase_is_said_of_some_photo(captions: list[Captions]):
    unused = list(truths.unused([each.emotional for each in captions]))
    assert len(unused) <= 2, unused


def _half(photo: np.ndarray) -> np.ndarray:
    height, width = photo.shape[:2]
    return np.asarray(Image.fromarray(photo).resize((width // 2, height // 2)))


def _jpeg(photo: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=60)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("copied", [_half, _jpeg])
def test_a_copy_is_told_in_mostly_the_same_words(copied, oasis):
    shared = []
    for photo in oasis[::8]:
        words, again = (
            set(write(look(one), NOWHERE).plain.split()) for one in (photo, copied(photo))
        )
        shared.append(len(words & again) / len(words | again))
    assert np.mean(shared) > 0.93
    assert np.quantile(shared, 0.25) == 1
