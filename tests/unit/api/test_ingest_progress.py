"""/v1/ingests/{id}: how far an ingest is, and what is asked of it."""

import numpy as np
import pytest

from api import following
from sightsong.core import jobs
from sightsong.core.affect import Affect
from sightsong.core.ingests import Problem, Scan
from sightsong.core.tracks import FoundFile, Tags
from tests.unit.api.library import SPACE, claim, finish, succeed

COUNTS = Scan(found=3, new=2, unreadable=1, size_bytes=9)
NOT_FOUND = jobs.JobError(code="audio_silent", detail="No sound.")


@pytest.fixture
def ingest_id(caller, tmp_path) -> jobs.JobId:
    return jobs.JobId(caller.post("/v1/ingests", json={"path": str(tmp_path)}).json()["id"])


def register(stores, ingest_id: jobs.JobId, count: int) -> None:
    """Find tracks, as the scan of an ingest does."""
    files = [
        FoundFile(path=f"/m/{n}.mp3", size_bytes=1, mtime_ns=1, sha256=f"{n:064x}", tags=Tags())
        for n in range(count)
    ]
    stores.tracks.register(files, space=SPACE, parent_id=ingest_id)


def fail_one(stores) -> None:
    """Run the next track of an ingest to a bad end."""
    finish(stores, jobs.JobKind.EMBED, jobs.Failed(error=NOT_FOUND))


def test_an_ingest_that_waits_is_not_done(caller, ingest_id, tmp_path):
    answer = caller.get(f"/v1/ingests/{ingest_id}")
    ingest = answer.json()

    assert (ingest["status"], ingest["done"], ingest["eta_s"]) == ("waiting", False, None)
    assert ingest["source"]["paths"] == [str(tmp_path)]
    assert ingest["rates"] == {"tracks_per_s": None, "hours_per_hour": None}
    assert answer.headers["retry-after"] == "1"


def test_a_scan_tells_what_it_has_found_while_it_runs(caller, stores, ingest_id):
    job = claim(stores, jobs.JobKind.INGEST)
    stores.ingests.note(job, COUNTS)
    ingest = caller.get(f"/v1/ingests/{ingest_id}").json()

    assert ingest["status"] == "scanning"
    assert ingest["scan"] == COUNTS.counted()
    assert ingest["problems"] == 1


def test_an_ingest_is_not_done_while_a_track_of_it_is_open(caller, stores, ingest_id):
    register(stores, ingest_id, 2)
    succeed(stores, jobs.JobKind.INGEST, COUNTS.counted())
    succeed(stores, jobs.JobKind.EMBED, {})
    ingest = caller.get(f"/v1/ingests/{ingest_id}").json()

    assert (ingest["state"], ingest["status"], ingest["done"]) == ("succeeded", "listening", False)
    assert ingest["scan"] == COUNTS.counted()
    assert ingest["tracks"] == {
        "queued": 1,
        "running": 0,
        "succeeded": 1,
        "failed": 0,
        "canceled": 0,
    }


def test_an_ingest_of_nothing_new_is_done_with_its_scan(caller, stores, ingest_id):
    succeed(stores, jobs.JobKind.INGEST, COUNTS.counted())
    answer = caller.get(f"/v1/ingests/{ingest_id}")

    assert (answer.json()["status"], answer.json()["done"]) == ("done", True)
    assert answer.json()["eta_s"] == 0
    assert "retry-after" not in answer.headers


def hear(stores, heard_s: float) -> None:
    """Run the next track of an ingest to a good end."""
    job = claim(stores, jobs.JobKind.EMBED)
    effect = jobs.StoreEmbedding(
        track_id=job.params["track_id"],
        space=SPACE,
        vector=np.ones(4, np.float32) / 2,
        windows=np.ones((1, 4), np.float16) / 2,
        window_starts_s=(0.0,),
        affect=Affect(valence=0.5, arousal=-0.25),
        descriptors={},
        duration_s=heard_s,
        digest="d" * 64,
    )
    outcome = jobs.Succeeded(result={})
    stores.jobs.complete([jobs.Completion(job=job, outcome=outcome, effects=(effect,))])


def test_how_fast_a_whole_ingest_was_is_told_once_it_is_done(caller, stores, ingest_id):
    register(stores, ingest_id, 2)
    succeed(stores, jobs.JobKind.INGEST, COUNTS.counted())
    hear(stores, 50.0)
    before = caller.get(f"/v1/ingests/{ingest_id}").json()
    hear(stores, 30.0)
    after = caller.get(f"/v1/ingests/{ingest_id}").json()

    assert before["overall"] is None
    whole = after["overall"]
    assert whole["took_s"] > 0
    assert whole["tracks_per_s"] == pytest.approx(2 / whole["took_s"], rel=0.5)
    assert whole["hours_per_hour"] == pytest.approx(80 / whole["took_s"], rel=0.5)


def test_an_ingest_of_nothing_new_has_no_speed(caller, stores, ingest_id):
    succeed(stores, jobs.JobKind.INGEST, COUNTS.counted())

    assert caller.get(f"/v1/ingests/{ingest_id}").json()["overall"] is None


def test_a_dry_run_answers_with_its_estimate(caller, stores, ingest_id):
    found = {"hours": 1.5, "expected_s": None}
    succeed(stores, jobs.JobKind.INGEST, {**COUNTS.counted(), "estimate": found})
    ingest = caller.get(f"/v1/ingests/{ingest_id}").json()

    assert ingest["estimate"] == found
    assert "estimate" not in ingest["scan"]


def test_a_scan_that_fails_is_an_ingest_that_failed(caller, stores, ingest_id):
    error = jobs.JobError(code="path_not_allowed", detail="It is gone.")
    finish(stores, jobs.JobKind.INGEST, jobs.Failed(error=error))
    ingest = caller.get(f"/v1/ingests/{ingest_id}").json()

    assert (ingest["status"], ingest["done"]) == ("failed", True)
    assert ingest["error"] == {"code": "path_not_allowed", "detail": "It is gone."}


def test_a_job_of_another_kind_is_no_ingest(caller, stores):
    photo = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.PHOTO))
    for path in ("", "/problems", "/events"):
        answer = caller.get(f"/v1/ingests/{photo.id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
        assert answer.json()["detail"] == "There is no ingest with this id."


@pytest.mark.parametrize("word", ["pause", "resume", "cancel", "retry"])
def test_nothing_is_asked_of_an_ingest_that_is_not_there(caller, word):
    for ingest_id in ("nobody", "a_b"):
        answer = caller.post(f"/v1/ingests/{ingest_id}/{word}")
        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
        assert answer.json()["detail"] == "There is no ingest with this id."


def test_ingests_are_listed_newest_first_page_by_page(caller, tmp_path):
    ids = [caller.post("/v1/ingests", json={"path": str(tmp_path)}).json()["id"] for _ in range(3)]
    first = caller.get("/v1/ingests?limit=2").json()
    last = caller.get("/v1/ingests", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [item["id"] for item in first["items"] + last["items"]] == ids[::-1]
    assert last["next_cursor"] is None


def test_a_paused_ingest_goes_on_when_it_is_resumed(caller, stores, doorbell, ingest_id):
    paused = caller.post(f"/v1/ingests/{ingest_id}/pause").json()
    waiting = stores.jobs.claim([jobs.Queue.LIBRARY], owner=jobs.Owner("w"), limit=1, lease_s=9)
    resumed = caller.post(f"/v1/ingests/{ingest_id}/resume").json()

    assert (paused["status"], waiting, resumed["status"]) == ("paused", [], "waiting")
    assert jobs.Queue.TRACKS in doorbell.rings


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("pause", "left to pause. For what is new since, ingest the folder again."),
        ("resume", "left to resume. For what is new since, ingest the folder again."),
        ("cancel", "left to cancel. What it has taken in can be removed track by track."),
    ],
)
def test_what_is_done_cannot_be_told_anything(caller, stores, ingest_id, word, told):
    succeed(stores, jobs.JobKind.INGEST, COUNTS.counted())
    answer = caller.post(f"/v1/ingests/{ingest_id}/{word}")

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert answer.json()["detail"] == f"This ingest is done; nothing of it is {told}"


@pytest.mark.parametrize("word", ["pause", "resume"])
def test_what_was_canceled_does_not_go_on_and_says_how_to_have_the_rest(caller, ingest_id, word):
    caller.post(f"/v1/ingests/{ingest_id}/cancel")
    answer = caller.post(f"/v1/ingests/{ingest_id}/{word}")

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert answer.json()["detail"].startswith("This ingest was canceled;")
    assert "For the rest of it, ingest the folder again." in answer.json()["detail"]


def test_an_upload_that_failed_is_to_be_sent_again(caller, stores):
    ingest_id = caller.post("/v1/ingests", files={"file": ("a.mp3", b"x")}).json()["id"]
    finish(stores, jobs.JobKind.INGEST, jobs.Failed(error=NOT_FOUND))
    answer = caller.post(f"/v1/ingests/{ingest_id}/resume")

    assert "has failed; nothing of it is left to resume" in answer.json()["detail"]
    assert answer.json()["detail"].endswith("To try it again, send the files again.")


def test_an_ingest_that_goes_on_can_be_resumed_all_the_same(caller, ingest_id):
    answer = caller.post(f"/v1/ingests/{ingest_id}/resume")

    assert (answer.status_code, answer.json()["status"]) == (200, "waiting")


def test_a_canceled_ingest_is_over(caller, ingest_id):
    answers = [caller.post(f"/v1/ingests/{ingest_id}/cancel").json() for _ in range(2)]

    assert [(one["status"], one["done"]) for one in answers] == [("canceled", True)] * 2


def test_failed_tracks_are_told_by_code_and_tried_again(caller, stores, doorbell, ingest_id):
    register(stores, ingest_id, 2)
    succeed(stores, jobs.JobKind.INGEST, {})
    fail_one(stores)
    before = caller.get(f"/v1/ingests/{ingest_id}").json()
    after = caller.post(f"/v1/ingests/{ingest_id}/retry").json()

    assert (before["failed"], before["problems"]) == ({"audio_silent": 1}, 1)
    assert (after["retried"], after["failed"], after["tracks"]["queued"]) == (1, {}, 2)
    assert doorbell.rings[-1] is jobs.Queue.TRACKS


def test_problems_are_listed_page_by_page(caller, stores, ingest_id):
    register(stores, ingest_id, 1)
    job = claim(stores, jobs.JobKind.INGEST)
    odd = Problem(file="a.zip/b.mp3", code="unsafe_member", detail="It is a link.")
    stores.ingests.note(job, COUNTS, [odd])
    fail_one(stores)
    url = f"/v1/ingests/{ingest_id}/problems"
    first = caller.get(url, params={"limit": 1}).json()
    last = caller.get(url, params={"limit": 1, "cursor": first["next_cursor"]}).json()

    assert first["items"] == [
        {
            "file": "a.zip/b.mp3",
            "code": "unsafe_member",
            "detail": "It is a link.",
            "track_id": None,
        }
    ]
    assert (last["items"][0]["file"], last["items"][0]["code"]) == ("0.mp3", "audio_silent")
    assert last["items"][0]["track_id"] is not None
    assert last["next_cursor"] is None


def test_an_ingest_is_followed_to_its_end(caller, stores, ingest_id):
    succeed(stores, jobs.JobKind.INGEST, COUNTS.counted())
    answer = caller.get(f"/v1/ingests/{ingest_id}/events")
    view = caller.get(f"/v1/ingests/{ingest_id}").json()

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    event = dict(line.split(": ", 1) for line in answer.text.strip().splitlines() if line)
    assert (event["event"], event["id"]) == ("progress", following.event_id(view))
    assert '"status":"done"' in event["data"]


def test_who_knows_the_end_is_told_not_to_come_again(caller, stores, ingest_id):
    succeed(stores, jobs.JobKind.INGEST, COUNTS.counted())
    seen = following.event_id(caller.get(f"/v1/ingests/{ingest_id}").json())
    answer = caller.get(f"/v1/ingests/{ingest_id}/events", headers={"Last-Event-ID": seen})

    assert (answer.status_code, answer.content) == (204, b"")


def test_only_so_many_follow_at_once(make, ingest_id):
    answer = make(max_followers=0).get(f"/v1/ingests/{ingest_id}/events")

    assert (answer.status_code, answer.json()["code"]) == (503, "too_many_waiters")
