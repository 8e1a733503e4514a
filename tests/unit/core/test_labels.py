"""Mood labels of the caller's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.core import labels
from sightsong.core.errors import InvalidRequest, UnknownMood


@pytest.mark.parametrize(
    ("texts", "tidied"),
    [
        (["happy,sad"], ("happy", "sad")),
        (["happy", "sad"], ("happy", "sad")),
        (["  Bitter   SWEET ,\tsad\n"], ("bitter sweet", "sad")),
        (["sad,happy,SAD"], ("sad", "happy")),
        (["happy,,"], ("happy",)),
        ([""], ()),
        ([], ()),
        (
            ["laid-back, rock \N{RIGHT SINGLE QUOTATION MARK}n' roll"],
            ("laid-back", "rock 'n' roll"),
        ),
        (["Übermütig", "悲しい", "उदास", "e\u0301lan"], ("übermütig", "悲しい", "उदास", "\xe9lan")),
        (["80s"], ("80s",)),
    ],
)
def test_labels_are_tidied(texts, tidied):
    assert labels.tidy(texts) == tidied


@pytest.mark.parametrize("bad", ["sad!", "a/b", "<b>", "sad;drop", "🙂", "{0}", "a\x00b", "-", "'"])
def test_a_label_of_other_characters_is_refused_by_name(bad):
    with pytest.raises(InvalidRequest) as refused:
        labels.tidy(["happy", bad])
    assert f"'{bad}'" in refused.value.detail


def test_a_label_may_have_forty_characters_and_no_more():
    assert labels.tidy(["x" * 40]) == ("x" * 40,)
    with pytest.raises(InvalidRequest, match="41 characters"):
        labels.tidy(["x" * 41])


def test_there_may_be_64_labels_and_no_more():
    many = [f"mood {number}" for number in range(65)]
    assert len(labels.tidy(many[:64])) == 64
    with pytest.raises(InvalidRequest, match="65 moods"):
        labels.tidy(many)


@given(st.lists(st.text(max_size=50), max_size=5))
def test_what_is_tidied_is_tidy_or_refused(texts):
    try:
        once = labels.tidy(texts)
    except InvalidRequest:
        return
    assert labels.tidy(once) == once


def test_known_labels_pass():
    labels.refuse_unknown(("happy",), ("happy", "sad"))


def test_an_unknown_label_is_refused_with_the_known_ones():
    with pytest.raises(UnknownMood) as refused:
        labels.refuse_unknown(("happy", "crunchy"), ("happy", "sad"))
    assert "'crunchy'" in refused.value.detail
    assert "it knows happy, sad." in refused.value.detail
