"""Jobs, files and readings for the contract suites."""

import hashlib
from typing import Any

import numpy as np

from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import metadata
from sightsong.core import embeddings, ports
from sightsong.core.affect import Affect
from sightsong.core.jobs import (
    Completion,
    Effect,
    Failed,
    Job,
    JobError,
    JobId,
    JobKind,
    NewJob,
    Owner,
    Queue,
    StoreEmbedding,
    Succeeded,
    Swept,
)
from sightsong.core.tracks import FoundFile, Tags, TrackId, Verdict
from tests.waiting import wait_until

SPACE = embeddings.Space("tiny@1")
OTHER_SPACE = embeddings.Space("tiny@2")
ANN, BOB = Owner("ann"), Owner("bob")
OOPS = JobError(code="task_failed", detail="it did not work")
LONG_S = 60.0
SHORT_S = 0.03
BRIEF_S = 0.3  # a lease that lasts while something is noted, on a busy machine too
INGEST = JobId("00000000-0000-4000-8000-000000000000")


def photo(**fields: object) -> NewJob:
    """A photo job."""
    return NewJob(kind=JobKind.PHOTO, **fields)


def claim(
    jobs: ports.Jobs,
    *,
    owner: Owner = ANN,
    limit: int = 8,
    lease_s: float = LONG_S,
    queue: Queue = Queue.PHOTOS,
) -> list[Job]:
    """Claim from one queue."""
    return jobs.claim([queue], owner=owner, limit=limit, lease_s=lease_s)


def claim_one(jobs: ports.Jobs, **options: object) -> Job:
    """Claim exactly one job."""
    (job,) = claim(jobs, limit=1, **options)
    return job


def lose_lease(jobs: ports.Jobs, *, queue: Queue = Queue.PHOTOS, owner: Owner = ANN) -> Job:
    """Claim one job and let its lease run out; returns it as it was claimed."""
    job = claim_one(jobs, lease_s=SHORT_S, queue=queue, owner=owner)
    wait_until(lambda: gave_back(jobs.sweep(ring_after_s=LONG_S)))
    return job


def gave_back(swept: Swept) -> int:
    """Count the leases that a sweep found lost."""
    return swept.requeued + swept.failed


def done(job: Job, **result: object) -> Completion:
    """A success."""
    return Completion(job=job, outcome=Succeeded(result=result))


def found(
    name: str,
    *,
    content: str | None = None,
    size_bytes: int = 1000,
    tags: dict[str, Any] | None = None,
    given: dict[str, Any] | None = None,
) -> FoundFile:
    """A file as a scan finds it; of the same content, the same digest."""
    own = {"title": name.title(), "artist": "Ann"} if tags is None else tags
    return FoundFile(
        path=f"/music/{name}",
        size_bytes=size_bytes,
        mtime_ns=1_700_000_000_123_456_789,
        sha256=hashlib.sha256((content or name).encode()).hexdigest(),
        tags=Tags(**own),
        given=Tags(**given or {}),
    )


def register(
    stores: ports.Stores,
    *files: FoundFile,
    space: embeddings.Space = SPACE,
    by: JobId = INGEST,
    restore: bool = False,
) -> list[Verdict]:
    """Register files in one go."""
    return stores.tracks.register(files, space=space, parent_id=by, restore=restore)


def embedding(
    track_id: TrackId,
    *,
    space: embeddings.Space = SPACE,
    seed: int = 0,
    duration_s: float = 22.5,
    digest: str = "d" * 64,
):
    """The effect that makes a track searchable, with made-up vectors of 4 dimensions."""
    rng = np.random.default_rng(seed)
    return StoreEmbedding(
        track_id=track_id,
        space=space,
        vector=embeddings.unit(rng.normal(size=4)),
        windows=embeddings.unit(rng.normal(size=(3, 4))).astype(np.float16),
        window_starts_s=(0.0, 10.0, 12.5),
        affect=Affect(valence=0.25, arousal=-0.5),
        descriptors={"tempo_bpm": 92.0},
        duration_s=duration_s,
        digest=digest,
        fingerprint=np.array([1, 2**32 - 1], dtype=np.uint32),
    )


def embed(jobs: ports.Jobs, *, space: embeddings.Space = SPACE, **heard: object) -> TrackId:
    """Do the next `embed` job; returns its track."""
    job = claim_one(jobs, queue=Queue.TRACKS)
    track_id = TrackId(job.params["track_id"])
    effect = embedding(track_id, space=space, **heard)
    written = jobs.complete([Completion(job=job, outcome=Succeeded(result={}), effects=(effect,))])
    assert written == {job.id}
    return track_id


def finish(jobs: ports.Jobs, job: Job, *effects: Effect) -> None:
    """Complete a job with effects."""
    done = Completion(job=job, outcome=Succeeded(result={}), effects=effects)
    assert jobs.complete([done]) == {job.id}


def fail_embedding(stores: ports.Stores, code: str) -> TrackId:
    """Let the next `embed` job fail for good, which sets its track aside."""
    job = claim_one(stores.jobs, queue=Queue.TRACKS)
    error = JobError(code=code, detail="it was\x00 not read")  # damaged files bring such letters
    stores.jobs.complete([Completion(job=job, outcome=Failed(error=error))])
    return TrackId(job.params["track_id"])


def empty(database: Database) -> None:
    """Delete all rows."""
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
