"""What an engine is told to do, and at what pace."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sightsong.core import jobs
from sightsong.engine.watch import Watch

#: Runs one batch of jobs of one kind; answers with one completion for each of them.
Handler = Callable[[Sequence[jobs.Job]], Sequence[jobs.Completion]]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A queue that an engine serves."""

    queue: jobs.Queue
    batch: int  #: Most jobs in one claim.


@dataclass(frozen=True, kw_only=True)
class Work:
    """The queues an engine serves, first come first, and what it does for each kind of job."""

    lines: tuple[Line, ...]
    handlers: Mapping[jobs.JobKind, Handler]
    watch: Watch = field(default_factory=Watch)  #: For handlers that take long.


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How an engine keeps time; all in seconds, measured on this process's own monotonic clock."""

    lease_s: float = 30
    heartbeat_s: float = 10
    poll_s: float = 1  #: Looks for work by itself this often, rung or not.
    maintenance_s: float = 1
    ring_after_s: float = 3
    grace_s: float = 20  #: For the batch in hand when told to stop.
    batch_limit_s: float = 900  #: A batch without progress for so long is stuck.
