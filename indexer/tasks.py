"""What the indexer does for each kind of job: plain functions over a runtime."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer import ingesting, recordings, snapshot
from sightsong.core import errors, jobs, lifecycle, ports
from sightsong.core.embeddings import Space
from sightsong.engine.work import Prepared


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Everything that the tasks of the indexer use."""

    stores: ports.Stores
    space: Space
    snapshots_dir: Path
    go_on: Callable[[], bool]  #: Notes progress of a rebuild; False when the process is to stop.
    ingesting: ingesting.Runtime


def ingest(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Take in what each job asks for: tracks, and `embed` jobs for the new ones."""
    return [ingesting.ingest(ready.job, runtime.ingesting) for ready in batch]


def rebuild(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Build, verify and publish one snapshot; serves all jobs of the batch."""
    return [_rebuild(ready.job, runtime) for ready in batch]


def _rebuild(job: jobs.Job, runtime: Runtime) -> jobs.Completion:
    store, space = runtime.stores, runtime.space
    try:
        snapshot.prune(runtime.snapshots_dir, space, store.snapshots)
        revision = store.tracks.revision(space)  # before the vectors: never newer than they are
        active = store.snapshots.active(space)
        since = active.revision if active else 0
        recordings.regroup(store.tracks, space, since=since, go_on=runtime.go_on)
        if not runtime.go_on():
            return jobs.Completion(job=job, outcome=jobs.Release())
        built = snapshot.build(
            store.tracks.vectors(space),
            root=runtime.snapshots_dir,
            space=space,
            revision=revision,
        )
        store.snapshots.add(built)
    except errors.SightsongError as error:
        return lifecycle.failure(job, error)
    result = {"version": built.version, "tracks": built.manifest["tracks"]}
    return jobs.Completion(
        job=job,
        outcome=jobs.Succeeded(result=result),
        effects=(jobs.ActivateSnapshot(version=built.version),),
    )
