"""Batches: photos and words that are handed in together, and how far they are.

A batch is made of ordinary jobs, whose `parent_id` it is, each at a position of its own. What could
not be made a job is kept beside them as refused, so that one broken photo does not cost the others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from sightsong.core.jobs import Account, Job, JobError, JobId, JobKind, JobState, NewJob
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId, UserId

#: Stands where the id of a parent does.
BatchId = NewType("BatchId", JobId)

#: Items of one batch.
MOST_ITEMS = 1000


class BatchState(StrEnum):
    """Where a batch is in its life."""

    RUNNING = "running"  #: Some of its jobs have not ended.
    COMPLETED = "completed"  #: Final: all of its jobs have ended, however.
    CANCELED = "canceled"  #: Final: given up on request.

    @property
    def is_final(self) -> bool:
        """Whether the state never changes again."""
        return self is not BatchState.RUNNING


@dataclass(frozen=True, kw_only=True)
class Refused:
    """An item that could not be made a job."""

    position: int  #: In the batch, from 0.
    custom_id: str | None
    error: JobError


@dataclass(frozen=True, kw_only=True)
class NewBatch:
    """A batch about to be queued."""

    jobs: Sequence[NewJob]  #: At least one; each knows its position, none its parent.
    refused: Sequence[Refused] = ()
    custom_id: str | None = None
    tenant: TenantId = DEFAULT_TENANT
    user: UserId | None = None
    account: Account = field(default_factory=Account)  #: All its jobs are counted for.
    webhook_id: str | None = None  #: To be told of its end, whatever else that is told of.

    @property
    def total(self) -> int:
        """How many items it has."""
        return len(self.jobs) + len(self.refused)

    @property
    def photos(self) -> int:
        """How many of its jobs are of photos."""
        return sum(job.kind is JobKind.PHOTO for job in self.jobs)

    @property
    def texts(self) -> int:
        """How many of its jobs are of words."""
        return len(self.jobs) - self.photos


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch row, and the counts of its jobs. Times are seconds since the epoch."""

    id: BatchId
    tenant: TenantId
    user: UserId | None
    custom_id: str | None
    total: int  #: Items, refused ones among them.
    refused: int
    counts: Mapping[JobState, int]  #: Of its jobs; states that none is in may be left out.
    version: int  #: Grows with each change of one of its jobs.
    created_at: float
    finished_at: float | None
    is_canceled: bool  #: Somebody has asked for it.

    @property
    def state(self) -> BatchState:
        """Where it is in its life."""
        if self.finished_at is None:
            return BatchState.RUNNING
        return BatchState.CANCELED if self.is_canceled else BatchState.COMPLETED


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What became of the submit of a batch."""

    batch: Batch
    is_replay: bool = False  #: The batch was there already: the submit had been sent before.


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of a batch: a job, or why there is none."""

    position: int
    custom_id: str | None
    job: Job | None = None  #: With its result.
    is_erased: bool = False  #: Its job was, and what that held is gone.
    error: JobError | None = None  #: Of an item that was refused.


def version_of(state_versions: int, *, is_canceled: bool) -> int:
    """Make the version of a batch.

    Args:
        state_versions: of all its jobs, added up; each only grows.
        is_canceled: whether somebody has asked for its end.
    """
    return state_versions + is_canceled


def in_order(items: Iterable[Item], refused: Iterable[Refused]) -> Iterator[Item]:
    """Put items of jobs and refused ones together, by position."""
    others = [
        Item(position=one.position, custom_id=one.custom_id, error=one.error) for one in refused
    ]
    yield from sorted([*items, *others], key=lambda item: item.position)
