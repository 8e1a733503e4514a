"""Leaning: what is remembered of a user moves scores the right way, and never too far."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.core import leaning, matching
from sightsong.core.affect import Affect
from sightsong.core.embeddings import unit
from sightsong.core.jobs import JobId
from sightsong.core.leaning import LIMIT, Heard, Leaning, leaning_of
from sightsong.core.matching import Because, Candidate, Lean
from sightsong.core.people import Action, Feedback, FeedbackId, Memory, Preferences
from sightsong.core.tracks import TrackId

NOW = 1_800_000_000.0
DAY_S = 24 * 3600.0
LIKE, SKIP, PLAYED = Action
BAND = "artist:band"


def said(
    action: Action,
    *,
    track: str = "t",
    artist: str | None = BAND,
    days: float = 0.0,
    position_s: float | None = None,
) -> Feedback:
    return Feedback(
        id=FeedbackId("f"),
        job_id=JobId("j"),
        track_id=TrackId(track),
        action=action,
        position_s=position_s,
        artist=artist,
        created_at=NOW - days * DAY_S,
    )


def leaning_to(*feedback: Feedback, **preferences: object) -> Leaning:
    memory = Memory(preferences=Preferences(**preferences), feedback=feedback, at=NOW)
    return leaning_of(memory)


def change(
    of: Leaning, track: str = "t", *, artist: str | None = BAND, genre: str | None = None
) -> float:
    return of.lean([TrackId(track)], artist=artist, genre=genre).change


def because(of: Leaning, track: str = "t", **of_track: str) -> Because | None:
    facts = {"artist": BAND, "genre": None, **of_track}
    return of.lean([TrackId(track)], **facts).because


def test_of_whom_nothing_is_remembered_nothing_leans():
    assert leaning_of(None).is_empty
    assert leaning_to().is_empty
    assert Leaning().lean([TrackId("t")], artist=BAND, genre="genre:jazz") == Lean()


def test_a_like_lifts_and_a_skip_lowers_by_as_much():
    assert change(leaning_to(said(LIKE))) > 0
    assert change(leaning_to(said(SKIP))) == -change(leaning_to(said(LIKE)))


def test_the_numbers_are_those_of_the_manual():
    assert change(leaning_to(said(LIKE))) == pytest.approx(0.15 * (1 / 2 + 0.5 * 1 / 4))
    assert change(leaning_to(said(LIKE, track="other"))) == pytest.approx(0.15 * 0.5 * 1 / 4)
    jazz = leaning_to(favourite_genres=("Jazz",))
    assert change(jazz, genre="genre:jazz") == pytest.approx(0.15 * 0.3)


def test_another_track_of_the_artist_moves_less_than_the_track_itself():
    of = leaning_to(said(LIKE))
    assert 0 < change(of, "other") < change(of) / 2


def test_a_track_of_another_artist_does_not_move():
    assert change(leaning_to(said(LIKE)), "other", artist="artist:other") == 0


def test_tracks_that_name_no_artist_have_none_in_common():
    assert change(leaning_to(said(SKIP, artist=None)), "other", artist=None) == 0


def test_plays_count_a_little_and_more_of_them_count_more():
    once = change(leaning_to(said(PLAYED)))
    thrice = change(leaning_to(*(said(PLAYED) for _ in range(3))))
    assert 0 < once < thrice < change(leaning_to(said(LIKE)))


def test_one_skip_does_not_damn_an_artist():
    once = change(leaning_to(said(SKIP)), "other")
    often = change(leaning_to(*(said(SKIP, track=str(i)) for i in range(12))), "other")
    assert -0.02 < once < 0
    assert often < 3 * once


def test_likes_of_an_artist_outweigh_one_skip():
    of = leaning_to(*(said(LIKE, track=str(i)) for i in range(5)), said(SKIP))
    assert change(of, "other") > 0


@pytest.mark.parametrize(("position_s", "early"), [(None, False), (9.9, True), (10.0, False)])
def test_a_skip_right_at_the_start_counts_more(position_s, early):
    plain = change(leaning_to(said(SKIP)))
    assert (change(leaning_to(said(SKIP, position_s=position_s))) < plain) is early


def test_where_it_was_liked_or_played_does_not_matter():
    for action in (LIKE, PLAYED):
        of = leaning_to(said(action, position_s=1.0))
        assert change(of) == change(leaning_to(said(action)))


def test_a_feedback_has_half_its_weight_after_ninety_days():
    new, old = said(LIKE), said(LIKE, days=90)
    assert leaning.weight_of(old, at=NOW) == leaning.weight_of(new, at=NOW) / 2


def test_within_a_day_nothing_fades():
    later = replace(said(LIKE), created_at=NOW - 0.9 * DAY_S)
    assert leaning.weight_of(later, at=NOW) == leaning.weight_of(said(LIKE), at=NOW)


def test_a_clock_that_was_set_back_makes_nothing_heavier():
    assert leaning.weight_of(said(LIKE, days=-400), at=NOW) == 1.0


def test_other_encodings_of_a_liked_recording_rise_too():
    memory = Memory(feedback=(said(LIKE),), recordings={TrackId("t"): TrackId("first")}, at=NOW)
    of = leaning_of(memory)
    by_recording = of.lean([TrackId("first"), TrackId("other")], artist=None, genre=None)
    by_itself = of.lean([TrackId("t"), TrackId("t")], artist=None, genre=None)
    assert by_recording == by_itself != Lean()


@pytest.mark.parametrize("recording", ["t1", "r"])
def test_what_was_done_with_one_encoding_counts_for_all_of_them(recording):
    encodings = [TrackId("t1"), TrackId("t2"), TrackId("t3")]
    feedback = (said(LIKE, track="t1"), said(SKIP, track="t2"), said(SKIP, track="t2"))
    stands = dict.fromkeys(encodings, TrackId(recording))
    of = leaning_of(Memory(feedback=feedback, recordings=stands, at=NOW))
    leans = [of.lean([TrackId(recording), one], artist=None, genre=None) for one in encodings]
    assert leans == [leans[0]] * 3
    assert leans[0].change == pytest.approx(0.15 * -1 / 4)


def test_the_strongest_of_what_agrees_is_the_reason_not_the_strongest_of_all():
    of = Leaning(
        tracks={TrackId("t"): Heard(toll=-0.5, weight=0.5)},
        artists={BAND: Heard(toll=4.0, weight=4.0, is_liked=True)},
        genres=frozenset({"genre:jazz"}),
    )
    lean = of.lean([TrackId("t")], artist=BAND, genre="genre:jazz")
    assert lean.change > 0
    assert lean.because is Because.GENRE


def test_who_wants_nothing_personal_gets_nothing():
    of = leaning_to(
        said(LIKE),
        personal=False,
        alpha=0.2,
        favourite_genres=("Jazz",),
        never_tracks=(TrackId("t"),),
    )
    assert of.is_empty


def test_who_does_not_want_to_be_learnt_from_keeps_their_preferences():
    of = leaning_to(said(LIKE), learn=False, alpha=0.2, favourite_genres=("Jazz",))
    assert change(of) == 0
    assert (of.alpha, of.genres) == (0.2, {"genre:jazz"})


def test_what_is_never_to_be_played_is_named_as_searches_name_it():
    memory = Memory(
        preferences=Preferences(never_tracks=(TrackId("t"),), never_artists=(" The  BAND ",)),
        never_encodings=frozenset({TrackId("t"), TrackId("t2")}),
    )
    of = leaning_of(memory)
    assert of.never_tracks == {"t", "t2"}
    assert of.never_artists == {"artist:the band"}


def test_what_is_in_no_library_leans_nothing():
    assert leaning_to(never_tracks=(TrackId("gone"),)).is_empty


def test_bans_are_all_that_is_left_of_a_leaning():
    banned = frozenset({TrackId("x")})
    said_all = Preferences(alpha=0.2, never_tracks=(TrackId("x"),), favourite_genres=("A",))
    of = leaning_of(Memory(preferences=said_all, feedback=(said(LIKE),), never_encodings=banned))
    assert of.bans == Leaning(never_tracks=banned)


def test_the_strongest_memory_is_the_reason():
    assert because(leaning_to(said(LIKE))) is Because.LIKED
    assert because(leaning_to(said(LIKE), said(PLAYED))) is Because.LIKED
    assert because(leaning_to(said(PLAYED))) is Because.PLAYED
    assert because(leaning_to(said(SKIP))) is Because.SKIPPED
    assert because(leaning_to(said(LIKE)), "other") is Because.ARTIST_LIKED
    assert because(leaning_to(said(SKIP)), "other") is Because.ARTIST_SKIPPED
    assert because(leaning_to(said(PLAYED)), "other") is Because.ARTIST_PLAYED
    jazz = leaning_to(said(SKIP), favourite_genres=("Jazz",))
    assert because(jazz, "other", genre="genre:jazz") is Because.GENRE
    assert because(jazz, genre="genre:jazz") is Because.SKIPPED


feedbacks = st.lists(
    st.builds(
        said,
        st.sampled_from(Action),
        track=st.sampled_from("abc"),
        artist=st.sampled_from([BAND, "artist:other", None]),
        days=st.floats(-10, 5000),
        position_s=st.none() | st.floats(0, 600),
    ),
    max_size=40,
)


@given(feedbacks, st.booleans())
def test_no_memory_moves_a_score_farther_than_the_limit(feedback, is_favourite):
    of = leaning_to(*feedback, favourite_genres=("Jazz",) if is_favourite else ())
    for track in "abcd":
        assert abs(change(of, track, genre="genre:jazz")) <= LIMIT


@given(feedbacks)
def test_the_order_of_what_is_remembered_hardly_matters(feedback):
    there, back = leaning_to(*feedback), leaning_to(*feedback[::-1])
    for track in "abcd":
        assert change(there, track) == pytest.approx(change(back, track), abs=1e-12)


@given(feedbacks)
def test_the_same_memory_always_leans_alike(feedback):
    assert leaning_to(*feedback) == leaning_to(*feedback)


@given(feedbacks, st.sampled_from("abcd"))
def test_one_more_like_never_lowers_its_track(feedback, track):
    before = leaning_to(*feedback)
    after = leaning_to(*feedback, said(LIKE, track=track))
    assert change(after, track) >= change(before, track) - 1e-12


def candidate(number: int, affect: tuple[float, float], cosine: float, lean: float) -> Candidate:
    return Candidate(
        track_id=TrackId(f"t{number}"),
        artist=None,
        cosine=cosine,
        affect=Affect(valence=affect[0], arousal=affect[1]),
        vector=unit(np.eye(8)[number % 8]),
        lean=Lean(change=lean, because=Because.LIKED),
    )


plane = st.tuples(st.floats(-1, 1), st.floats(-1, 1))
candidates = st.lists(
    st.tuples(plane, st.floats(-1, 1), st.floats(-LIMIT, LIMIT)), min_size=1, max_size=12
).map(lambda found: [candidate(i, *one) for i, one in enumerate(found)])


def scores(pool: list[Candidate]) -> dict[str, float]:
    ranked = matching.rank(Affect(valence=0.3, arousal=0.1), pool, k=len(pool))
    return {match.candidate.track_id: match.score for match in ranked}


@given(candidates)
def test_a_score_moves_within_the_limit_and_stays_a_score(pool):
    plain = scores([replace(one, lean=Lean()) for one in pool])
    for track_id, score in scores(pool).items():
        assert 0 <= score <= 1
        assert abs(score - plain[track_id]) <= LIMIT + 1e-6


@given(candidates)
def test_no_favourite_passes_a_track_that_is_better_by_more_than_twice_the_limit(pool):
    plain, moved = scores([replace(one, lean=Lean()) for one in pool]), scores(pool)
    for worse in plain:
        for better in plain:
            if plain[better] - plain[worse] > 2 * LIMIT + 1e-5:
                assert moved[better] > moved[worse]


@given(candidates)
def test_where_nothing_leans_a_ranking_is_what_it_was(pool):
    unmoved = [replace(one, lean=Lean()) for one in pool]
    never_asked = [
        Candidate(
            track_id=one.track_id,
            artist=one.artist,
            cosine=one.cosine,
            affect=one.affect,
            vector=one.vector,
        )
        for one in pool
    ]
    assert scores(unmoved) == scores(never_asked)


def test_the_parts_of_a_score_tell_what_memory_has_moved():
    up, down = candidate(0, (0.3, 0.1), 0.5, 0.1), candidate(1, (0.3, 0.1), 0.5, -0.1)
    by_id = {
        match.candidate.track_id: match
        for match in matching.rank(Affect(valence=0.3, arousal=0.1), [up, down], k=2)
    }
    assert by_id[up.track_id].parts.memory == pytest.approx(0.1)
    assert by_id[down.track_id].parts.memory == pytest.approx(-0.1)


def test_at_the_top_the_parts_tell_what_was_left_to_move():
    best = candidate(0, (0.3, 0.1), 0.5, 0.15)
    [match] = matching.rank(Affect(valence=0.3, arousal=0.1), [best], k=1, alpha=0.0)
    assert match.score == 1.0
    assert match.parts.memory == 0.0
