"""`/v1/me/…`: what is remembered of a user, to be read, changed, taken along and erased."""

import pytest

from api import paging
from api.schemas import people as schemas
from sightsong.core import jobs
from sightsong.core.jobs import JobKind, NewJob
from sightsong.core.people import Action, NewFeedback, Preferences
from sightsong.core.tenancy import DEFAULT_TENANT, NOBODY, TenantId, UserId, Whose
from sightsong.core.tracks import TrackId
from tests.unit.api import feelings
from tests.unit.api.asking import image_bytes
from tests.unit.api.feelings import CALM, HAPPY, LIVELY, SAD, SPACE
from tests.unit.api.users import ALICE, BEN, NOTHING, OF_ALICE, SAID, lines, submit


def preferences(caller, said: object, who: dict[str, str] = ALICE):
    return caller.ask("PUT", "/v1/me/preferences", json=said, headers=who)


def test_who_has_said_nothing_reads_the_defaults(caller):
    assert caller.get("/v1/me/preferences", headers=ALICE).json() == NOTHING


@pytest.fixture
def t1(stores) -> None:
    """ALICE has banned a track that is gone by now."""
    gone = Preferences(never_tracks=(TrackId("t-1"),))
    for who in ("alice", "ben"):
        stores.people.set_preferences(Whose(user=UserId(who)), gone)


@pytest.mark.usefixtures("t1")
def test_preferences_are_kept_for_the_user_who_set_them(caller):
    put = preferences(caller, SAID)
    assert (put.status_code, put.json()) == (200, SAID)
    assert caller.get("/v1/me/preferences", headers=ALICE).json() == SAID
    assert caller.get("/v1/me/preferences", headers=BEN).json() != SAID
    assert caller.get("/v1/me/preferences").json() == NOTHING


def test_a_track_that_is_newly_banned_must_be_there(caller, stores):
    song = feelings.add(stores, "calm", CALM)
    said = {"never_play": {"tracks": [song, "t-1"]}}
    refused = preferences(caller, said)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert refused.json()["errors"][0]["pointer"] == "/never_play/tracks/1"
    assert caller.get("/v1/me/preferences", headers=ALICE).json() == NOTHING
    assert preferences(caller, {"never_play": {"tracks": [song]}}).status_code == 200


def test_what_was_banned_while_it_was_there_may_be_said_again(caller, stores):
    song = feelings.add(stores, "calm", CALM)
    kept = preferences(caller, {"never_play": {"tracks": [song]}}).json()
    stores.tracks.remove(song)
    assert preferences(caller, kept).json() == kept


@pytest.mark.usefixtures("t1")
def test_what_is_left_out_is_set_to_its_default(caller):
    preferences(caller, SAID)
    assert preferences(caller, {}).json() == NOTHING


@pytest.mark.usefixtures("t1")
def test_what_is_said_twice_is_kept_once(caller):
    said = {
        "favourite_genres": ["Jazz", " Jazz ", "Pop", "jazz"],
        "never_play": {"tracks": ["t-1", "t-1"], "artists": ["The Band", "the  band"]},
    }
    kept = preferences(caller, said).json()
    assert kept["favourite_genres"] == ["Jazz", "Pop"]
    assert kept["never_play"] == {"tracks": ["t-1"], "artists": ["The Band"]}


@pytest.mark.usefixtures("t1")
@pytest.mark.parametrize(
    "said",
    [
        {"favourite_genres": [str(i) for i in range(21)]},
        {"favourite_genres": [""]},
        {"favourite_genres": "Jazz"},
        {"never_play": {"tracks": [str(i) for i in range(1001)]}},
        {"never_play": {"artists": [str(i) for i in range(201)]}},
        {"never_play": {"tracks": ["not an id"]}},
        {"never_play": {"artists": ["with a \x00"]}},
        {"never_play": {"genres": ["Jazz"]}},
        {"alpha": 1.5},
        {"personal": "no"},
        {"favorite_genres": ["Jazz"]},
        [],
    ],
    ids=str,
)
def test_what_cannot_be_a_preference_is_refused_and_changes_nothing(caller, said):
    preferences(caller, SAID)
    refused = preferences(caller, said)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert caller.get("/v1/me/preferences", headers=ALICE).json() == SAID


def test_the_longest_preferences_are_taken(caller, stores):
    said = {
        "favourite_genres": [f"{i:02d}{'g' * 78}" for i in range(20)],
        "never_play": {
            "tracks": [f"{i:036d}" for i in range(1000)],
            "artists": [f"{i:03d}{'ä' * 77}" for i in range(200)],
        },
    }
    known = Preferences(never_tracks=tuple(map(TrackId, said["never_play"]["tracks"])))
    stores.people.set_preferences(OF_ALICE, known)
    assert preferences(caller, said).status_code == 200


def test_a_history_is_of_one_user_newest_first(caller, stores):
    first, second = submit(stores, "alice"), submit(stores, "alice", kind=JobKind.PHOTO)
    own = submit(stores, None)
    submit(stores, "ben")
    submit(stores, None, kind=JobKind.PRUNE)
    stores.jobs.submit(NewJob(kind=JobKind.TEXT, tenant=TenantId("other"), user=UserId("alice")))
    for who, expected in ((ALICE, [second.id, first.id]), ({}, [own.id])):
        page = caller.get("/v1/me/history", headers=who).json()
        assert [job["id"] for job in page["items"]] == expected
        assert page["next_cursor"] is None
        assert "result" not in page["items"][0]


def test_a_history_comes_page_by_page(caller, stores):
    sent = [submit(stores, "alice").id for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = caller.get("/v1/me/history", params={"limit": 2} | cursor, headers=ALICE).json()
        seen += [job["id"] for job in page["items"]]
        cursor = {"cursor": page["next_cursor"] or ""}
    assert (seen, page["next_cursor"]) == (sent[::-1], None)


def test_a_cursor_of_another_tenants_job_leads_nowhere(caller, stores):
    submit(stores, "alice")
    other = stores.jobs.submit(NewJob(kind=JobKind.TEXT, tenant=TenantId("other"))).id
    submit(stores, "alice")
    for path in ("/v1/me/history", "/v1/jobs"):
        page = caller.get(path, params={"cursor": paging.to_cursor(other)}, headers=ALICE)
        assert page.status_code == 422


def test_a_history_goes_on_behind_a_job_that_was_erased_meanwhile(caller, stores):
    first, second = submit(stores, "alice").id, submit(stores, "alice").id
    cursor = caller.get("/v1/me/history?limit=1", headers=ALICE).json()["next_cursor"]
    stores.jobs.erase(second)
    page = caller.get("/v1/me/history", params={"cursor": cursor}, headers=ALICE).json()
    assert [job["id"] for job in page["items"]] == [first]


@pytest.mark.parametrize("query", ["cursor=!", "cursor=YWJj", "limit=0", "limit=101", "user=ben"])
def test_a_page_that_there_is_not_is_refused(caller, query):
    for path in ("/v1/me/history", "/v1/feedback"):
        assert caller.get(f"{path}?{query}", headers=ALICE).status_code == 422


@pytest.mark.usefixtures("t1")
def test_all_of_a_user_is_erased(caller, stores):
    preferences(caller, SAID)
    blob = stores.blobs.put(image_bytes(), media_type="image/jpeg")
    sent = submit(stores, "alice", kind=JobKind.PHOTO, blob=blob)
    for _ in range(2):
        assert caller.delete("/v1/me", headers=ALICE).status_code == 204
    assert caller.get("/v1/me/preferences", headers=ALICE).json() == NOTHING
    assert caller.get(f"/v1/jobs/{sent.id}", headers=ALICE).status_code == 410
    assert caller.get("/v1/me/history", headers=ALICE).json()["items"] == []
    with pytest.raises(Exception, match="gone"):
        stores.blobs.open(blob.id)


@pytest.mark.usefixtures("t1")
def test_erasing_a_user_leaves_the_others(caller, stores):
    kept = [submit(stores, "ben").id, submit(stores, None).id]
    preferences(caller, SAID, BEN)
    caller.delete("/v1/me", headers=ALICE)
    assert [caller.get(f"/v1/jobs/{one}").status_code for one in kept] == [200, 200]
    assert caller.get("/v1/me/preferences", headers=BEN).json() == SAID


@pytest.mark.parametrize(("who", "query"), [({}, ""), (ALICE, "?everything=true")], ids=str)
def test_who_is_to_be_erased_must_be_clear(caller, stores, who, query):
    kept = [submit(stores, "alice").id, submit(stores, None).id]
    refused = caller.delete(f"/v1/me{query}", headers=who)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert [caller.get(f"/v1/jobs/{one}").status_code for one in kept] == [200, 200]


@pytest.mark.usefixtures("t1")
def test_everything_is_the_tenant_with_all_of_its_users(caller, stores):
    gone = [submit(stores, "alice").id, submit(stores, None).id]
    other = stores.jobs.submit(NewJob(kind=JobKind.TEXT, tenant=TenantId("other"))).id
    preferences(caller, SAID)
    assert caller.delete("/v1/me?everything=true").status_code == 204
    assert [caller.get(f"/v1/jobs/{one}").status_code for one in gone] == [410, 410]
    assert stores.jobs.get(other).tenant == "other"
    assert stores.people.recall([OF_ALICE]) == {}


@pytest.fixture
def songs(stores) -> dict[str, TrackId]:
    return {
        "calm": feelings.add(stores, "calm", CALM, artist="Ann", genre="Ambient"),
        "lively": feelings.add(stores, "lively", LIVELY, artist="Ben", genre="Jazz"),
        "sad": feelings.add(stores, "sad", SAD, artist="Cy", genre="Jazz"),
        "happy": feelings.add(stores, "happy", HAPPY, artist="Dee", genre="Pop"),
    }


@pytest.fixture
def searching(make, stores):
    feelings.keep_phrases(stores)
    return make(space=SPACE)


def titles(answer, name: str = "matches") -> list[str]:
    assert answer.status_code == 200, answer.text
    return [match["title"] for match in answer.json()[name]]


def test_a_refined_answer_remembers_the_user_of_its_job(searching, stores, songs):
    never = Preferences(never_tracks=(songs["calm"],), favourite_genres=("Ambient",))
    stores.people.set_preferences(Whose(), never)
    refined = searching.post(f"/v1/jobs/{feelings.answered(stores, CALM)}/refine", json={})
    assert "calm" not in titles(refined)
    assert refined.json()["personal"] is True


def test_a_refined_answer_does_not_remember_who_asks_for_it(searching, stores, songs):
    stores.people.set_preferences(OF_ALICE, Preferences(never_tracks=(songs["calm"],)))
    path = f"/v1/jobs/{feelings.answered(stores, CALM)}/refine"
    refined = searching.post(path, json={}, headers=ALICE)
    assert "calm" in titles(refined)
    assert refined.json()["personal"] is False


def test_a_track_that_is_never_to_be_played_is_similar_to_none(searching, stores, songs):
    stores.people.set_preferences(
        OF_ALICE, Preferences(never_tracks=(songs["sad"],), never_artists=("dee",), alpha=0.1)
    )
    path = f"/v1/tracks/{songs['calm']}/similar"
    assert set(titles(searching.get(path), "items")) == {"lively", "sad", "happy"}
    assert titles(searching.get(path, headers=ALICE), "items") == ["lively"]


def test_what_a_user_likes_does_not_change_what_is_similar(searching, stores, songs):
    path = f"/v1/tracks/{songs['calm']}/similar"
    before = searching.get(path, headers=ALICE).content
    said = NewFeedback(job_id=jobs.JobId("j"), track_id=songs["happy"], action=Action.LIKE)
    stores.people.give(OF_ALICE, said)
    assert searching.get(path, headers=ALICE).content == before


@pytest.mark.usefixtures("t1")
def test_the_answers_are_of_the_shape_that_openapi_shows(caller):
    answer = preferences(caller, SAID).json()
    assert schemas.Preferences.model_validate(answer).model_dump() == answer


def test_without_keys_everything_is_of_one_tenant(caller, stores):
    preferences(caller, {"alpha": 0.25}, {})
    whose = Whose(tenant=DEFAULT_TENANT, user=NOBODY)
    assert stores.people.preferences(whose).alpha == 0.25


@pytest.mark.usefixtures("t1")
def test_the_same_name_at_another_tenant_is_somebody_else(caller, stores):
    asked = {"name": "app", "scopes": ["jobs"], "tenant": "app"}
    made = caller.post("/v1/keys", json=asked)
    assert made.status_code == 201, made.text
    theirs = ALICE | {"Authorization": f"Bearer {made.json()['key']}"}
    preferences(caller, SAID)
    submit(stores, "alice")
    assert caller.get("/v1/me/preferences", headers=theirs).json() == NOTHING
    assert caller.get("/v1/me/history", headers=theirs).json()["items"] == []
    assert [line["type"] for line in lines(caller.get("/v1/me/export", headers=theirs))] == [
        "preferences",
        "end",
    ]
    assert caller.delete("/v1/me", headers=theirs).status_code == 204
    assert caller.get("/v1/me/preferences", headers=ALICE).json() == SAID
    assert len(caller.get("/v1/me/history", headers=ALICE).json()["items"]) == 1


def test_a_key_for_the_library_alone_is_told_nothing_of_users(caller):
    made = caller.post("/v1/keys", json={"name": "scanner", "scopes": ["library"]})
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    asked = [("GET", "preferences"), ("GET", "history"), ("GET", "export"), ("PUT", "preferences")]
    answers = [caller.ask(method, f"/v1/me/{path}", headers=key) for method, path in asked]
    answers += [caller.get("/v1/feedback", headers=key), caller.delete("/v1/me", headers=key)]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(403, "missing_scope")}
