"""Answers that were given before: given again while nothing has changed, and to nobody else."""

from typing import Any

import pytest

from sightsong.core import jobs, moods
from sightsong.core.people import Preferences
from sightsong.core.tenancy import UserId, Whose
from tests.unit.api.asking import image_bytes
from tests.unit.api.keyholders import bearing, give_key
from tests.unit.api.library import SPACE, add_tracks, embed, succeed

TEXT, PHOTO = jobs.JobKind.TEXT, jobs.JobKind.PHOTO
MODEL = {"task": "text", "id": "test/model", "revision": "1"}
USER = {"Sightsong-User": "alice"}


@pytest.fixture
def app(make, stores):
    report(stores, "test/model@1")
    return make(queue_limit=100, answer_cache_s=3600)


def report(stores, *models: str, profile: str = "lite", owner: str = "w") -> None:
    """Have a worker say what it has loaded."""
    stores.jobs.report_worker(
        jobs.WorkerInfo(
            owner=jobs.Owner(owner), door="workers", pid=1, profile=profile, device="cpu",
            space=SPACE, models=models,
        )
    )  # fmt: skip


def answer_of(app, **changed: object) -> dict[str, Any]:
    """What a worker answers now."""
    view = app.app.state.door.library.view()
    receipt = {
        "profile": "lite",
        "models": [MODEL],
        "index_snapshot": view.snapshot,
        "index_revision": view.revision,
        "prompts_sha256": moods.prompts_sha256(),
    }
    return {"query": "calm piano", "receipt": receipt | changed}


def ask(app, headers=None, **wishes: object):
    return app.post("/v1/jobs", json={"text": "calm", **wishes}, headers=headers or {})


def ask_and_answer(app, stores, headers=None, **wishes: object) -> str:
    job_id = ask(app, headers, **wishes).json()["id"]
    succeed(stores, TEXT, answer_of(app))
    return str(job_id)


def test_the_same_words_are_answered_at_once(app, stores):
    first = ask_and_answer(app, stores)
    again = ask(app)
    job = again.json()

    assert again.status_code == 200
    assert (job["state"], job["cached_from"], job["attempt"]) == ("succeeded", first, 0)
    assert job["id"] != first
    assert job["result"] == app.get(f"/v1/jobs/{first}").json()["result"]


def test_so_is_the_same_photo(app, stores):
    first = app.submit(image_bytes()).json()["id"]
    succeed(stores, PHOTO, answer_of(app))

    assert app.submit(image_bytes()).json()["cached_from"] == first
    assert app.submit(image_bytes(size=(9, 9))).json()["cached_from"] is None


def test_other_wishes_are_another_question_and_other_handling_is_not(app, stores):
    first = ask_and_answer(app, stores)

    assert ask(app, top_k=3).json()["cached_from"] is None
    assert ask(app, priority=0, custom_id="rain").json()["cached_from"] == first


def test_who_wants_it_worked_out_anew_says_so(app, stores):
    ask_and_answer(app, stores)

    assert ask(app, cache=False).json()["cached_from"] is None


def test_a_service_can_leave_it(make, stores):
    report(stores, "test/model@1")
    caller = make(queue_limit=100, answer_cache_s=0)
    ask_and_answer(caller, stores)

    assert ask(caller).json()["cached_from"] is None


@pytest.mark.parametrize(
    "changed",
    [
        {"profile": "full"},
        {"index_snapshot": "another"},
        {"index_revision": 99},
        {"prompts_sha256": "another"},
        {"models": []},
        {"models": [MODEL | {"revision": "2"}]},
    ],
)
def test_what_was_answered_from_something_else_is_not_given_again(app, stores, changed):
    ask(app)
    succeed(stores, TEXT, answer_of(app, **changed))

    assert ask(app).json()["cached_from"] is None


def test_a_new_track_makes_every_question_a_new_one(app, stores, tmp_path):
    first = ask_and_answer(app, stores)
    assert ask(app).json()["cached_from"] == first
    add_tracks(stores, tmp_path / "a.mp3")
    embed(stores)

    assert ask(app).json()["cached_from"] is None


def test_so_do_workers_that_have_loaded_other_models(app, stores):
    ask_and_answer(app, stores)
    report(stores, "test/model@2", owner="w2")

    assert ask(app).json()["cached_from"] is None


def test_another_tenant_is_never_given_it(app, stores):
    ask_and_answer(app, stores)
    other = bearing(give_key(stores, tenant="frames"))

    assert ask(app, other).json()["cached_from"] is None


def test_a_user_of_whom_something_is_remembered_is_answered_anew(app, stores):
    ask_and_answer(app, stores)
    ask_and_answer(app, stores, USER)
    alice = Whose(user=UserId("alice"))
    stores.people.set_preferences(alice, Preferences(favourite_genres=("jazz",)))

    assert ask(app, USER).json()["cached_from"] is None


@pytest.mark.parametrize("said", [None, Preferences(), Preferences(never_artists=())])
def test_a_user_who_likes_nothing_yet_is_given_their_own_answers_again(app, stores, said):
    if said is not None:
        stores.people.set_preferences(Whose(user=UserId("alice")), said)
    first = ask_and_answer(app, stores, USER)

    assert ask(app, USER).json()["cached_from"] == first


@pytest.mark.parametrize("edit", [{"title": "Dawn"}, {"artist": "THE BAND"}, {"artist": None}])
def test_an_answer_in_which_a_track_is_called_otherwise_is_worked_out_anew(
    app, stores, tmp_path, edit
):
    [track_id] = add_tracks(stores, tmp_path / "a.mp3")
    stores.tracks.edit(track_id, {"title": "Morning", "artist": "The Band"})
    embed(stores)
    shown = {"rank": 1, "track_id": track_id, "title": "Morning", "artist": "The Band"}
    first = ask(app).json()["id"]
    succeed(stores, TEXT, answer_of(app) | {"matches": [shown]})
    assert ask(app).json()["cached_from"] == first
    stores.tracks.edit(track_id, edit)

    assert ask(app).json()["cached_from"] is None


def test_and_nobody_else_is_given_their_answer(app, stores):
    ask_and_answer(app, stores, USER)

    assert ask(app).json()["cached_from"] is None


def test_unless_they_want_nothing_of_that_in_it(app, stores):
    first = ask_and_answer(app, stores, USER, personal=False)

    assert ask(app, USER, personal=False).json()["cached_from"] == first


def test_a_tenant_that_likes_something_itself_is_answered_anew(app, stores):
    ask_and_answer(app, stores)
    stores.people.set_preferences(Whose(), Preferences(favourite_genres=("jazz",)))

    assert ask(app).json()["cached_from"] is None


def test_an_answer_that_was_erased_is_not_given_again(app, stores):
    first = ask_and_answer(app, stores)
    app.delete(f"/v1/jobs/{first}")

    assert ask(app).json()["cached_from"] is None


def test_one_that_was_given_again_counts_as_a_job(app, stores):
    ask_and_answer(app, stores)
    ask(app)

    assert app.get("/v1/me/usage").json()["today"]["texts"] == 2


def test_a_submit_under_a_key_that_is_sent_twice_is_one_job_here_too(app, stores):
    ask_and_answer(app, stores)
    first, again = (ask(app, {"Idempotency-Key": "k1"}) for _ in range(2))

    assert first.json()["id"] == again.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"
