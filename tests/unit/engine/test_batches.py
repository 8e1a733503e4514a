"""How a batch is run and written, whatever its task, its preparation or the store do."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace

from sightsong.core import errors, jobs, ports
from sightsong.core.jobs import JobKind, JobState, Queue
from sightsong.engine.work import Handler, Prepared, Work
from sightsong.engine.writing import Writer
from tests.unit.engine.parts import (
    ME,
    PACE,
    Batches,
    ByHand,
    Panic,
    Preparations,
    at_once,
    state_of,
    submit,
    succeed,
    work_of,
)


class Choking:
    """Job rows whose `complete` raises what nobody foresaw, as often as told."""

    def __init__(self, rows: ports.Jobs, times: int) -> None:
        self._rows = rows
        self._left = times

    def __getattr__(self, name: str) -> object:
        return getattr(self._rows, name)

    def complete(self, completions: Sequence[jobs.Completion]) -> frozenset[jobs.JobId]:
        self._left -= 1
        if self._left >= 0:
            raise LookupError("nobody foresaw this")
        return self._rows.complete(completions)


def test_waiting_jobs_are_run_as_one_batch(stores):
    ids = [submit(stores) for _ in range(3)]
    ByHand(stores, work_of()).turn()
    assert [stores.jobs.get(one).result for one in ids] == [{"batch": 3}] * 3


def test_a_task_is_given_what_was_prepared_for_each_job(stores):
    given: list[object] = []

    def look(batch: Sequence[Prepared]) -> list[jobs.Completion]:
        given.extend(ready.value for ready in batch)
        return succeed(batch)

    submit(stores)
    ByHand(stores, work_of(look)).turn()
    assert given == ["prepared photo"]


def test_photos_go_before_tracks_that_wait_longer(stores):
    submit(stores, kind=JobKind.EMBED)
    photo = submit(stores)
    ByHand(stores, work_of()).turn()
    assert state_of(stores, photo) is JobState.SUCCEEDED


def test_a_task_that_raises_an_input_error_fails_its_jobs(stores):
    def refuse(batch: Sequence[Prepared]) -> list[jobs.Completion]:
        raise errors.BrokenImage

    job_id = submit(stores)
    ByHand(stores, work_of(refuse)).turn()
    job = stores.jobs.get(job_id)
    assert (job.state, job.error.code) == (JobState.FAILED, "image_broken")


def test_a_task_with_a_bug_puts_its_jobs_back_to_run_alone(stores):
    def break_down(batch: Sequence[Prepared]) -> list[jobs.Completion]:
        raise ZeroDivisionError

    ids = [submit(stores) for _ in range(2)]
    ByHand(stores, work_of(break_down)).turn()
    found = [stores.jobs.get(one) for one in ids]
    assert [job.state for job in found] == [JobState.QUEUED] * 2
    assert [job.crash_count for job in found] == [1, 1]
    assert [job.error.code for job in found] == ["task_failed"] * 2
    assert "ZeroDivisionError" in found[0].error.detail


def test_a_preparation_that_fails_is_the_end_of_its_own_job_alone(stores):
    prepare, run = Preparations(), Batches()
    broken, *good = (submit(stores) for _ in range(3))
    engine = ByHand(stores, work_of(run, prepare=prepare))
    engine.feed()
    prepare.begun[broken].set_exception(errors.BrokenImage())
    prepare.end(*good)
    engine.runner.step()
    assert stores.jobs.get(broken).error.code == "image_broken"
    assert [state_of(stores, one) for one in good] == [JobState.SUCCEEDED] * 2
    assert run.seen == [good]


def test_a_preparation_with_a_bug_is_a_failed_attempt_and_makes_nobody_a_suspect(stores):
    def prepare(job: jobs.Job) -> Future[object]:
        raise ZeroDivisionError

    job_id = submit(stores)
    ByHand(stores, work_of(prepare=prepare)).turn()
    job = stores.jobs.get(job_id)
    assert (job.state, job.crash_count, job.error.code) == (JobState.QUEUED, 0, "task_failed")
    assert "ZeroDivisionError" in job.error.detail


def test_a_batch_of_which_nothing_is_fit_to_run_is_completed_all_the_same(stores):
    def refuse(job: jobs.Job) -> Future[object]:
        future = at_once(job).__class__()
        future.set_exception(errors.BrokenImage())
        return future

    run = Batches()
    ids = [submit(stores) for _ in range(2)]
    ByHand(stores, work_of(run, prepare=refuse)).turn()
    assert [state_of(stores, one) for one in ids] == [JobState.FAILED] * 2
    assert run.seen == []


def mixed_work(
    photos: Callable[[Sequence[Prepared]], Sequence[jobs.Completion]],
    texts: Callable[[Sequence[Prepared]], Sequence[jobs.Completion]],
) -> Work:
    """Work on one queue of two kinds, each done by its own function."""
    plain = work_of(photos)
    return replace(
        plain, handlers={**plain.handlers, JobKind.TEXT: Handler(run=texts, prepare=at_once)}
    )


def test_jobs_of_two_kinds_in_one_batch_are_run_by_kind_in_the_order_of_the_first(stores):
    order: list[tuple[str, list[jobs.JobId]]] = []

    def noted(name: str) -> Callable[[Sequence[Prepared]], list[jobs.Completion]]:
        def run(batch: Sequence[Prepared]) -> list[jobs.Completion]:
            order.append((name, [ready.job.id for ready in batch]))
            return succeed(batch)

        return run

    kinds = [JobKind.TEXT, JobKind.PHOTO, JobKind.TEXT, JobKind.PHOTO, JobKind.PHOTO]
    ids = [submit(stores, kind=kind) for kind in kinds]
    ByHand(stores, mixed_work(noted("photos"), noted("texts"))).turn()
    assert order == [("texts", [ids[0], ids[2]]), ("photos", [ids[1], ids[3], ids[4]])]
    assert [stores.jobs.get(one).result["batch"] for one in ids] == [2, 3, 2, 3, 3]


def test_a_kind_that_fails_takes_none_of_another_kind_down(stores):
    def break_down(batch: Sequence[Prepared]) -> list[jobs.Completion]:
        raise ZeroDivisionError

    kinds = [JobKind.PHOTO, JobKind.TEXT, JobKind.PHOTO]
    first, text, last = (submit(stores, kind=kind) for kind in kinds)
    ByHand(stores, mixed_work(break_down, succeed)).turn()
    assert state_of(stores, text) is JobState.SUCCEEDED
    assert [stores.jobs.get(one).crash_count for one in (first, last)] == [1, 1]


def test_the_only_one_of_its_kind_has_run_alone(stores):
    def break_down(batch: Sequence[Prepared]) -> list[jobs.Completion]:
        raise ZeroDivisionError

    submit(stores)
    text = submit(stores, kind=JobKind.TEXT)
    ByHand(stores, mixed_work(succeed, break_down)).turn()
    job = stores.jobs.get(text)
    assert (job.state, job.crash_count) == (JobState.QUEUED, 0)


def test_what_became_of_a_batch_is_shown_by_kind(stores):
    shown: list[list[JobKind]] = []
    work = replace(
        mixed_work(succeed, succeed),
        on_batch=lambda done: shown.append([one.job.kind for one in done]),
    )
    for kind in (JobKind.PHOTO, JobKind.TEXT, JobKind.PHOTO):
        submit(stores, kind=kind)
    ByHand(stores, work).turn()
    assert shown == [[JobKind.PHOTO, JobKind.PHOTO], [JobKind.TEXT]]


def test_what_became_of_a_batch_is_shown_to_who_counts(stores):
    shown: list[JobState | str] = []
    work = work_of()
    counted = type(work)(
        lines=work.lines,
        handlers=work.handlers,
        on_batch=lambda done: shown.extend(type(one.outcome).__name__ for one in done),
    )
    submit(stores)
    ByHand(stores, counted).turn()
    assert shown == ["Succeeded"]


def test_a_batch_that_the_store_chokes_on_is_written_one_by_one(stores):
    ids = [submit(stores) for _ in range(3)]
    ByHand(stores, work_of(), store=Choking(stores.jobs, 1)).turn()
    assert {state_of(stores, one) for one in ids} == {JobState.SUCCEEDED}


def test_a_result_that_cannot_be_stored_is_a_failed_attempt_of_its_job_alone(stores):
    ids = [submit(stores) for _ in range(2)]
    ByHand(stores, work_of(), store=Choking(stores.jobs, 2)).turn()
    states = [state_of(stores, one) for one in ids]
    assert states == [JobState.QUEUED, JobState.SUCCEEDED]
    assert stores.jobs.get(ids[0]).error.code == "task_failed"


class Away:
    """Job rows of a database that is away, for as many calls as told."""

    def __init__(self, rows: ports.Jobs, **times: int) -> None:
        self._rows = rows
        self._times = times

    def __getattr__(self, name: str) -> object:
        if self._times.get(name, 0) > 0:
            self._times[name] -= 1
            return self._refuse
        return getattr(self._rows, name)

    def _refuse(self, *_: object, **__: object) -> None:
        raise errors.StoreUnavailable


def test_a_finished_batch_is_kept_until_the_database_is_back(stores):
    job_id = submit(stores)
    ByHand(stores, work_of(), store=Away(stores.jobs, complete=1)).turn()
    assert state_of(stores, job_id) is JobState.SUCCEEDED


def test_a_task_that_panics_is_a_failed_attempt(stores):
    def panic(batch: Sequence[Prepared]) -> list[jobs.Completion]:
        raise Panic

    job_id = submit(stores)
    ByHand(stores, work_of(panic)).turn()
    job = stores.jobs.get(job_id)
    assert (job.state, job.error.code) == (JobState.QUEUED, "task_failed")
    assert "Panic" in job.error.detail


def test_a_preparation_that_panics_is_a_failed_attempt(stores):
    prepare = Preparations()
    job_id = submit(stores)
    engine = ByHand(stores, work_of(prepare=prepare))
    engine.feed()
    prepare.begun[job_id].set_exception(Panic())
    engine.runner.step()
    assert stores.jobs.get(job_id).error.code == "task_failed"


def test_a_preparation_that_panics_as_it_begins_is_a_failed_attempt(stores):
    def prepare(job: jobs.Job) -> Future[object]:
        raise SystemExit

    job_id = submit(stores)
    ByHand(stores, work_of(prepare=prepare)).turn()
    job = stores.jobs.get(job_id)
    assert (job.state, job.crash_count, job.error.code) == (JobState.QUEUED, 0, "task_failed")


class Unwritable:
    """Job rows, one of which can never be written."""

    def __init__(self, rows: ports.Jobs, bad: jobs.JobId) -> None:
        self._rows = rows
        self._bad = bad

    def __getattr__(self, name: str) -> object:
        return getattr(self._rows, name)

    def complete(self, completions: Sequence[jobs.Completion]) -> frozenset[jobs.JobId]:
        if self._bad in {completion.job.id for completion in completions}:
            raise LookupError("nobody foresaw this")
        return self._rows.complete(completions)


def test_a_row_that_can_never_be_written_costs_its_neighbours_nothing(stores):
    ids = [submit(stores) for _ in range(3)]
    ByHand(stores, work_of(), store=Unwritable(stores.jobs, ids[0])).turn()
    states = [state_of(stores, one) for one in ids]
    assert states == [JobState.RUNNING, JobState.SUCCEEDED, JobState.SUCCEEDED]


def test_a_job_that_could_not_be_given_back_at_first_is_given_back_as_it_was(stores):
    job_id = submit(stores)
    held = stores.jobs.claim([Queue.PHOTOS], owner=ME.owner, limit=1, lease_s=30)
    Writer(Choking(stores.jobs, 2), PACE).release(held)
    job = stores.jobs.get(job_id)
    assert (job.state, job.attempt, job.crash_count) == (JobState.QUEUED, 0, 0)
    assert job.error is None
