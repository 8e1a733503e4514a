"""What the indexer does for each kind of job: plain functions over a runtime."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from indexer import ingesting, recordings
from indexer.building import Builder, Elsewhere, Plan
from sightsong.core import errors, jobs, lifecycle, ports
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import Snapshot, SnapshotState
from sightsong.engine.work import Prepared

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Everything that the tasks of the indexer use."""

    stores: ports.Stores
    doorbell: ports.Doorbell
    space: Space
    builder: Builder
    go_on: Callable[[], bool]  #: Notes progress of a rebuild; False when the process is to stop.
    ingesting: ingesting.Runtime


def ingest(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Take in what each job asks for: tracks, and `embed` jobs for the new ones."""
    return [ingesting.ingest(ready.job, runtime.ingesting) for ready in batch]


def rebuild(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Build, verify and publish one snapshot; serves all jobs of the batch."""
    return [_rebuild(ready.job, runtime) for ready in batch]


def verify(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Compare the snapshot that each job names with its manifest.

    In place of the active one, if it is damaged, another is asked for.
    """
    return [_verify(ready.job, runtime) for ready in batch]


def prune(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Remove the snapshots that nobody needs."""
    return [_prune(ready.job, runtime) for ready in batch]


def _rebuild(job: jobs.Job, runtime: Runtime) -> jobs.Completion:
    try:
        built = _build(runtime)
        if built is None:
            return jobs.Completion(job=job, outcome=jobs.Release())
        runtime.stores.snapshots.add(built)
    except errors.SightsongError as error:
        return lifecycle.failure(job, error)
    result = {
        "version": built.version,
        "tracks": built.manifest["tracks"],
        "kind": built.manifest["kind"],
        "recall": built.manifest["recall_at_10"],
    }
    return jobs.Completion(
        job=job,
        outcome=jobs.Succeeded(result=result),
        effects=(jobs.ActivateSnapshot(version=built.version),),
    )


def _build(runtime: Runtime) -> Snapshot | None:
    """Group the recordings and build a snapshot; None when told to stop."""
    store, space = runtime.stores, runtime.space
    _tidy(runtime)
    # What is embedded while recordings are grouped may be missed: the next rebuild begins here.
    grouped = store.tracks.revision(space)
    active = store.snapshots.active(space)
    since = active.manifest.get("grouped", 0) if active else 0
    recordings.regroup(store.tracks, space, since=since, go_on=runtime.go_on)
    if not runtime.go_on():
        return None
    # Grouping changed it; and it is read before the tracks are: never newer than they are.
    revision = store.tracks.revision(space)
    plan = Plan(
        space=space,
        revision=revision,
        grouped=grouped,
        extent=store.tracks.extent(space),
        phrases=_phrases(store.phrases, space),
        go_on=runtime.go_on,
    )
    return runtime.builder.build(store.tracks.indexed(space), plan)


def _tidy(runtime: Runtime) -> None:
    """Remove what nobody needs, if that can be done: a build does not depend on it."""
    try:
        runtime.builder.prune(runtime.space, runtime.stores.snapshots)
    except (errors.SightsongError, OSError) as error:
        log.warning("prune.failed", reason=str(error))


def _phrases(phrases: ports.Phrases, space: Space) -> NDArray[np.float32]:
    """The vectors of all phrases that can be compared with each other, (m, d); m may be 0."""
    known = [vector for _, vector in sorted(phrases.read(space).items())]
    sound = [vector for vector in known if np.isfinite(vector).all()]
    fitting = [vector for vector in sound if vector.shape == sound[0].shape]
    return np.stack(fitting) if fitting else np.empty((0, 0), np.float32)


def _verify(job: jobs.Job, runtime: Runtime) -> jobs.Completion:
    version = str(job.params.get("version"))
    try:
        snapshot = runtime.stores.snapshots.get(version)
        reason = _flaw(snapshot, runtime.builder)
        is_served = snapshot.state is SnapshotState.ACTIVE and snapshot.space == runtime.space
        if reason is not None and is_served:
            _ask_for_another(runtime)
    except errors.SightsongError as error:
        return lifecycle.failure(job, error)
    result = {"version": version, "is_sound": reason is None, "reason": reason}
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=result))


def _flaw(snapshot: Snapshot, builder: Builder) -> str | None:
    """What is wrong with a snapshot; None where it is sound.

    Raises:
        Elsewhere: it cannot be told here.
    """
    try:
        builder.verify(snapshot)
    except Elsewhere:
        raise
    except errors.SnapshotRefused as error:
        return error.detail
    return None


def _ask_for_another(runtime: Runtime) -> None:
    """Ask for a rebuild, also in place of a snapshot that a person chose."""
    rebuild = jobs.NewJob(kind=jobs.JobKind.REBUILD, params={"asked": True})
    if runtime.stores.jobs.submit_once(rebuild) is not None:
        runtime.doorbell.ring(jobs.Queue.INDEX)


def _prune(job: jobs.Job, runtime: Runtime) -> jobs.Completion:
    try:
        removed = runtime.builder.prune(runtime.space, runtime.stores.snapshots)
    except errors.SightsongError as error:
        return lifecycle.failure(job, error)
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result={"removed": removed}))
