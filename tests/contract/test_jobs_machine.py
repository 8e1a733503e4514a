"""The `Jobs` port against a small model, by any sequence of events that Hypothesis can think of."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from sightsong.adapters import store
from sightsong.adapters.memory.jobs import MemoryJobs
from sightsong.adapters.memory.state import State
from sightsong.adapters.store.schema import jobs as job_rows
from sightsong.core import ports, transitions
from sightsong.core.jobs import (
    Completion,
    Failed,
    Job,
    JobId,
    JobState,
    Outcome,
    Owner,
    Queue,
    Release,
    Retry,
    Succeeded,
)
from tests.contract.building import LONG_S, OOPS, empty, photo

OWNERS = st.sampled_from([Owner("ann"), Owner("bob"), Owner("cy")])
OUTCOMES = st.sampled_from(["succeed", "fail", "retry", "retry alone", "release"])


@dataclass
class Believed:
    """What the model holds of one job."""

    state: JobState = JobState.QUEUED
    attempt: int = 0
    crash_count: int = 0
    owner: Owner | None = None
    expired: bool = False
    result: dict[str, int] | None = None
    versions: list[int] = field(default_factory=lambda: [1])

    def end(self, state: JobState) -> None:
        self.state, self.owner, self.expired = state, None, False

    @property
    def is_spent(self) -> bool:
        return self.attempt - self.crash_count >= 3

    def is_held_by(self, job: Job) -> bool:
        running = self.state is JobState.RUNNING and not self.expired
        return running and (self.attempt, self.owner) == (job.attempt, job.owner)


@dataclass
class Harness:
    """A store, and how to run out a lease in it without waiting."""

    jobs: ports.Jobs
    expire: Callable[[JobId], None]


class JobsMachine(RuleBasedStateMachine):
    """Submits, claims, prolongs, completes (also too late), expires and sweeps."""

    attempts = Bundle("attempts")

    def __init__(self, harness: Harness) -> None:
        super().__init__()
        self.store = harness.jobs
        self.expire_lease = harness.expire
        self.model: dict[JobId, Believed] = {}
        self.runs = 0

    @initialize(count=st.integers(1, 3))
    def submit_some(self, count):
        for _ in range(count):
            self.submit(priority=1)

    @rule(priority=st.integers(0, 2))
    def submit(self, priority):
        self.model[self.store.submit(photo(priority=priority)).id] = Believed()

    @rule(target=attempts, owner=OWNERS, limit=st.integers(1, 4))
    def claim(self, owner, limit):
        waiting = [b for b in self.model.values() if b.state is JobState.QUEUED]
        suspects = [believed for believed in waiting if believed.crash_count]
        claimed = self.store.claim([Queue.PHOTOS], owner=owner, limit=limit, lease_s=LONG_S)
        assert len(claimed) == (1 if suspects else min(limit, len(waiting)))
        assert [job.priority for job in claimed] == sorted(job.priority for job in claimed)
        for job in claimed:
            believed = self.model[job.id]
            assert believed.state is JobState.QUEUED
            assert bool(believed.crash_count) == bool(suspects)
            believed.state, believed.owner = JobState.RUNNING, owner
            believed.attempt += 1
        return multiple(*claimed)

    @rule(job=attempts)
    def heartbeat(self, job):
        kept = self.store.heartbeat([job], lease_s=LONG_S)
        assert kept == ({job.id} if self.model[job.id].is_held_by(job) else set())

    @rule(job=attempts, how=OUTCOMES)
    def complete(self, job, how):
        self.runs += 1
        believed = self.model[job.id]
        written = self.store.complete([Completion(job=job, outcome=self.outcome(how))])
        assert written == ({job.id} if believed.is_held_by(job) else set())
        if written:
            self.believe(believed, how)

    @rule(job=attempts)
    def run_out(self, job):
        believed = self.model[job.id]
        if believed.is_held_by(job):
            self.expire_lease(job.id)
            believed.expired = True

    @rule()
    def sweep(self):
        lost = [believed for believed in self.model.values() if believed.expired]
        swept = self.store.sweep(ring_after_s=LONG_S)
        spent = [believed for believed in lost if believed.crash_count == 3]
        assert (swept.requeued, swept.failed) == (len(lost) - len(spent), len(spent))
        for believed in lost:
            believed.crash_count += 1
            believed.end(JobState.FAILED if believed in spent else JobState.QUEUED)

    @invariant()
    def the_store_is_as_believed(self):
        for job_id, believed in self.model.items():
            job = self.store.get(job_id)
            assert (job.state, job.attempt, job.owner) == (
                believed.state,
                believed.attempt,
                believed.owner,
            )
            assert (job.crash_count, job.result) == (believed.crash_count, believed.result)
            assert (job.result is not None) == (job.state is JobState.SUCCEEDED)
            assert (job.finished_at is not None) == job.state.is_final
            assert job.attempt - job.crash_count <= job.max_attempts
            assert job.crash_count <= transitions.MAX_CRASHES
            believed.versions.append(job.state_version)
            assert believed.versions == sorted(believed.versions)

    def outcome(self, how: str) -> Outcome:
        return {
            "succeed": Succeeded(result={"run": self.runs}),
            "fail": Failed(error=OOPS),
            "retry": Retry(error=OOPS, delay_s=0),
            "retry alone": Retry(error=OOPS, delay_s=0, alone=True),
            "release": Release(),
        }[how]

    def believe(self, believed: Believed, how: str) -> None:
        if how == "succeed":
            believed.result = {"run": self.runs}
            believed.end(JobState.SUCCEEDED)
        elif how == "fail" or (how != "release" and believed.is_spent):
            believed.end(JobState.FAILED)
        else:
            believed.attempt -= how == "release"
            if how == "retry alone":
                believed.crash_count = max(believed.crash_count, 1)
            believed.end(JobState.QUEUED)


def memory_harness() -> Harness:
    state = State(clock=lambda: 0.0)

    def expire(job_id: JobId) -> None:
        state.rows[job_id].lease_until = -1.0

    return Harness(jobs=MemoryJobs(state), expire=expire)


def sql_harness(stores: store.SqlStores) -> Harness:
    def expire(job_id: JobId) -> None:
        lost = job_rows.update().where(job_rows.c.id == job_id).values(lease_until=0.0)
        with stores.database.write() as connection:
            connection.execute(lost)

    empty(stores.database)
    return Harness(jobs=stores.jobs, expire=expire)


def check(new_harness: Callable[[], Harness], *, examples: int) -> None:
    run_state_machine_as_test(
        lambda: JobsMachine(new_harness()),
        settings=settings(max_examples=examples, stateful_step_count=30, deadline=None),
    )


def test_no_events_break_the_promises_of_the_memory():
    check(memory_harness, examples=100)


def test_no_events_break_the_promises_of_the_databases(sql_stores):
    examples = 20 if sql_stores.database.engine.dialect.name == "sqlite" else 8
    check(lambda: sql_harness(sql_stores), examples=examples)
