"""The checker of grammar catches what it is there for: else it would let everything pass."""

import pytest

from tests.unit.workers.models.captions import grammar, truths

RIGHT = (
    "A dim picture in soft browns and black, with deep shadows and most of the light above; "
    "two faces both look happy, and it feels calm and a little hopeful."
)


def test_a_right_sentence_has_no_faults():
    assert grammar.faults(RIGHT) == []


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("a dim picture.", "does not begin with a capital letter"),
        ("A dim picture", "does not end with a full stop"),
        ("A dim picture. It is calm.", "has more than one full stop"),
        ("A dim Picture.", "has a capital letter within"),
        ("A dim  picture.", "has two spaces together"),
        ("A dim picture , in blue.", "has a space before a mark"),
        ("A dim picture,in blue.", "has no space after a mark"),
        ("A dim picture,, in blue.", "has two marks together"),
        ("A dim picture; it is; it was.", "has more than one semicolon"),
        ("Blue: dim: black.", "has more than one colon"),
        ("A dim picture with with blue.", "says a word twice in a row"),
        ("A even surround in a dim picture.", "says 'a' before a vowel"),
        ("It has an plain surround.", "says 'an' before a consonant"),
        ("Soft blues and greens and black, with red.", "lets a list go on with 'and'"),
        ("Soft blues, greens, and black.", "ends a list with a comma"),
        ("A dim picture with.", "has a word without its noun"),
        ("A dim picture; one face look happy.", "gives one thing a plural"),
        ("A dim picture; two faces looks happy.", "gives many things a singular"),
        ("A dim picture; in it faces is seen.", "says that faces is"),
        ("A dim picture with many level line.", "counts what is many without an s"),
        ("Soft blues in a soft picture.", "says 'soft' twice"),
        ("A dark picture in blue; it is bright.", "says 'dark' and 'bright'"),
        ("Few edges and plenty of fine detail.", "says 'few edges' and 'fine detail'"),
    ],
)
def test_each_fault_is_found(sentence: str, fault: str):
    assert fault in grammar.faults(sentence)


def test_a_word_that_nobody_vouches_for_is_untrue(grey_scene: truths.Scene):
    said = "A bright picture in shades of grey, with a dog."
    assert truths.untrue(said, grey_scene) == ["dog"]


def test_a_phrase_that_does_not_hold_is_untrue(grey_scene: truths.Scene):
    said = "A dark picture in soft greens and greys; one face looks happy, and it feels calm."
    assert truths.untrue(said, grey_scene) == [
        "one face looks happy",
        "it feels calm",
        "dark",
        "soft",
        "greens",
    ]
