"""`/v1/me/…`: what is remembered of a user, to be read, changed, taken along and erased."""

import base64
import json

import pytest

from api.schemas import people as schemas
from sightsong.core import jobs
from sightsong.core.jobs import JobKind, NewJob
from sightsong.core.people import Action, NewFeedback, Preferences
from sightsong.core.tenancy import DEFAULT_TENANT, NOBODY, TenantId, UserId, Whose
from sightsong.core.tracks import TrackId
from tests.unit.api import feelings
from tests.unit.api.asking import image_bytes
from tests.unit.api.feelings import CALM, HAPPY, LIVELY, SAD, SPACE

ALICE = {"Sightsong-User": "alice"}
BEN = {"Sightsong-User": "ben"}
OF_ALICE = Whose(user=UserId("alice"))
NOTHING = {
    "favourite_genres": [],
    "never_play": {"tracks": [], "artists": []},
    "alpha": None,
    "personal": True,
    "learn": True,
}
SAID = {
    "favourite_genres": ["Jazz", "Röck"],
    "never_play": {"tracks": ["t-1"], "artists": ["The Band"]},
    "alpha": 0.25,
    "personal": False,
    "learn": False,
}


def preferences(caller, said: object, who: dict[str, str] = ALICE):
    return caller.ask("PUT", "/v1/me/preferences", json=said, headers=who)


def submit(stores, user: str | None, *, kind: JobKind = JobKind.TEXT, **fields: object) -> jobs.Job:
    return stores.jobs.submit(NewJob(kind=kind, user=user and UserId(user), **fields))


def lines(answer) -> list[dict]:
    assert answer.status_code == 200, answer.text
    assert answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_who_has_said_nothing_reads_the_defaults(caller):
    assert caller.get("/v1/me/preferences", headers=ALICE).json() == NOTHING


def test_preferences_are_kept_for_the_user_who_set_them(caller):
    put = preferences(caller, SAID)
    assert (put.status_code, put.json()) == (200, SAID)
    assert caller.get("/v1/me/preferences", headers=ALICE).json() == SAID
    for other in (BEN, {}):
        assert caller.get("/v1/me/preferences", headers=other).json() == NOTHING


def test_what_is_left_out_is_set_to_its_default(caller):
    preferences(caller, SAID)
    assert preferences(caller, {}).json() == NOTHING


def test_what_is_said_twice_is_kept_once(caller):
    said = {"favourite_genres": ["Jazz", " Jazz "], "never_play": {"tracks": ["a", "a"]}}
    kept = preferences(caller, said).json()
    assert (kept["favourite_genres"], kept["never_play"]["tracks"]) == (["Jazz"], ["a"])


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


def test_the_longest_preferences_are_taken(caller):
    said = {
        "favourite_genres": [f"{i:02d}{'g' * 78}" for i in range(20)],
        "never_play": {
            "tracks": [f"{i:036d}" for i in range(1000)],
            "artists": [f"{i:03d}{'ä' * 77}" for i in range(200)],
        },
    }
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


@pytest.mark.parametrize("query", ["cursor=!", "cursor=YWJj", "limit=0", "limit=101", "user=ben"])
def test_a_page_that_there_is_not_is_refused(caller, query):
    for path in ("/v1/me/history", "/v1/feedback"):
        assert caller.get(f"{path}?{query}", headers=ALICE).status_code == 422


def test_an_export_has_all_that_there_is_of_a_user_and_nothing_of_others(caller, stores):
    preferences(caller, SAID)
    song = feelings.add(stores, "calm", CALM)
    content = image_bytes()
    blob = stores.blobs.put(content, media_type="image/jpeg")
    sent = submit(stores, "alice", kind=JobKind.PHOTO, blob=blob, params={"top_k": 3})
    text = submit(stores, "alice", params={"text": "of alice"})
    submit(stores, "ben", params={"text": "of ben"})
    for who in (OF_ALICE, Whose(user=UserId("ben"))):
        said = NewFeedback(job_id=sent.id, track_id=song, action=Action.LIKE)
        stores.people.give(who, said)
    answer = caller.get("/v1/me/export", headers=ALICE)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    told = lines(answer)
    types = ["preferences", "feedback", "job", "job", "image", "end"]
    assert [line["type"] for line in told] == types
    assert told[0] == {"type": "preferences", **SAID}
    assert (told[1]["track_id"], told[1]["action"]) == (song, "like")
    assert (told[2]["id"], told[2]["params"]) == (text.id, {"text": "of alice"})
    assert (told[3]["id"], told[3]["params"]) == (sent.id, {"top_k": 3})
    assert (told[4]["job_id"], told[4]["media_type"]) == (sent.id, "image/jpeg")
    assert base64.b64decode(told[4]["base64"]) == content
    assert "ben" not in answer.text


def test_an_export_of_a_long_history_leaves_nothing_out(caller, stores):
    sent = {submit(stores, "alice").id for _ in range(405)}
    for i in range(403):
        said = NewFeedback(job_id=jobs.JobId("j"), track_id=TrackId(f"{i}"), action=Action.PLAYED)
        stores.people.give(OF_ALICE, said)
    told = lines(caller.get("/v1/me/export", headers=ALICE))
    assert {line["id"] for line in told if line["type"] == "job"} == sent
    assert len({line["track_id"] for line in told if line["type"] == "feedback"}) == 403
    assert len(told) == 1 + 403 + 405 + 1


def test_an_export_of_whom_nothing_is_known_says_so(caller):
    told = lines(caller.get("/v1/me/export", headers=ALICE))
    assert told == [{"type": "preferences", **NOTHING}, {"type": "end"}]


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


def test_the_answers_are_of_the_shape_that_openapi_shows(caller):
    answer = preferences(caller, SAID).json()
    assert schemas.Preferences.model_validate(answer).model_dump() == answer


def test_without_keys_everything_is_of_one_tenant(caller, stores):
    preferences(caller, SAID, {})
    whose = Whose(tenant=DEFAULT_TENANT, user=NOBODY)
    assert stores.people.preferences(whose).alpha == 0.25


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
