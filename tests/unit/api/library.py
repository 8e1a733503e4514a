"""Things that the tests put into the stores, as the other processes would."""

from pathlib import Path
from typing import Any

import numpy as np

from sightsong.core import jobs, ports
from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import FoundFile, Tags, TrackId

SPACE = Space("test/space@1")
_WORKER = jobs.Owner("worker-1")


def finish(stores: ports.Stores, kind: jobs.JobKind, outcome: jobs.Outcome, effects=()) -> jobs.Job:
    """Run the next job of a kind to its end."""
    job = claim(stores, kind)
    stores.jobs.complete([jobs.Completion(job=job, outcome=outcome, effects=tuple(effects))])
    return job


def claim(stores: ports.Stores, kind: jobs.JobKind) -> jobs.Job:
    """Begin the next job of a kind."""
    return stores.jobs.claim([kind.queue], owner=_WORKER, limit=1, lease_s=60)[0]


def succeed(stores: ports.Stores, kind: jobs.JobKind, result: dict[str, Any]) -> jobs.Job:
    """Run the next job of a kind to a good end."""
    return finish(stores, kind, jobs.Succeeded(result=result))


def add_tracks(stores: ports.Stores, *paths: Path) -> list[TrackId]:
    """Register files as tracks; returns their ids in the order of the paths."""
    parent = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.INGEST, params={"path": "/m"}))
    files = [
        FoundFile(
            path=str(path),
            size_bytes=1,
            mtime_ns=1,
            sha256=f"{number:064x}",
            tags=Tags(title=f"Track {number}", artist="Ann"),
        )
        for number, path in enumerate(paths)
    ]
    stores.tracks.register(files, space=SPACE, parent_id=parent.id)
    by_path = {track.path: track.id for track in stores.tracks.page(limit=100)}
    return [by_path[str(path)] for path in paths]


def embed(stores: ports.Stores, *, space: Space = SPACE) -> None:
    """Embed the next track that waits for it."""
    job = claim(stores, jobs.JobKind.EMBED)
    effect = jobs.StoreEmbedding(
        track_id=job.params["track_id"],
        space=space,
        vector=np.ones(4, np.float32) / 2,
        windows=np.ones((1, 4), np.float16) / 2,
        window_starts_s=(0.0,),
        affect=Affect(valence=0.5, arousal=-0.25),
        descriptors={"tempo_bpm": 90.0},
        duration_s=61.5,
        digest="d" * 64,
    )
    outcome = jobs.Succeeded(result={})
    stores.jobs.complete([jobs.Completion(job=job, outcome=outcome, effects=(effect,))])


def publish(stores: ports.Stores, version: str) -> None:
    """Build a snapshot as the indexer would, and make it active."""
    stores.jobs.submit_once(jobs.NewJob(kind=jobs.JobKind.REBUILD))
    stores.snapshots.add(
        Snapshot(
            version=version,
            space=SPACE,
            path=version,
            revision=stores.tracks.revision(SPACE),
            manifest={"kind": "exact", "tracks": 1},
        )
    )
    outcome = jobs.Succeeded(result={"version": version})
    finish(stores, jobs.JobKind.REBUILD, outcome, effects=[jobs.ActivateSnapshot(version=version)])
