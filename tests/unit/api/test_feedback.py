"""`/v1/feedback`: what users did with matches."""

from collections.abc import Callable

import httpx
import pytest

from api.schemas import people as schemas
from sightsong.core.jobs import JobId, JobKind, JobState, NewJob
from sightsong.core.people import Preferences
from sightsong.core.tenancy import TenantId, UserId, Whose
from sightsong.core.tracks import TrackId
from tests.unit.api import feelings
from tests.unit.api.feelings import CALM

ALICE = {"Sightsong-User": "alice"}
BEN = {"Sightsong-User": "ben"}


@pytest.fixture
def song(stores) -> TrackId:
    return feelings.add(stores, "calm", CALM, artist="The  Band")


@pytest.fixture
def job_id(stores) -> JobId:
    return feelings.answered(stores, CALM)


@pytest.fixture
def give(caller, song, job_id) -> Callable:
    def given(who: dict[str, str] = ALICE, **said: object) -> httpx.Response:
        body = {"job_id": job_id, "track_id": song, "action": "like"} | said
        return caller.post("/v1/feedback", json=body, headers=who)

    return given


def test_a_feedback_is_stored_for_the_user_who_gave_it(caller, give, song, job_id):
    given = give(action="skip", position_s=4.5)
    assert given.status_code == 201, given.text
    told = given.json()
    assert (told["job_id"], told["track_id"], told["action"]) == (job_id, song, "skip")
    assert told["position_s"] == 4.5
    assert caller.get("/v1/feedback", headers=ALICE).json()["items"] == [told]
    assert caller.get("/v1/feedback", headers=BEN).json()["items"] == []


def test_the_artist_of_the_track_is_remembered_with_it(stores, give):
    give()
    [kept] = stores.people.feedback(Whose(user=UserId("alice")), limit=9)
    assert kept.artist == "artist:the band"


def test_the_same_again_is_the_same(give):
    first, again = give(), give(position_s=3)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_another_action_is_another_feedback(give):
    assert {give(action=one).status_code for one in ("like", "skip", "played")} == {201}


def test_feedback_is_listed_newest_first_page_by_page(caller, give):
    given = [give(action=one).json()["id"] for one in ("like", "skip", "played")]
    first = caller.get("/v1/feedback?limit=2", headers=ALICE).json()
    rest = caller.get(f"/v1/feedback?cursor={first['next_cursor']}", headers=ALICE).json()
    found = [one["id"] for one in first["items"] + rest["items"]]
    assert (found, rest["next_cursor"]) == (given[::-1], None)


def test_the_cursor_of_another_leads_nowhere(caller, give):
    for one in ("like", "skip"):
        give(action=one)
    cursor = caller.get("/v1/feedback?limit=1", headers=ALICE).json()["next_cursor"]
    assert caller.get(f"/v1/feedback?cursor={cursor}", headers=BEN).status_code == 422


def test_a_feedback_can_be_taken_back_once(caller, give):
    path = f"/v1/feedback/{give().json()['id']}"
    assert caller.delete(path, headers=BEN).status_code == 404
    assert caller.delete(path, headers=ALICE).status_code == 204
    gone = caller.delete(path, headers=ALICE)
    assert (gone.status_code, gone.json()["code"]) == (404, "feedback_not_found")


@pytest.mark.parametrize("what", ["none", "%00", "%F0%9F%8E%B5", "a b", "x" * 300])
def test_what_is_no_feedback_cannot_be_taken_back(caller, what):
    gone = caller.delete(f"/v1/feedback/{what}", headers=ALICE)
    assert (gone.status_code, gone.json()["code"]) == (404, "feedback_not_found")


def test_a_user_who_is_not_learnt_from_gives_no_feedback(caller, stores, give):
    whose = Whose(user=UserId("alice"))
    stores.people.set_preferences(whose, Preferences(learn=False))
    refused = give()
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "learn" in refused.json()["detail"]
    assert stores.people.feedback(whose, limit=9) == []
    assert give(BEN).status_code == 201


def test_a_user_who_wants_nothing_personal_may_still_give_feedback(stores, give):
    stores.people.set_preferences(Whose(user=UserId("alice")), Preferences(personal=False))
    assert give().status_code == 201


@pytest.mark.parametrize(
    "said",
    [
        {"action": "hate"},
        {"position_s": -1},
        {"position_s": "1"},
        {"position_s": 1e9},
        {"stars": 5},
        {"track_id": None},
        {"job_id": "not an id"},
    ],
    ids=str,
)
def test_what_cannot_be_feedback_is_refused(give, said):
    refused = give(**said)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


def test_a_track_that_there_is_not_is_not_found(give):
    refused = give(track_id="none")
    assert (refused.status_code, refused.json()["code"]) == (404, "track_not_found")


def test_a_job_that_there_is_not_is_not_found(give):
    refused = give(job_id="none")
    assert (refused.status_code, refused.json()["code"]) == (404, "job_not_found")


def test_the_job_of_another_tenant_is_not_found(stores, give):
    theirs = stores.jobs.submit(NewJob(kind=JobKind.TEXT, tenant=TenantId("other")))
    refused = give(job_id=theirs.id)
    assert (refused.status_code, refused.json()["code"]) == (404, "job_not_found")


def test_an_erased_job_is_gone(stores, give, job_id):
    stores.jobs.erase(job_id)
    assert give().status_code == 410


@pytest.mark.parametrize("kind", [JobKind.TEXT, JobKind.PRUNE])
def test_a_job_without_matches_takes_no_feedback(stores, give, kind):
    job = stores.jobs.submit(NewJob(kind=kind))
    assert job.state is JobState.QUEUED
    refused = give(job_id=job.id)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_the_answers_are_of_the_shape_that_openapi_shows(caller, give):
    given = give().json()
    assert schemas.FeedbackView.model_validate(given).model_dump() == given
    page = caller.get("/v1/feedback", headers=ALICE).json()
    assert schemas.FeedbackPage.model_validate(page).model_dump() == page
