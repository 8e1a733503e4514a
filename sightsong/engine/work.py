"""What an engine is told to do, and at what pace."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from sightsong.core import jobs
from sightsong.engine.interlude import Interlude
from sightsong.engine.watch import Watch


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A job of a batch, and what was made ready for it."""

    job: jobs.Job
    value: Any = None  #: What its preparation gave; None where there is none.


@dataclass(frozen=True, kw_only=True)
class Handler:
    """What is done with the jobs of one kind."""

    #: Runs one batch; answers with one completion for each job.
    run: Callable[[Sequence[Prepared]], Sequence[jobs.Completion]]
    #: Begins what can be done ahead of the batch, elsewhere, and returns at once. None: nothing
    #: can, and then no job is claimed while another is in hand.
    prepare: Callable[[jobs.Job], Future[Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """A queue that an engine serves."""

    queue: jobs.Queue
    batch: int  #: Most jobs that run together; as many more may wait, made ready meanwhile.


def _ignore(_completions: Sequence[jobs.Completion]) -> None:
    """Look at nothing."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """The queues an engine serves, first come first, and what it does for each kind of job."""

    lines: tuple[Line, ...]
    handlers: Mapping[jobs.JobKind, Handler]
    watch: Watch = field(default_factory=Watch)  #: For handlers that take long.
    interlude: Interlude = field(default_factory=Interlude)  #: And for what cannot wait for them.
    #: Shown what became of each batch, those of one kind at a time, before it is written.
    on_batch: Callable[[Sequence[jobs.Completion]], None] = _ignore

    @property
    def is_ready_ahead(self) -> bool:
        """Whether every kind has something to prepare, so that jobs are claimed ahead."""
        return all(handler.prepare for handler in self.handlers.values())


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How an engine keeps time; all in seconds, measured on this process's own monotonic clock."""

    lease_s: float = 30
    heartbeat_s: float = 10
    poll_s: float = 1  #: Looks for work by itself this often, rung or not.
    maintenance_s: float = 0.5
    ring_after_s: float = 2
    grace_s: float = 20  #: For the batch in hand when told to stop.
    batch_limit_s: float = 900  #: A batch, or a preparation, without progress for so long is stuck.
