"""The lexicon: its lines are well formed, and words are found in their usual forms."""

from collections import Counter

import pytest

from sightsong.core import lexicon
from sightsong.core.affect_space import SOUNDS
from sightsong.core.lexicon_words import FEELINGS, INTENSIFIERS, NEGATIONS, SCENES, STYLES


def test_there_are_some_hundred_words_and_each_is_found():
    words = lexicon.known_words()
    assert len(words) > 400
    assert [word for word in words if lexicon.hints(word) is None] == []


def test_every_value_lies_on_a_known_scale_between_minus_one_and_one():
    scales = {"valence", "arousal", *SOUNDS}
    for word in lexicon.known_words():
        values = lexicon.hints(word).values
        assert values.keys() <= scales, word
        assert all(-1 <= value <= 1 for value in values.values()), word


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ("waves", "wave"),
        ("berries", None),
        ("dancing", "dance"),
        ("happily", None),
        ("gently", None),
        ("drums", "drum"),
        ("calmness", "calm"),
        ("parties", "party"),
        ("beaches", "beach"),
    ],
)
def test_plural_and_other_endings_lead_to_the_plain_word(form, word):
    assert lexicon.hints(form) == (None if word is None else lexicon.hints(word))


def test_no_word_is_both_a_mood_and_a_modifier():
    assert set(lexicon.known_words()) & (NEGATIONS | INTENSIFIERS.keys()) == set()


def test_no_word_stands_on_two_lines():
    lines = f"{FEELINGS}{STYLES}{SCENES}".strip().splitlines()
    words = [word.strip() for line in lines for word in line.partition(":")[0].split(",")]
    assert [word for word, times in Counter(words).items() if word and times > 1] == []


def test_words_that_nobody_knows_do_not_fill_the_memory():
    for number in range(10_000):
        lexicon.hints(f"zorblax{number}")
    assert lexicon.hints.cache_info().currsize < 5000
