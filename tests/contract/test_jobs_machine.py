"""The `Jobs` port against a small model, by any sequence of events that Hypothesis can think of."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

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
from sightsong.core.errors import Conflict, IdempotencyMismatch, JobErased, SightsongError
from sightsong.core.jobs import (
    Completion,
    Failed,
    Idempotency,
    Job,
    JobFilter,
    JobId,
    JobKind,
    JobState,
    Outcome,
    Owner,
    Queue,
    Release,
    Retry,
    Submitted,
    Succeeded,
)
from tests.contract.building import LONG_S, OOPS, empty, photo

OWNERS = st.sampled_from([Owner("ann"), Owner("bob"), Owner("cy")])
KEYS = st.sampled_from(["a", "b"])
FINGERPRINTS = st.sampled_from(["1" * 64, "2" * 64])
OUTCOMES = st.sampled_from(["succeed", "fail", "retry", "retry alone", "release"])


@dataclass
class Believed:
    """What the model holds of one job."""

    state: JobState = JobState.QUEUED
    attempt: int = 0
    crash_count: int = 0
    owner: Owner | None = None
    expired: bool = False
    late: bool = False
    erased: bool = False
    result: dict[str, int] | None = None
    versions: list[int] = field(default_factory=lambda: [1])

    @property
    def is_open(self) -> bool:
        return not self.state.is_final

    def end(self, state: JobState) -> None:
        self.state, self.owner, self.expired = state, None, False

    @property
    def is_overdue(self) -> bool:
        return self.late and self.attempt == 0  # one that has begun is not cut off

    @property
    def is_spent(self) -> bool:
        return self.attempt - self.crash_count >= 3

    def is_held_by(self, job: Job) -> bool:
        running = self.state is JobState.RUNNING and not self.expired
        return running and (self.attempt, self.owner) == (job.attempt, job.owner)


@dataclass
class Harness:
    """A store, and how to let time pass in it without waiting."""

    jobs: ports.Jobs
    expire: Callable[[JobId], None]  #: Runs out the lease of a job.
    pass_deadline: Callable[[JobId], None]


class JobsMachine(RuleBasedStateMachine):
    """Submits, claims, prolongs, completes (also too late), cancels, erases, expires and sweeps."""

    attempts = Bundle("attempts")
    submitted = Bundle("submitted")

    def __init__(self, harness: Harness) -> None:
        super().__init__()
        self.store = harness.jobs
        self.expire_lease = harness.expire
        self.pass_deadline_of = harness.pass_deadline
        self.keys: dict[str, tuple[JobId, str]] = {}
        self.model: dict[JobId, Believed] = {}
        self.runs = 0

    @initialize(target=submitted, count=st.integers(1, 3))
    def submit_some(self, count):
        return multiple(*(self.submit(priority=1) for _ in range(count)))

    @rule(target=submitted, priority=st.integers(0, 2))
    def submit(self, priority):
        job_id = self.store.submit(photo(priority=priority, deadline_s=LONG_S)).id
        self.model[job_id] = Believed()
        return job_id

    @rule(target=submitted, key=KEYS, fingerprint=FINGERPRINTS)
    def submit_keyed(self, key, fingerprint):
        sent = Idempotency(key=key, fingerprint=fingerprint)
        job_id, first = self.keys.get(key, (None, fingerprint))
        if job_id is None:
            made = self.store.submit_keyed(photo(), sent)
            assert not made.is_replay
            self.keys[key] = made.job.id, fingerprint
            self.model[made.job.id] = Believed()
            return made.job.id
        refusal = self.refusal(job_id, is_same=first == fingerprint)
        for again in (self.store.submit_keyed, lambda _, sent: self.store.replay(sent)):
            try:
                found = again(photo(), sent)
            except SightsongError as error:
                assert type(error) is refusal  # noqa: PT017 - or none was raised
            else:
                assert refusal is None
                assert (found.job if isinstance(found, Submitted) else found).id == job_id
        return multiple()

    def refusal(self, job_id, *, is_same):
        if self.model[job_id].erased:
            return JobErased
        return None if is_same else IdempotencyMismatch

    @rule(job_id=submitted)
    def cancel(self, job_id):
        believed = self.model[job_id]
        try:
            self.store.cancel(job_id)
        except JobErased:
            assert believed.erased
        except Conflict:
            assert believed.state in (JobState.SUCCEEDED, JobState.FAILED)
            assert not believed.erased
        else:
            assert not believed.erased
            believed.end(JobState.CANCELED)

    @rule(job_id=submitted)
    def erase(self, job_id):
        believed = self.model[job_id]
        assert self.store.erase(job_id) is None  # it has no image
        if believed.is_open:
            believed.end(JobState.CANCELED)
        believed.erased = True

    @rule(job_id=submitted)
    def pass_deadline(self, job_id):
        believed = self.model[job_id]
        if believed.is_open:
            self.pass_deadline_of(job_id)
            believed.late = True

    @rule(target=attempts, owner=OWNERS, limit=st.integers(1, 4))
    def claim(self, owner, limit):
        queued = [b for b in self.model.values() if b.state is JobState.QUEUED]
        waiting = [believed for believed in queued if not believed.is_overdue]
        suspects = [believed for believed in waiting if believed.crash_count]
        claimed = self.store.claim([Queue.PHOTOS], owner=owner, limit=limit, lease_s=LONG_S)
        assert len(claimed) == (1 if suspects else min(limit, len(waiting)))
        assert [job.priority for job in claimed] == sorted(job.priority for job in claimed)
        for job in claimed:
            believed = self.model[job.id]
            assert believed.state is JobState.QUEUED
            assert not believed.is_overdue
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
        for believed in lost:
            believed.crash_count += 1
            is_spent = any(believed is one for one in spent)
            believed.end(JobState.FAILED if is_spent else JobState.QUEUED)
        late = [b for b in self.model.values() if b.is_overdue and b.state is JobState.QUEUED]
        for believed in late:
            believed.end(JobState.FAILED)
        assert swept.requeued == len(lost) - len(spent)
        assert swept.failed == len(spent) + len(late)

    @invariant()
    def the_store_is_as_believed(self):
        for job_id, believed in self.model.items():
            [version] = self.store.versions([job_id]).values()
            believed.versions.append(version)
            assert believed.versions == sorted(believed.versions)
            if believed.erased:
                self.is_gone(job_id)
                continue
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
            assert job.state_version == version

    @invariant()
    def the_lists_are_as_believed(self):
        for state in JobState:
            found = self.store.listed(
                JobFilter(kinds=(JobKind.PHOTO,), state=state), limit=len(self.model) + 1
            )
            kept = [
                job_id
                for job_id, believed in self.model.items()
                if believed.state is state and not believed.erased
            ]
            assert [job.id for job in found] == kept[::-1]

    def is_gone(self, job_id):
        try:
            self.store.get(job_id)
        except JobErased:
            return
        raise AssertionError("it is still there")

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

    def pass_deadline(job_id: JobId) -> None:
        row = state.rows[job_id]
        row.job = replace(row.job, deadline_at=0.0)

    return Harness(jobs=MemoryJobs(state), expire=expire, pass_deadline=pass_deadline)


def sql_harness(stores: store.SqlStores) -> Harness:
    def change(job_id: JobId, **columns: float) -> None:
        changed = job_rows.update().where(job_rows.c.id == job_id).values(**columns)
        with stores.database.write() as connection:
            connection.execute(changed)

    empty(stores.database)
    return Harness(
        jobs=stores.jobs,
        expire=lambda job_id: change(job_id, lease_until=0.0),
        pass_deadline=lambda job_id: change(job_id, deadline_at=0.0),
    )


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
