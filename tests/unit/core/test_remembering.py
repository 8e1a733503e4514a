"""What is remembered of a user in what is chosen for them: lifted, lowered, never found."""

import json
from collections.abc import Iterable, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.adapters import memory
from sightsong.adapters.memory.library import MemoryView
from sightsong.core import choosing, facts
from sightsong.core.affect import Affect
from sightsong.core.choosing import Taste
from sightsong.core.embeddings import unit
from sightsong.core.facts import Filters
from sightsong.core.jobs import Job, JobId, JobKind, NewJob
from sightsong.core.leaning import LIMIT, Heard, Leaning, leaning_of
from sightsong.core.people import Action, Feedback, FeedbackId, Memory, NewFeedback, Preferences
from sightsong.core.snapshots import Entry, IndexedTrack, Windows
from sightsong.core.tenancy import TenantId, UserId, Whose
from sightsong.core.tracks import Tags, Track, TrackId, TrackState

QUERY = unit(np.array([1.0, 0.0, 0.0, 0.0]))
CALM = Affect(valence=0.4, arousal=-0.6)
ALICE = Whose(tenant=TenantId("app"), user=UserId("alice"))


class Rows:
    """The rows of some tracks."""

    def __init__(self, rows: Iterable[Track]) -> None:
        self.rows = {row.id: row for row in rows}

    def get_many(self, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Track]:
        return {one: self.rows[one] for one in track_ids if one in self.rows}


def track(number: int, *, artist: str | None = None, genre: str | None = None) -> Track:
    name = f"t{number}"
    return Track(
        id=TrackId(name),
        sha256=name,
        path=f"/music/{name}.ogg",
        state=TrackState.READY,
        tags=Tags(artist=artist or f"Artist {number}", genre=genre),
        added_at=0.0,
        affect=CALM,
    )


#: Ten tracks by four artists, each a little farther from the query than the one before.
ROWS = [
    track(i, artist=f"Artist {i % 4}", genre="Jazz" if i % 3 == 0 else "Pop") for i in range(10)
]


def view() -> MemoryView:
    tracks = []
    for at, row in enumerate(ROWS):
        vector = unit(np.array([1.0, 0.05 * at, 0.0, 0.0])).astype(np.float16)
        entry = Entry(track_id=row.id, vector=vector, facts=facts.facts_of(row))
        windows = Windows(vectors=vector[None], starts_s=(20.0,))
        tracks.append(IndexedTrack(entry=entry, windows=windows))
    return MemoryView(tracks, snapshot="v1", revision=3)


def chosen(leaning: Leaning | None = None, **taste: object) -> list[dict]:
    """What is shown; without a leaning as it was before there was memory."""
    wanted = Taste(**{"top_k": 10, "diversity": 0.0, "per_artist": 10} | taste)
    if leaning is not None:
        wanted = choosing.remembering(wanted, leaning)
    return choosing.choose(view(), Rows(ROWS), QUERY, affect=CALM, taste=wanted)


def ids(matches: list[dict]) -> list[str]:
    return [match["track_id"] for match in matches]


def leaning_to(action: Action, number: int) -> Leaning:
    row = ROWS[number]
    said = Feedback(
        id=FeedbackId("f"),
        job_id=JobId("j"),
        track_id=row.id,
        action=action,
        artist=facts.facts_of(row).artist,
        created_at=0.0,
    )
    return leaning_of(Memory(feedback=(said,)))


def as_bytes(matches: list[dict]) -> bytes:
    return json.dumps(matches).encode()


def test_an_empty_memory_changes_not_a_byte():
    forgotten = leaning_of(Memory(preferences=Preferences(personal=False, alpha=0.1)))
    assert as_bytes(chosen(Leaning())) == as_bytes(chosen(forgotten)) == as_bytes(chosen())


def test_what_is_remembered_of_other_tracks_changes_not_a_byte():
    elsewhere = Leaning(tracks={TrackId("other"): Heard(toll=1.0, weight=1.0, is_liked=True)})
    assert as_bytes(chosen(elsewhere)) == as_bytes(chosen())


@given(st.sampled_from(Action), st.integers(0, 9))
def test_the_same_memory_gives_the_same_bytes(action, number):
    leaning = leaning_to(action, number)
    assert as_bytes(chosen(leaning)) == as_bytes(chosen(leaning))


def test_a_liked_track_rises_and_says_why():
    before, after = chosen(), chosen(leaning_to(Action.LIKE, 4))
    assert ids(after).index("t4") < ids(before).index("t4")
    match = after[ids(after).index("t4")]
    assert 0 < match["parts"]["memory"] <= LIMIT
    assert match["reason"].endswith("; best from 0:20; you liked it.")


def test_a_skipped_track_sinks_and_says_why():
    before, after = chosen(), chosen(leaning_to(Action.SKIP, 1))
    assert ids(after).index("t1") > ids(before).index("t1")
    match = after[ids(after).index("t1")]
    assert -LIMIT <= match["parts"]["memory"] < 0
    assert match["reason"].endswith("; you skipped it before.")


def test_others_of_a_liked_artist_rise_less():
    matches = {match["track_id"]: match for match in chosen(leaning_to(Action.LIKE, 4))}
    assert 0 < matches["t8"]["parts"]["memory"] < matches["t4"]["parts"]["memory"]
    assert matches["t8"]["reason"].endswith("; you liked this artist.")
    assert matches["t5"]["parts"]["memory"] == 0.0


def test_a_reason_says_nothing_of_a_memory_that_hardly_counts():
    faint = Leaning(tracks={TrackId("t4"): Heard(toll=0.03, weight=0.03)})
    match = next(one for one in chosen(faint) if one["track_id"] == "t4")
    assert 0 < match["parts"]["memory"] < 0.01
    assert "you" not in match["reason"]


def test_favourite_genres_are_lifted_as_the_rows_name_them():
    leaning = leaning_of(Memory(preferences=Preferences(favourite_genres=("jazz",))))
    matches = chosen(leaning)
    lifted = {match["track_id"] for match in matches if match["parts"]["memory"] > 0}
    assert lifted == {"t0", "t3", "t6", "t9"}
    assert matches[ids(matches).index("t6")]["reason"].endswith("; it is of a genre that you like.")


def test_what_is_never_to_be_played_is_never_found():
    never = Preferences(never_artists=("ARTIST 1",))
    banned = frozenset({TrackId("t0")})
    matches = chosen(leaning_of(Memory(preferences=never, never_encodings=banned)))
    assert set(ids(matches)) == {"t2", "t3", "t4", "t6", "t7", "t8"}


def test_a_request_cannot_bring_back_what_is_never_to_be_played():
    never = leaning_of(Memory(preferences=Preferences(never_artists=("Artist 1",))))
    assert chosen(never, where=Filters(artists=("Artist 1",))) == []


def test_what_a_request_leaves_out_stays_out():
    never = leaning_of(Memory(never_encodings=frozenset({TrackId("t0")})))
    matches = chosen(never, where=Filters(without=frozenset({TrackId("t1")})))
    assert not {"t0", "t1"} & set(ids(matches))


@pytest.mark.parametrize(("asked", "used"), [(None, 0.25), (0.0, 0.0), (0.75, 0.75)])
def test_the_preferred_alpha_counts_where_the_request_says_none(asked, used):
    leaning = leaning_of(Memory(preferences=Preferences(alpha=0.25)))
    assert chosen(leaning, alpha=asked) == chosen(alpha=used)


def job_of(stores, whose: Whose, **params: object) -> Job:
    new = NewJob(kind=JobKind.TEXT, params=params, tenant=whose.tenant, user=whose.user or None)
    return stores.jobs.submit(new)


def test_each_job_leans_to_what_is_remembered_of_its_own_user():
    stores = memory.open_stores()
    ben = Whose(tenant=ALICE.tenant, user=UserId("ben"))
    for one, alpha in ((ALICE, 0.25), (ben, 0.5), (Whose(), 0.75)):
        stores.people.set_preferences(one, Preferences(alpha=alpha))
    jobs = [job_of(stores, one) for one in (ben, ALICE, Whose(), Whose(tenant=ALICE.tenant))]
    found = choosing.leanings(stores.people, jobs)
    assert [one.alpha for one in found] == [0.5, 0.25, 0.75, None]


def test_a_job_that_wants_nothing_personal_leans_to_nothing():
    stores = memory.open_stores()
    stores.people.give(
        ALICE, NewFeedback(job_id=JobId("j"), track_id=TrackId("t"), action=Action.LIKE)
    )
    jobs = [job_of(stores, ALICE, personal=False), job_of(stores, ALICE, personal=True)]
    plain, personal = choosing.leanings(stores.people, jobs)
    assert (plain.is_empty, personal.is_empty) == (True, False)
