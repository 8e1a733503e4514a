"""What filters let through."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.core.facts import Facts, Filters, Range, facts_of
from sightsong.core.tracks import Tags, Track, TrackId, TrackState

ID = TrackId("t")
NUMBERS = st.floats(-1e6, 1e6)
ENDS = st.none() | NUMBERS
WORDS = st.text(st.characters(categories=("L", "Nd")), min_size=1, max_size=8)


def facts(*, descriptors: dict[str, float] | None = None, **tags: object) -> Facts:
    return facts_of(
        Track(
            id=ID,
            sha256="s",
            path="/music/t.ogg",
            state=TrackState.READY,
            tags=Tags(**tags),
            added_at=0.0,
            duration_s=200.0,
            descriptors=descriptors or {},
        )
    )


@given(value=st.none() | st.floats(allow_nan=True))
def test_an_open_range_takes_any_value_and_none(value):
    assert Range().fits(value)


@given(least=ENDS, most=ENDS, value=NUMBERS)
def test_a_range_takes_what_lies_between_its_ends_and_the_ends(least, most, value):
    found = Range(least=least, most=most)
    low = -math.inf if least is None else least
    high = math.inf if most is None else most
    assert found.fits(value) == (low <= value <= high)
    if low <= high:
        assert all(found.fits(end) for end in (least, most) if end is not None)


@pytest.mark.parametrize("value", [None, math.nan])
@pytest.mark.parametrize("asked", [Range(least=1), Range(most=1), Range(least=0, most=1)])
def test_a_value_that_is_not_known_lies_in_no_bounded_range(asked, value):
    assert not asked.fits(value)


@given(genre=WORDS, others=st.lists(WORDS, max_size=3))
def test_one_of_several_words_is_enough(genre, others):
    assert Filters(genres=(*others, genre)).fits(ID, facts(genre=genre))


@given(genre=WORDS, mood=WORDS, asked_genre=WORDS, asked_mood=WORDS)
def test_each_condition_narrows(genre, mood, asked_genre, asked_mood):
    told = facts(genre=genre, mood=mood)
    both = Filters(genres=(asked_genre,), moods=(asked_mood,)).fits(ID, told)
    alone = (
        Filters(genres=(asked_genre,)).fits(ID, told),
        Filters(moods=(asked_mood,)).fits(ID, told),
    )
    assert both == all(alone)


@given(tags=st.fixed_dictionaries({}, optional={"genre": WORDS, "artist": WORDS, "library": WORDS}))
def test_empty_filters_take_every_track(tags):
    assert Filters().is_empty
    assert Filters().fits(ID, facts(**tags))


def test_words_are_compared_without_regard_to_case_and_spaces():
    assert Filters(artists=("the  BAND",)).fits(ID, facts(artist="The Band"))
    assert not Filters(artists=("The Ban",)).fits(ID, facts(artist="The Band"))


@pytest.mark.parametrize(
    ("known", "asked", "fits"),
    [
        (True, None, True),
        (None, None, True),
        (True, True, True),
        (False, True, False),
        (None, True, False),
        (True, False, False),
        (False, False, True),
        (None, False, True),
    ],
)
def test_explicit_tracks_are_taken_left_out_or_asked_for(known, asked, fits):
    assert Filters(explicit=asked).fits(ID, facts(explicit=known)) is fits


def test_named_tracks_are_left_out():
    assert not Filters(without=frozenset({ID})).fits(ID, facts())
    assert Filters(without=frozenset({TrackId("another")})).fits(ID, facts())


def test_the_facts_of_a_track_are_gathered():
    told = facts(
        artist="The  Band", labels=("Night",), library="Cellar", descriptors={"tempo_bpm": 90.0}
    )
    assert set(told.terms) == {"artist:the band", "label:night", "library:cellar"}
    assert (told.artist, told.duration_s, told.tempo_bpm) == ("artist:the band", 200.0, 90.0)


def test_a_tempo_that_is_not_known_is_none():
    assert facts(descriptors={"tempo_bpm": math.nan}).tempo_bpm is None
    assert facts().tempo_bpm is None
