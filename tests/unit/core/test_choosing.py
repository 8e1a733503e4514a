"""From a query and a taste to matches: filters, what is gone, who fills the list."""

from collections.abc import Iterable, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.adapters.memory.library import MemoryView
from sightsong.core import choosing, facts
from sightsong.core.affect import Affect
from sightsong.core.choosing import Taste
from sightsong.core.embeddings import unit
from sightsong.core.errors import InvalidRequest
from sightsong.core.facts import Filters, Range
from sightsong.core.reasons import Asked
from sightsong.core.snapshots import Entry, IndexedTrack, Windows
from sightsong.core.tracks import Tags, Track, TrackId, TrackState

QUERY = unit(np.array([1.0, 0.0, 0.0, 0.0]))
CALM = Affect(valence=0.4, arousal=-0.6)


class Rows:
    """The rows of some tracks; counts how often it is asked."""

    def __init__(self, rows: Iterable[Track]) -> None:
        self.rows = {row.id: row for row in rows}
        self.asked = 0

    def get_many(self, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Track]:
        self.asked += 1
        return {one: self.rows[one] for one in track_ids if one in self.rows}


def track(number: int, **said: object) -> Track:
    name = f"t{number:04d}"
    return Track(
        id=TrackId(name),
        sha256=name,
        path=f"/music/{name}.ogg",
        state=TrackState.READY,
        tags=said.pop("tags", None) or Tags(artist=f"Artist {number}"),
        added_at=0.0,
        affect=CALM,
        **said,
    )


def indexed(row: Track, *, away: float) -> IndexedTrack:
    """A track so far from the query, with two windows: the second one is the nearer."""
    vector = unit(np.array([1.0, away, 0.0, 0.0])).astype(np.float16)
    windows = np.stack([unit(np.array([0.0, 0.0, 0.0, 1.0])), QUERY]).astype(np.float16)
    return IndexedTrack(
        entry=Entry(track_id=row.id, vector=vector, facts=facts.facts_of(row)),
        windows=Windows(vectors=windows, starts_s=(0.0, 70.0)),
    )


def view_of(rows: Iterable[Track]) -> MemoryView:
    tracks = [indexed(row, away=0.01 * at) for at, row in enumerate(rows)]
    return MemoryView(tracks, snapshot="v1", revision=3)


def chosen(rows: list[Track], *, there: list[Track] | None = None, **taste: object) -> list[dict]:
    store = Rows(rows if there is None else there)
    return choosing.choose(view_of(rows), store, QUERY, affect=CALM, taste=Taste(**taste))


def ids(matches: list[dict]) -> list[str]:
    return [match["track_id"] for match in matches]


def test_the_nearest_tracks_are_chosen_and_told_with_their_best_window():
    matches = chosen([track(i) for i in range(9)], top_k=3, diversity=0.0)
    assert ids(matches) == ["t0000", "t0001", "t0002"]
    assert [match["rank"] for match in matches] == [1, 2, 3]
    assert {match["window_start_s"] for match in matches} == {70.0}
    assert matches[0]["artist"] == "Artist 0"


def test_an_empty_library_gives_no_matches():
    assert chosen([]) == []


def test_a_track_that_is_gone_is_left_out_and_the_next_one_takes_its_place():
    rows = [track(i) for i in range(9)]
    there = [row for row in rows if row.id not in ("t0000", "t0002")]
    matches = chosen(rows, there=there, top_k=3, diversity=0.0)
    assert ids(matches) == ["t0001", "t0003", "t0004"]
    assert [match["rank"] for match in matches] == [1, 2, 3]


def test_a_folder_of_tracks_that_is_gone_does_not_empty_the_list():
    rows = [track(i) for i in range(700)]
    store = Rows(rows[690:])
    matches = choosing.choose(view_of(rows), store, QUERY, affect=CALM, taste=Taste(top_k=5))
    assert len(matches) == 5
    assert set(ids(matches)) <= {row.id for row in rows[690:]}
    assert store.asked < 20  # by pools, not by handfuls


def test_each_round_that_meets_only_what_is_gone_looks_at_twice_as_many():
    rows = [track(i) for i in range(3205)]
    store = Rows(rows[3200:])
    matches = choosing.choose(view_of(rows), store, QUERY, affect=CALM, taste=Taste(top_k=5))
    assert len(matches) == 5
    assert store.asked <= 7  # twice by rankings, and after 400, 1200, 2800 and all tracks


def test_what_is_gone_leaves_the_answer_as_it_is_without_it():
    rows = [track(i, tags=Tags(artist=f"A{i % 60}")) for i in range(900)]
    there = [row for i, row in enumerate(rows) if i % 3]
    tracks = [indexed(row, away=0.01 * at) for at, row in enumerate(rows) if at % 3]
    taste = Taste(top_k=20, diversity=0.4, per_artist=3)
    late, caught_up = (
        choosing.choose(view, Rows(there), QUERY, affect=CALM, taste=taste)
        for view in (view_of(rows), MemoryView(tracks, snapshot="v1", revision=4))
    )
    assert late == caught_up


def test_a_library_of_which_nothing_is_left_gives_no_matches():
    assert chosen([track(i) for i in range(5)], there=[]) == []


def test_an_only_artist_fills_the_list():
    rows = [track(i, tags=Tags(artist="Solo")) for i in range(60)]
    assert len(chosen(rows, top_k=40, per_artist=1)) == 40


def test_one_artist_with_all_the_nearest_tracks_does_not_keep_the_others_out():
    rows = [track(i, tags=Tags(artist="Everywhere")) for i in range(400)]
    rows += [track(i) for i in range(400, 405)]
    matches = chosen(rows, top_k=4, per_artist=1)
    assert [match["artist"] for match in matches].count("Everywhere") == 1


def test_two_ways_of_writing_an_artist_are_one():
    rows = [track(0, tags=Tags(artist="The Band")), track(1, tags=Tags(artist="the  BAND"))]
    rows += [track(2)]
    assert ids(chosen(rows, top_k=2, per_artist=1)) == ["t0000", "t0002"]


def test_a_recording_comes_once_unless_the_taste_is_for_all():
    pair = [track(i, recording_id=TrackId("t0000")) for i in range(2)]
    rows = [*pair, track(2)]
    assert ids(chosen(rows)) == ["t0000", "t0002"]
    assert len(chosen(rows, duplicates=True)) == 3


def test_only_tracks_that_fit_the_filters_are_chosen():
    rows = [track(i, tags=Tags(genre="Jazz" if i % 2 else "Rock")) for i in range(10)]
    matches = chosen(rows, where=Filters(genres=("jazz",)), top_k=9)
    assert sorted(ids(matches)) == ["t0001", "t0003", "t0005", "t0007", "t0009"]


def test_without_a_feeling_the_reasons_speak_of_the_sound_alone():
    rows = [track(0)]
    [match] = choosing.choose(
        view_of(rows), Rows(rows), QUERY, affect=None, taste=Taste(), asked=Asked.WORDS
    )
    assert "its sound is among the nearest to your words" in match["reason"]


def test_the_same_question_has_the_same_answer():
    rows = [track(i, tags=Tags(artist=f"A{i % 7}")) for i in range(60)]
    assert chosen(rows, top_k=20) == chosen(rows[:], top_k=20)


def test_the_taste_of_an_old_job_is_the_default_one():
    assert Taste.of({"top_k": 5, "alpha": None, "moods": []}) == Taste()


def test_the_taste_of_a_job_is_read():
    params = {
        "top_k": 7,
        "alpha": 0.0,
        "diversity": 0.0,
        "per_artist": 3,
        "duplicates": True,
        "filters": {"genre": "Jazz", "explicit": False},
    }
    assert Taste.of(params) == Taste(
        top_k=7,
        alpha=0.0,
        diversity=0.0,
        per_artist=3,
        duplicates=True,
        where=Filters(genres=("Jazz",), explicit=False),
    )


def test_every_filter_is_read():
    said = {
        "genre": ["Jazz", "Rock"],
        "mood": "calm",
        "artist": ["A"],
        "tag": ["night"],
        "library": "Cellar",
        "duration_s": {"min": 60, "max": 300.5},
        "tempo_bpm": {"min": None, "max": 90},
        "explicit": True,
    }
    assert choosing.filters_of(said) == Filters(
        genres=("Jazz", "Rock"),
        moods=("calm",),
        artists=("A",),
        labels=("night",),
        libraries=("Cellar",),
        duration_s=Range(least=60.0, most=300.5),
        tempo_bpm=Range(most=90.0),
        explicit=True,
    )


@pytest.mark.parametrize("said", [{}, {"genre": None, "tempo_bpm": None, "explicit": None}])
def test_filters_that_ask_nothing_take_everything(said):
    assert choosing.filters_of(said).is_empty


@pytest.mark.parametrize(
    "said",
    [
        {"gender": ["x"]},
        {"genre": 5},
        {"genre": ["a", 5]},
        {"genre": {"min": 1}},
        {"duration_s": [1, 2]},
        {"duration_s": {"least": 1}},
        {"tempo_bpm": {"min": "fast"}},
        {"tempo_bpm": {"min": True}},
        {"tempo_bpm": {"max": float("nan")}},
        {"tempo_bpm": {"max": float("inf")}},
        {"duration_s": {"max": 10**400}},
        {"explicit": "yes"},
    ],
)
def test_filters_of_another_form_are_refused_by_name(said):
    with pytest.raises(InvalidRequest, match=next(iter(said))):
        choosing.filters_of(said)


@given(
    gone=st.sets(st.integers(0, 29)),
    top_k=st.integers(1, 12),
    per_artist=st.integers(1, 4),
    artists=st.integers(1, 6),
)
def test_as_many_come_as_are_wanted_and_there(gone, top_k, per_artist, artists):
    rows = [track(i, tags=Tags(artist=f"A{i % artists}")) for i in range(30)]
    there = [row for i, row in enumerate(rows) if i not in gone]
    matches = chosen(rows, there=there, top_k=top_k, per_artist=per_artist)
    assert len(matches) == min(top_k, len(there))
    assert len(set(ids(matches))) == len(matches)
    assert set(ids(matches)) <= {row.id for row in there}
