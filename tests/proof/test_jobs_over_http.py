"""The jobs API against a small model, by any sequence of requests that Hypothesis can think of.

Beside the requests the workers do their part: they begin jobs, end them well, badly or not at all,
come too late, and lose their leases.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from sightsong.adapters import memory
from sightsong.adapters.memory.state import State
from sightsong.adapters.store.schema import jobs as job_rows
from sightsong.core import jobs, ports
from tests.contract.building import LONG_S, OOPS, empty
from tests.proof import stage
from tests.unit.api.asking import Caller, image_bytes

FINAL = ("succeeded", "failed", "canceled")
KEYS = st.sampled_from([None, None, "a", "b", "c"])
PHOTOS = (image_bytes(), image_bytes("PNG"))
BODIES = st.sampled_from(["photo", "other photo", "words", "other words"])
CUSTOM_IDS = st.sampled_from([None, "trip", "party"])
OUTCOMES = st.sampled_from(["succeed", "fail", "retry", "release"])


@dataclass
class Believed:
    """What the model holds of one job."""

    kind: str
    custom_id: str | None
    state: str = "queued"
    version: int = 1
    etag: str = ""
    shown: dict[str, Any] | None = None  #: As it was answered when it had ended.
    is_erased: bool = False
    is_lost: bool = False  #: Its lease has run out, and nobody has noticed.


@dataclass(frozen=True, kw_only=True)
class Harness:
    """An app, its stores, and how to let a lease run out in them."""

    caller: Caller
    stores: ports.Stores
    expire: Callable[[jobs.JobId], None]


class JobsOverHttp(RuleBasedStateMachine):
    """Submits, replays, polls, cancels, erases, lists; works, fails, retries, loses leases."""

    ids = Bundle("ids")
    attempts = Bundle("attempts")

    def __init__(self, harness: Harness) -> None:
        super().__init__()
        self.ask = harness.caller.ask
        self.store = harness.stores.jobs
        self.expire = harness.expire
        self.model: dict[str, Believed] = {}
        self.keys: dict[str, tuple[str, tuple[str, str | None]]] = {}

    @rule(target=ids, body=BODIES, key=KEYS, custom_id=CUSTOM_IDS)
    def submit(self, body, key, custom_id):
        known = self.keys.get(key)
        answer = self.send(body, key, custom_id)
        if known is None:
            return self.believe_new(answer, body, key, custom_id)
        job_id, sent = known
        if self.model[job_id].is_erased:  # what was sent with it is forgotten
            assert is_problem(answer, 410, "job_erased")
        elif sent != (body, custom_id):
            assert is_problem(answer, 422, "idempotency_mismatch")
        else:
            self.check_replay(answer, job_id)
        return job_id

    def send(self, body: str, key: str | None, custom_id: str | None) -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": f'"{key}"'}
        params = {} if custom_id is None else {"custom_id": custom_id}
        if body.endswith("words"):
            return self.ask("POST", "/v1/jobs", json={"text": body}, headers=headers, params=params)
        headers["Content-Type"] = "image/jpeg"
        photo = PHOTOS[body.startswith("other")]
        return self.ask("POST", "/v1/jobs", content=photo, headers=headers, params=params)

    def believe_new(self, answer, body, key, custom_id):
        assert answer.status_code == 202, answer.text
        assert "idempotent-replayed" not in answer.headers
        view = answer.json()
        assert answer.headers["location"] == f"/v1/jobs/{view['id']}"
        assert view["id"] not in self.model
        kind = "text" if body.endswith("words") else "photo"
        self.model[view["id"]] = Believed(kind=kind, custom_id=custom_id)
        if key is not None:
            self.keys[key] = (view["id"], (body, custom_id))
        return view["id"]

    def check_replay(self, answer, job_id):
        believed = self.model[job_id]
        assert answer.status_code == (200 if believed.state in FINAL else 202)
        assert answer.headers["idempotent-replayed"] == "true"
        assert (answer.json()["id"], answer.json()["state"]) == (job_id, believed.state)

    @rule(job_id=ids)
    def poll_what_was_seen(self, job_id):
        believed = self.model[job_id]
        tag = {"If-None-Match": believed.etag} if believed.etag else {}
        answer = self.ask("GET", f"/v1/jobs/{job_id}", headers=tag)
        if believed.is_erased:
            assert is_problem(answer, 410, "job_erased")
        elif answer.status_code == 304:
            assert answer.headers["etag"] == believed.etag
            assert answer.content == b""
        else:
            assert answer.status_code == 200
            assert answer.headers["etag"] != believed.etag
            believed.etag = answer.headers["etag"]

    @rule(job_id=ids)
    def cancel(self, job_id):
        believed = self.model[job_id]
        answer = self.ask("POST", f"/v1/jobs/{job_id}/cancel")
        if believed.is_erased:
            assert is_problem(answer, 410, "job_erased")
        elif believed.state in ("succeeded", "failed"):
            assert is_problem(answer, 409, "conflict")
        else:
            assert (answer.status_code, answer.json()["state"]) == (200, "canceled")
            believed.state, believed.is_lost = "canceled", False

    @rule(job_id=ids)
    def erase(self, job_id):
        believed = self.model[job_id]
        assert self.ask("DELETE", f"/v1/jobs/{job_id}").status_code == 204
        believed.is_erased, believed.is_lost = True, False
        if believed.state not in FINAL:
            believed.state = "canceled"

    @rule(target=attempts)
    def begin(self):
        claimed = self.store.claim(
            [jobs.Queue.PHOTOS], owner=jobs.Owner("ann"), limit=1, lease_s=LONG_S
        )
        waiting = [one for one in self.model.values() if one.state == "queued"]
        assert bool(claimed) == bool(waiting)
        if not claimed:
            return None
        assert self.model[claimed[0].id].state == "queued"
        self.model[claimed[0].id].state = "running"
        return claimed[0]

    @rule(attempt=attempts, how=OUTCOMES)
    def end(self, attempt, how):
        if attempt is None:
            return
        outcome = {
            "succeed": jobs.Succeeded(result=stage.result_of(attempt)),
            "fail": jobs.Failed(error=OOPS),
            "retry": jobs.Retry(error=OOPS, delay_s=0),
            "release": jobs.Release(),
        }[how]
        written = self.store.complete([jobs.Completion(job=attempt, outcome=outcome)])
        believed = self.model[attempt.id]
        if written:
            assert believed.state == "running"
            assert not believed.is_lost
            believed.state = self.state_after(how, attempt)

    def state_after(self, how: str, attempt: jobs.Job) -> str:
        if how == "retry":
            is_spent = attempt.attempt - attempt.crash_count >= attempt.max_attempts
            return "failed" if is_spent else "queued"
        return {"succeed": "succeeded", "fail": "failed", "release": "queued"}[how]

    @rule(attempt=attempts)
    def lose_lease(self, attempt):
        if attempt is None or not self.store.heartbeat([attempt], lease_s=LONG_S):
            return
        self.expire(attempt.id)
        self.model[attempt.id].is_lost = True

    @rule()
    def sweep(self):
        lost = [job_id for job_id, one in self.model.items() if one.is_lost]
        self.store.sweep(ring_after_s=LONG_S)
        for job_id in lost:
            state = self.store.get(jobs.JobId(job_id)).state.value
            assert state in ("queued", "failed")
            self.model[job_id].state, self.model[job_id].is_lost = state, False

    @rule(state=st.sampled_from([None, "queued", "running", *FINAL]), custom_id=CUSTOM_IDS)
    def list_some(self, state, custom_id):
        told = {"state": state, "custom_id": custom_id, "limit": 2}
        params = {name: value for name, value in told.items() if value is not None}
        expected = [
            job_id
            for job_id, one in reversed(self.model.items())
            if not one.is_erased
            and state in (None, one.state)
            and custom_id in (None, one.custom_id)
        ]
        assert [job["id"] for job in self.pages(params)] == expected

    def pages(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        while True:
            answer = self.ask("GET", "/v1/jobs", params=params).json()
            items += answer["items"]
            if answer["next_cursor"] is None:
                return items
            params = params | {"cursor": answer["next_cursor"]}

    @invariant()
    def every_job_is_as_believed(self):
        for job_id, believed in self.model.items():
            answer = self.ask("GET", f"/v1/jobs/{job_id}")
            if believed.is_erased:
                assert is_problem(answer, 410, "job_erased")
                continue
            view = answer.json()
            assert (view["id"], view["kind"]) == (job_id, believed.kind)
            assert (view["state"], view["custom_id"]) == (believed.state, believed.custom_id)
            assert view["state_version"] >= believed.version
            believed.version = view["state_version"]
            assert (view["finished_at"] is not None) == (believed.state in FINAL)
            assert (view["result"] is not None) == (believed.state == "succeeded")
            self.check_end(believed, view)

    def check_end(self, believed: Believed, view: dict[str, Any]) -> None:
        """See that what has ended is shown the same for ever."""
        if believed.state in FINAL:
            assert believed.shown in (None, view)
            believed.shown = view


def is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    """Whether an answer is this refusal."""
    return (answer.status_code, answer.json()["code"]) == (status, code)


def memory_harness(portal, folder) -> Harness:
    state = State(clock=lambda: 0.0)
    stores = replace(memory.open_stores(), jobs=memory.jobs.MemoryJobs(state))

    def expire(job_id: jobs.JobId) -> None:
        state.rows[job_id].lease_until = -1.0

    caller = Caller(portal, stage.build(stores, folder).app)
    return Harness(caller=caller, stores=stores, expire=expire)


def sql_harness(portal, folder, stores) -> Harness:
    def expire(job_id: jobs.JobId) -> None:
        gone = job_rows.update().where(job_rows.c.id == job_id).values(lease_until=0.0)
        with stores.database.write() as connection:
            connection.execute(gone)

    empty(stores.database)
    caller = Caller(portal, stage.build(stores, folder).app)
    return Harness(caller=caller, stores=stores, expire=expire)


def check(new_harness: Callable[[], Harness], *, examples: int) -> None:
    run_state_machine_as_test(
        lambda: JobsOverHttp(new_harness()),
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_no_requests_break_the_promises_over_memory(portal, tmp_path):
    check(lambda: memory_harness(portal, tmp_path), examples=25)


def test_no_requests_break_the_promises_over_sqlite(portal, tmp_path):
    with stage.sqlite(tmp_path) as stores:
        check(lambda: sql_harness(portal, tmp_path, stores), examples=10)
