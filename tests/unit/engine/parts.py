"""An engine for tests: driven by hand, or with its threads; over the in-memory store."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from sightsong.core import jobs, ports
from sightsong.core.jobs import JobKind, JobState, NewJob, Owner, Queue
from sightsong.engine.bell import Bell
from sightsong.engine.desk import Desk
from sightsong.engine.feeder import Feeder
from sightsong.engine.heartbeat import Heartbeat
from sightsong.engine.runner import Runner
from sightsong.engine.watch import Watch
from sightsong.engine.work import Handler, Line, Pace, Prepared, Work

PACE = Pace(lease_s=5, heartbeat_s=0.02, poll_s=0.02, grace_s=2)
ME = jobs.WorkerInfo(owner=Owner("me"), door="workers", pid=1, profile="stub", device="cpu")

_MANY = 1000

Run = Callable[[Sequence[Prepared]], Sequence[jobs.Completion]]
Prepare = Callable[[jobs.Job], Future[Any]]


def at_once(job: jobs.Job) -> Future[Any]:
    """A preparation that has ended already."""
    future: Future[Any] = Future()
    future.set_result(f"prepared {job.kind}")
    return future


def succeed(batch: Sequence[Prepared]) -> list[jobs.Completion]:
    outcome = jobs.Succeeded(result={"batch": len(batch)})
    return [jobs.Completion(job=ready.job, outcome=outcome) for ready in batch]


def work_of(
    run: Run = succeed,
    *,
    prepare: Prepare | None = at_once,
    batch: int = 8,
    watch: Watch | None = None,
) -> Work:
    """Photos before tracks, both done alike."""
    handler = Handler(run=run, prepare=prepare)
    return Work(
        lines=(Line(queue=Queue.PHOTOS, batch=batch), Line(queue=Queue.TRACKS, batch=batch)),
        handlers={JobKind.PHOTO: handler, JobKind.EMBED: handler},
        watch=watch or Watch(),
    )


def submit(stores: ports.Stores, *, kind: JobKind = JobKind.PHOTO) -> jobs.JobId:
    return stores.jobs.submit(NewJob(kind=kind)).id


def state_of(stores: ports.Stores, job_id: jobs.JobId) -> JobState:
    return stores.jobs.get(job_id).state


def make_suspect(stores: ports.Stores, *, kind: JobKind = JobKind.PHOTO) -> jobs.JobId:
    """Submit a job that has brought a batch down; it must be the only one that waits."""
    job_id = submit(stores, kind=kind)
    [job] = stores.jobs.claim([kind.queue], owner=Owner("before"), limit=1, lease_s=60)
    error = jobs.JobError(code="task_failed", detail="It broke.")
    again = jobs.Retry(error=error, delay_s=0, alone=True)
    stores.jobs.complete([jobs.Completion(job=job, outcome=again)])
    return job_id


class Panic(BaseException):
    """What a library written in Rust raises when it breaks: no `Exception`."""


class Preparations:
    """Preparations that end when a test says so."""

    def __init__(self) -> None:
        self.begun: dict[jobs.JobId, Future[Any]] = {}

    def __call__(self, job: jobs.Job) -> Future[Any]:
        self.begun[job.id] = Future()
        return self.begun[job.id]

    def end(self, *job_ids: jobs.JobId) -> None:
        for job_id in job_ids:
            self.begun[job_id].set_result("prepared")


class Batches:
    """Runs batches, and notes of which jobs they were."""

    def __init__(self) -> None:
        self.seen: list[list[jobs.JobId]] = []

    def __call__(self, batch: Sequence[Prepared]) -> list[jobs.Completion]:
        self.seen.append([ready.job.id for ready in batch])
        return succeed(batch)


class ByHand:
    """The parts of an engine without their threads: a test says what happens when."""

    def __init__(
        self,
        stores: ports.Stores,
        work: Work,
        *,
        pace: Pace = PACE,
        store: ports.Jobs | None = None,
    ) -> None:
        rows = store or stores.jobs
        self.bell = Bell()
        self.stuck = threading.Event()
        self.desk = Desk(work.lines, is_ahead=work.is_ready_ahead, on_room=self.bell.ring)
        self.feeder = Feeder(rows, work, owner=ME.owner, pace=pace, desk=self.desk, bell=self.bell)
        self.runner = Runner(rows, work, pace=pace, desk=self.desk)
        self.heartbeat = Heartbeat(
            rows, ME, desk=self.desk, watch=work.watch, pace=pace, on_stuck=self.stuck.set
        )

    @property
    def waiting(self) -> list[jobs.JobId]:
        return [job.id for job in self.desk.waiting]

    def feed(self) -> None:
        """Claim until there is no more, or no room."""
        for _ in range(_MANY):
            if not self.feeder.step():
                return
        raise AssertionError("it claims for ever")

    def turn(self) -> None:
        """Claim, and run one batch."""
        self.feed()
        assert self.waiting, "nothing was claimed"
        self.runner.step()
