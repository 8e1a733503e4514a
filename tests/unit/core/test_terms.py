"""The terms that tracks are found by."""

import pytest

from sightsong.core import terms
from sightsong.core.tracks import Tags, TrackFilter


def test_the_terms_of_a_track_are_its_words_and_what_is_compared_as_a_whole():
    tags = Tags(title="Ignored", artist="Ann  Bee", genre="Jazz", labels=("Late Night",))
    assert set(terms.terms_of(tags, title="Blue_Train (2)")) == {
        "artist:ann bee",
        "genre:jazz",
        "label:late night",
        *(f"word:{word}" for word in ("blue", "train", "2", "ann", "bee", "jazz", "late", "night")),
    }


def test_a_term_comes_once():
    found = terms.terms_of(Tags(artist="la la la"), title="La")
    assert sorted(found) == ["artist:la la la", "word:la"]


def test_too_many_terms_leave_the_whole_ones():
    title = " ".join(f"w{number}" for number in range(500))
    found = terms.terms_of(Tags(genre="Jazz"), title=title)
    assert len(found) == terms.MAX_COUNT
    assert found[0] == "genre:jazz"


@pytest.mark.parametrize("text", ["x" * 500, "ﬁ" * 500, "ß\x00" * 300, "\ud800 a" * 300])
def test_a_term_is_text_that_a_database_takes_and_never_long(text):
    for term in terms.terms_of(Tags(artist=text, labels=(text,)), title=text):
        assert len(term) <= terms.MAX_LENGTH
        assert "\x00" not in term
        term.encode()


def test_one_way_of_writing_finds_another():
    decomposed, wide = "Cafe\u0301", "\uff2a\uff21\uff3a\uff3a"
    found = terms.terms_of(Tags(genre="jazz"), title="Café")
    assert terms.wanted(TrackFilter(text=decomposed, genre=wide)).fits(found)


def test_a_word_may_be_begun_anywhere_but_a_whole_must_be_whole():
    found = terms.terms_of(Tags(genre="Hard Rock"), title="Train")
    assert terms.wanted(TrackFilter(text="ro tra")).fits(found)
    assert not terms.wanted(TrackFilter(genre="hard")).fits(found)
    assert not terms.wanted(TrackFilter(text="rain")).fits(found)
