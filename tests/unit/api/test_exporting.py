"""GET /v1/me/export: all that there is of a user, and nothing else."""

import base64
import json
from dataclasses import replace

from api.routes import exporting
from sightsong.core import jobs
from sightsong.core.jobs import JobKind
from sightsong.core.people import Action, NewFeedback
from sightsong.core.tenancy import UserId, Whose
from sightsong.core.tracks import TrackId
from tests.unit.api import feelings
from tests.unit.api.asking import image_bytes
from tests.unit.api.feelings import CALM
from tests.unit.api.users import ALICE, BEN, NOTHING, OF_ALICE, SAID, lines, submit

LIKES = SAID | {"never_play": {"tracks": [], "artists": ["The Band"]}}


def test_an_export_has_all_that_there_is_of_a_user_and_nothing_of_others(caller, stores):
    assert caller.ask("PUT", "/v1/me/preferences", json=LIKES, headers=ALICE).status_code == 200
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
    assert told[0] == {"type": "preferences", **LIKES}
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


class Withdrawing:
    """Feedback of which some is withdrawn behind each page that is read."""

    def __init__(self, people) -> None:
        self._people = people

    def __getattr__(self, name: str) -> object:
        return getattr(self._people, name)

    def feedback(self, whose: Whose, **asked: object):
        page = self._people.feedback(whose, **asked)
        for one in page[-3:]:
            self._people.withdraw(whose, one.id)
        return page


def test_an_export_leaves_nothing_out_when_feedback_is_withdrawn_meanwhile(stores):
    for i in range(403):
        said = NewFeedback(job_id=jobs.JobId("j"), track_id=TrackId(f"{i}"), action=Action.PLAYED)
        stores.people.give(OF_ALICE, said)
    meanwhile = replace(stores, people=Withdrawing(stores.people))
    told = [json.loads(line) for line in exporting.lines(meanwhile, OF_ALICE)]
    tracks = [line["track_id"] for line in told if line["type"] == "feedback"]
    assert tracks == [f"{i}" for i in range(402, -1, -1)]
    assert told[-1] == {"type": "end"}


def test_an_export_has_batches_and_what_of_them_was_refused(caller):
    items = [{"text": "calm", "custom_id": "a"}, {"image": "bm8=", "custom_id": "b"}]
    for who in (ALICE, BEN, {}):
        body = {"items": items, "custom_id": f"of {who.get('Sightsong-User')}"}
        assert caller.post("/v1/batches", json=body, headers=who).status_code == 202
    for who, name in ((ALICE, "of alice"), ({}, "of None")):
        told = lines(caller.get("/v1/me/export", headers=who))
        [batch] = [line for line in told if line["type"] == "batch"]
        assert (batch["custom_id"], batch["total"]) == (name, 2)
        [refused] = batch["refused"]
        assert (refused["position"], refused["custom_id"]) == (1, "b")
        assert refused["error"]["code"] == "unsupported_image"


def test_an_export_of_whom_nothing_is_known_says_so(caller):
    told = lines(caller.get("/v1/me/export", headers=ALICE))
    assert told == [{"type": "preferences", **NOTHING}, {"type": "end"}]
