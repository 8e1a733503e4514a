"""Users of the tests, what they like, and what they have sent."""

import json

from sightsong.core import jobs
from sightsong.core.jobs import JobKind, NewJob
from sightsong.core.tenancy import UserId, Whose

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


def submit(stores, user: str | None, *, kind: JobKind = JobKind.TEXT, **fields: object) -> jobs.Job:
    return stores.jobs.submit(NewJob(kind=kind, user=user and UserId(user), **fields))


def lines(answer) -> list[dict]:
    assert answer.status_code == 200, answer.text
    assert answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.splitlines()]
