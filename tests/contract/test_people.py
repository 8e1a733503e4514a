"""The `People` port: tenants and users never meet, nothing is said twice, all can be erased."""

import threading

import pytest

from sightsong.core.errors import FeedbackNotFound, JobErased
from sightsong.core.jobs import JobId, JobKind, JobState, NewJob
from sightsong.core.people import (
    MOST_RECALLED,
    Action,
    Feedback,
    FeedbackId,
    NewFeedback,
    Preferences,
)
from sightsong.core.tenancy import DEFAULT_TENANT, NOBODY, TenantId, UserId, Whose
from sightsong.core.tracks import TrackId
from tests.contract import building

APP = TenantId("app")
ALICE = Whose(tenant=APP, user=UserId("alice"))
BEN = Whose(tenant=APP, user=UserId("ben"))
APP_ITSELF = Whose(tenant=APP)
OTHER_ALICE = Whose(tenant=TenantId("other"), user=UserId("alice"))
KEYLESS = Whose()
EVERYBODY = [ALICE, BEN, APP_ITSELF, OTHER_ALICE, KEYLESS]
FULL = Preferences(
    favourite_genres=("Jazz", "Röck"),
    never_tracks=(TrackId("t-never"),),
    never_artists=("The  Band",),
    alpha=0.25,
    personal=False,
    learn=False,
)


def like(job: str = "job", track: str = "track", **fields: object) -> NewFeedback:
    said = {"action": Action.LIKE, **fields}
    return NewFeedback(job_id=JobId(job), track_id=TrackId(track), **said)


def give(stores, whose: Whose, *new: NewFeedback) -> list[Feedback]:
    return [stores.people.give(whose, one).feedback for one in new]


def erase_all(stores, tenant: TenantId, user: UserId | None, *, limit: int = 100) -> list[str]:
    """Erase until nothing changes; returns the blobs."""
    blobs: list[str] = []
    while (gone := stores.people.erase(tenant, user, limit=limit)).changed:
        blobs += gone.blobs
    return blobs


def test_who_has_said_nothing_has_the_default_preferences(stores):
    assert stores.people.preferences(ALICE) == Preferences()


def test_preferences_come_back_as_they_were_set(stores):
    stores.people.set_preferences(ALICE, FULL)
    assert stores.people.preferences(ALICE) == FULL


def test_preferences_replace_those_before(stores):
    stores.people.set_preferences(ALICE, FULL)
    stores.people.set_preferences(ALICE, Preferences(alpha=0.5))
    assert stores.people.preferences(ALICE) == Preferences(alpha=0.5)


def test_nobody_sees_the_preferences_of_another(stores):
    stores.people.set_preferences(ALICE, FULL)
    others = [stores.people.preferences(one) for one in EVERYBODY if one != ALICE]
    assert others == [Preferences()] * 4


def test_feedback_comes_back_newest_first(stores):
    given = give(stores, ALICE, like(track="a"), like(track="b", position_s=3.5, artist="artist:x"))
    assert stores.people.feedback(ALICE, limit=9) == given[::-1]


def test_feedback_is_dated_by_the_clock_of_the_store(stores):
    job = stores.jobs.submit(building.photo())
    [given] = give(stores, ALICE, like())
    assert 0 <= given.created_at - job.created_at < building.LONG_S


def test_the_same_said_again_is_the_same(stores):
    first = stores.people.give(ALICE, like(position_s=1.0))
    again = stores.people.give(ALICE, like(position_s=2.0))
    assert (first.is_new, again.is_new) == (True, False)
    assert again.feedback == first.feedback
    assert stores.people.feedback(ALICE, limit=9) == [first.feedback]


@pytest.mark.parametrize(
    "other", [like(job="2"), like(track="2"), like(action=Action.PLAYED)], ids=str
)
def test_of_another_job_or_track_or_another_action_is_another(stores, other):
    give(stores, ALICE, like())
    assert stores.people.give(ALICE, other).is_new


def test_two_users_may_say_the_same(stores):
    given = [stores.people.give(one, like()) for one in EVERYBODY]
    assert all(one.is_new for one in given)
    assert [len(stores.people.feedback(one, limit=9)) for one in EVERYBODY] == [1] * 5


def test_said_in_many_threads_at_once_it_is_stored_once(stores):
    said: list[bool] = []

    def give_it() -> None:
        said.append(stores.people.give(ALICE, like()).is_new)

    threads = [threading.Thread(target=give_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [False] * 7 + [True]
    assert len(stores.people.feedback(ALICE, limit=9)) == 1


def test_feedback_is_listed_page_by_page(stores):
    given = give(stores, ALICE, *(like(track=str(i)) for i in range(5)))
    give(stores, BEN, like())
    first = stores.people.feedback(ALICE, limit=2)
    second = stores.people.feedback(ALICE, limit=9, before=first[-1].id)
    assert first + second == given[::-1]


def test_a_page_after_anothers_feedback_is_none(stores):
    [theirs] = give(stores, BEN, like())
    with pytest.raises(FeedbackNotFound):
        stores.people.feedback(ALICE, limit=9, before=theirs.id)


def test_withdrawn_feedback_is_gone_and_may_be_given_anew(stores):
    [given] = give(stores, ALICE, like())
    stores.people.withdraw(ALICE, given.id)
    assert stores.people.feedback(ALICE, limit=9) == []
    assert stores.people.give(ALICE, like()).is_new


@pytest.mark.parametrize("who", [BEN, APP_ITSELF, OTHER_ALICE, KEYLESS], ids=str)
def test_nobody_withdraws_the_feedback_of_another(stores, who):
    [given] = give(stores, ALICE, like())
    with pytest.raises(FeedbackNotFound):
        stores.people.withdraw(who, given.id)
    assert stores.people.feedback(ALICE, limit=9) == [given]


def test_what_is_none_cannot_be_withdrawn(stores):
    with pytest.raises(FeedbackNotFound):
        stores.people.withdraw(ALICE, FeedbackId("none"))


def test_of_whom_nothing_is_remembered_nothing_is_recalled(stores):
    give(stores, BEN, like())
    assert stores.people.recall([ALICE, OTHER_ALICE]) == {}


def test_what_is_remembered_of_each_is_recalled_at_once(stores):
    stores.people.set_preferences(ALICE, FULL)
    [of_ben] = give(stores, BEN, like())
    known = stores.people.recall([ALICE, BEN, ALICE, KEYLESS])
    assert known.keys() == {ALICE, BEN}
    assert (known[ALICE].preferences, known[ALICE].feedback) == (FULL, ())
    assert (known[BEN].preferences, known[BEN].feedback) == (Preferences(), (of_ben,))
    assert 0 <= known[BEN].at - of_ben.created_at < building.LONG_S


def test_of_a_long_history_the_newest_is_recalled(stores):
    give(stores, ALICE, *(like(job="old", track=str(i)) for i in range(5)))
    newer = give(stores, ALICE, *(like(track=str(i)) for i in range(MOST_RECALLED)))
    assert stores.people.recall([ALICE])[ALICE].feedback == tuple(newer[::-1])


def test_all_encodings_of_what_is_never_to_be_played_are_recalled(stores):
    mp3, ogg, other = recorded(stores)
    stores.people.set_preferences(ALICE, Preferences(never_tracks=(ogg, TrackId("gone"))))
    memory = stores.people.recall([ALICE])[ALICE]
    assert memory.never_encodings == {mp3, ogg}
    assert other not in memory.recordings


def test_the_recordings_of_what_was_liked_are_recalled(stores):
    mp3, ogg, other = recorded(stores)
    give(stores, ALICE, like(track=ogg), like(track=other))
    memory = stores.people.recall([ALICE])[ALICE]
    assert memory.recordings == {ogg: mp3}
    assert memory.never_encodings == frozenset()


def banned(stores, *, never: TrackId) -> frozenset[TrackId]:
    """What ALICE, who never wants to hear a track, is never shown."""
    stores.people.set_preferences(ALICE, Preferences(never_tracks=(never,)))
    return stores.people.recall([ALICE])[ALICE].never_encodings


@pytest.mark.parametrize("gone", [0, 1], ids=["it stood for the recording", "another did"])
def test_a_song_stays_banned_when_the_encoding_that_was_named_is_removed(stores, gone):
    encodings = recorded(stores)[:2]
    assert banned(stores, never=encodings[gone]) == set(encodings)
    stores.tracks.remove(encodings[gone])
    memory = stores.people.recall([ALICE])[ALICE]
    assert memory.never_encodings == {encodings[1 - gone]}
    assert memory.preferences.never_tracks == (encodings[gone],)


def test_so_it_does_when_one_encoding_after_another_is_removed(stores):
    mp3, ogg, flac = recorded(stores)
    stores.tracks.group({mp3: mp3, ogg: mp3, flac: mp3})
    assert banned(stores, never=mp3) == {mp3, ogg, flac}
    stores.tracks.remove(mp3)
    stores.tracks.remove(min(ogg, flac))
    assert stores.people.recall([ALICE])[ALICE].never_encodings == {max(ogg, flac)}
    stores.tracks.remove(max(ogg, flac))
    assert stores.people.recall([ALICE])[ALICE].never_encodings == frozenset()


def test_what_was_said_of_a_removed_encoding_holds_for_what_is_left(stores):
    mp3, ogg, _ = recorded(stores)
    give(stores, ALICE, like(track=ogg))
    stores.tracks.remove(ogg)
    assert stores.people.recall([ALICE])[ALICE].recordings == {ogg: mp3}


def test_a_file_that_is_gone_leaves_its_song_banned(stores):
    mp3, ogg, _ = recorded(stores)
    banned(stores, never=ogg)
    stores.tracks.forget(["/music/a.ogg"], ingest_id=building.INGEST, remove=True)
    assert stores.people.recall([ALICE])[ALICE].never_encodings == {mp3}


def recorded(stores) -> tuple[TrackId, TrackId, TrackId]:
    """Two encodings of one recording, the first of which stands for it, and another track."""
    made: list[TrackId] = []
    for name in ("a.mp3", "a.ogg", "b.ogg"):
        building.register(stores, building.found(name))
        made.append(building.embed(stores.jobs))
    mp3, ogg, other = made
    stores.tracks.group({mp3: mp3, ogg: mp3})
    return mp3, ogg, other


def test_all_of_a_user_is_erased_and_nothing_of_others(stores):
    for one in EVERYBODY:
        stores.people.set_preferences(one, FULL)
        give(stores, one, like(), like(track="2"))
    sent = {one: submit(stores, one) for one in EVERYBODY}
    blobs = erase_all(stores, APP, ALICE.user)
    assert blobs == [sent[ALICE].blob_id]
    with pytest.raises(JobErased):
        stores.jobs.get(sent[ALICE].id)
    left = [one for one in EVERYBODY if one != ALICE]
    assert stores.people.recall(EVERYBODY).keys() == set(left)
    assert [stores.jobs.get(sent[one].id).state for one in left] == [JobState.QUEUED] * 4


def test_erasing_the_tenant_itself_leaves_its_users(stores):
    sent = {one: submit(stores, one) for one in EVERYBODY}
    for one in EVERYBODY:
        give(stores, one, like())
    blobs = erase_all(stores, APP, NOBODY)
    assert blobs == [sent[APP_ITSELF].blob_id]
    assert stores.people.recall(EVERYBODY).keys() == {ALICE, BEN, OTHER_ALICE, KEYLESS}


def test_erasing_a_whole_tenant_takes_all_of_its_users(stores):
    sent = {one: submit(stores, one) for one in EVERYBODY}
    for one in EVERYBODY:
        give(stores, one, like())
    blobs = erase_all(stores, APP, None)
    assert set(blobs) == {sent[one].blob_id for one in (ALICE, BEN, APP_ITSELF)}
    assert stores.people.recall(EVERYBODY).keys() == {OTHER_ALICE, KEYLESS}


def test_jobs_that_have_ended_are_erased_with_their_results(stores):
    sent = submit(stores, ALICE)
    job = building.claim_one(stores.jobs)
    assert stores.jobs.complete([building.done(job, caption="of alice")]) == {sent.id}
    erase_all(stores, APP, ALICE.user)
    with pytest.raises(JobErased):
        stores.jobs.get(sent.id)


def test_a_job_that_runs_is_fenced_when_it_is_erased(stores):
    submit(stores, ALICE)
    job = building.claim_one(stores.jobs)
    erase_all(stores, APP, ALICE.user)
    assert stores.jobs.complete([building.done(job)]) == frozenset()


def test_jobs_of_the_library_are_not_erased(stores):
    job = stores.jobs.submit(NewJob(kind=JobKind.PRUNE, tenant=APP))
    erase_all(stores, APP, None)
    assert stores.jobs.get(job.id).kind is JobKind.PRUNE


def test_a_large_history_goes_in_parts(stores):
    sent = [submit(stores, ALICE) for _ in range(5)]
    give(stores, ALICE, *(like(track=str(i)) for i in range(5)))
    parts = 0
    blobs: list[str] = []
    while (gone := stores.people.erase(APP, ALICE.user, limit=2)).changed:
        parts += 1
        blobs += gone.blobs
        assert len(gone.blobs) <= 2
    assert parts > 3
    assert sorted(blobs) == sorted(job.blob_id for job in sent)
    assert stores.people.recall([ALICE]) == {}


def test_erasing_who_was_never_there_changes_nothing(stores):
    assert erase_all(stores, DEFAULT_TENANT, UserId("nobody-i-know")) == []


def submit(stores, whose: Whose):
    """A photo that somebody sent."""
    blob = stores.blobs.put(b"pixels", media_type="image/png")
    user = whose.user or None
    return stores.jobs.submit(building.photo(blob=blob, tenant=whose.tenant, user=user))
