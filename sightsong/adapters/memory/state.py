"""What the in-memory stores share: plain dictionaries, one lock, one clock."""

import itertools
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sightsong.core.embeddings import Space
from sightsong.core.jobs import Job, JobId, JobState, Owner, Queue, WorkerInfo
from sightsong.core.snapshots import Snapshot, TrackVectors
from sightsong.core.tracks import FileStamp, Track, TrackId


@dataclass(kw_only=True)
class Row:
    """A job and what only the store knows of it."""

    job: Job
    sequence: int
    available_at: float
    lease_until: float = 0.0

    @property
    def rank(self) -> tuple[int, float, int]:
        """Where the job stands in its queue: priority, then age."""
        return self.job.priority, self.available_at, self.sequence

    def change(self, **fields: Any) -> None:  # noqa: ANN401 - the fields of Job, as replace() has them
        """Change the job; every change raises its version."""
        self.job = replace(self.job, state_version=self.job.state_version + 1, **fields)


@dataclass(kw_only=True)
class FileRow:
    """A file of a track."""

    track_id: TrackId
    stamp: FileStamp


@dataclass(kw_only=True)
class State:
    """All rows. Every access holds `lock`, which is one transaction."""

    clock: Callable[[], float]
    lock: threading.RLock = field(default_factory=threading.RLock)
    rows: dict[JobId, Row] = field(default_factory=dict)
    rung_at: dict[Queue, float] = field(default_factory=dict)
    workers: dict[Owner, tuple[WorkerInfo, float]] = field(default_factory=dict)
    tracks: dict[TrackId, Track] = field(default_factory=dict)
    files: dict[str, FileRow] = field(default_factory=dict)
    embed_jobs: dict[TrackId, JobId] = field(default_factory=dict)
    vectors: dict[tuple[Space, TrackId], TrackVectors] = field(default_factory=dict)
    revisions: dict[Space, int] = field(default_factory=lambda: defaultdict(int))
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    sequence: Iterator[int] = field(default_factory=itertools.count)

    def queued(self, queue: Queue) -> list[Row]:
        """The jobs that wait in a queue, in its order."""
        waiting = (row for row in self.rows.values() if row.job.state is JobState.QUEUED)
        return sorted((r for r in waiting if r.job.kind.queue is queue), key=lambda row: row.rank)


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a mapping as a database would hand it back; refuses what JSON cannot say."""
    copied: dict[str, Any] = json.loads(json.dumps(dict(values), allow_nan=False))
    return copied
