"""A worker answers each user with what is remembered of them, and of nobody else."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from sightsong.core import errors
from sightsong.core.jobs import JobId, JobKind, JobState, NewJob, Queue
from sightsong.core.people import Action, Memory, NewFeedback, Preferences
from sightsong.core.tenancy import TenantId, UserId, Whose
from sightsong.core.tracks import TrackId
from sightsong.engine.work import Prepared
from tests.unit.workers.task_bench import BRIGHT, register
from workers import tasks

APP = TenantId("app")
ALICE = Whose(tenant=APP, user=UserId("alice"))
BEN = Whose(tenant=APP, user=UserId("ben"))


@pytest.fixture
def songs(stores, run) -> list[TrackId]:
    """Six tracks that sound alike, as they are shown to whom nobody remembers."""
    register(stores, *(f"loud{i}.ogg" for i in range(6)))
    run()
    job_id = photo(stores, Whose())
    run()
    return [match["track_id"] for match in matches(stores, job_id)]


def photo(stores, whose: Whose, **params: object) -> JobId:
    blob = stores.blobs.put(BRIGHT, media_type="image/png")
    asked = {"top_k": 6, "diversity": 0.0, "per_artist": 9} | params
    new = NewJob(kind=JobKind.PHOTO, blob=blob, params=asked, **of(whose))
    return stores.jobs.submit(new).id


def words(stores, whose: Whose, **params: object) -> JobId:
    asked = {"text": "joy", "top_k": 6, "diversity": 0.0, "per_artist": 9} | params
    return stores.jobs.submit(NewJob(kind=JobKind.TEXT, params=asked, **of(whose))).id


def of(whose: Whose) -> dict[str, object]:
    return {"tenant": whose.tenant, "user": whose.user or None}


def matches(stores, job_id: JobId) -> list[dict]:
    job = stores.jobs.get(job_id)
    assert job.state is JobState.SUCCEEDED, job.error
    return job.result["matches"]


def like(stores, whose: Whose, track_id: TrackId) -> None:
    said = NewFeedback(job_id=JobId("j"), track_id=track_id, action=Action.LIKE)
    stores.people.give(whose, said)


@pytest.mark.parametrize("submit", [photo, words], ids=["photo", "text"])
def test_what_one_user_likes_moves_their_answers_alone(stores, run, songs, submit):
    liked = songs[-1]
    like(stores, ALICE, liked)
    asked = {whose: submit(stores, whose) for whose in (ALICE, BEN, Whose(tenant=APP), Whose())}
    run()
    first = {whose: matches(stores, job)[0]["track_id"] for whose, job in asked.items()}
    assert first.pop(ALICE) == liked
    assert liked not in first.values()
    personal = {whose: stores.jobs.get(job).result["personal"] for whose, job in asked.items()}
    assert [whose for whose, is_so in personal.items() if is_so] == [ALICE]


@pytest.mark.parametrize("submit", [photo, words], ids=["photo", "text"])
def test_a_job_may_leave_memory_out(stores, run, songs, submit):
    like(stores, ALICE, songs[-1])
    plain, of_nobody = submit(stores, ALICE, personal=False), submit(stores, BEN)
    run()
    assert matches(stores, plain) == matches(stores, of_nobody)
    assert stores.jobs.get(plain).result["personal"] is False


@pytest.mark.parametrize("submit", [photo, words], ids=["photo", "text"])
def test_what_a_user_never_wants_is_not_among_their_matches(stores, run, songs, submit):
    never = songs[0]
    stores.people.set_preferences(ALICE, Preferences(never_tracks=(never,)))
    job_id = submit(stores, ALICE)
    run()
    assert len(matches(stores, job_id)) == 5
    assert never not in {match["track_id"] for match in matches(stores, job_id)}


class Counting:
    """What is remembered, and how often it was asked for."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[list[Whose]] = []
        self._error = error

    def recall(self, whose: Iterable[Whose]) -> Mapping[Whose, Memory]:
        if self._error is not None:
            raise self._error
        self.asked.append(list(whose))
        return {}


def batch(stores, runtime, *whose: Whose) -> list[Prepared]:
    for one in whose:
        photo(stores, one)
    claimed = stores.jobs.claim([Queue.PHOTOS], owner="w", limit=9, lease_s=60)
    return [
        Prepared(job=job, value=tasks.prepare_photo(job, runtime=runtime).result())
        for job in claimed
    ]


def test_memory_is_read_once_for_a_batch(stores, runtime):
    people = Counting()
    counting = replace(runtime, stores=replace(stores, people=people))
    tasks.describe_photos(batch(stores, runtime, ALICE, BEN, ALICE), runtime=counting)
    assert people.asked == [[ALICE, BEN, ALICE]]


def test_a_memory_that_cannot_be_read_is_no_empty_one(stores, runtime):
    away = Counting(errors.StoreUnavailable())
    without = replace(runtime, stores=replace(stores, people=away))
    with pytest.raises(errors.StoreUnavailable):
        tasks.describe_photos(batch(stores, runtime, ALICE), runtime=without)
