"""An indexer for tests: its tasks over in-memory rows and real folders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from indexer import ingesting, tasks
from indexer.pieces import Places
from indexer.snapshot import FaissBuilder
from indexer.taking import Means
from sightsong.adapters import archives, memory
from sightsong.adapters.inbox import FolderInbox
from sightsong.adapters.objects import ObjectStores
from sightsong.adapters.shelf import FolderShelf
from sightsong.core import jobs, ports
from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space, unit
from sightsong.core.fingerprints import nothing_heard
from sightsong.core.ingests import Wish
from sightsong.core.jobs import Job, JobKind, NewJob, Owner, Queue
from sightsong.engine.work import Prepared

SPACE = Space("stub/space@1")
ME = Owner("indexer")


@dataclass(kw_only=True)
class Bench:
    """The parts of an indexer, and what a test does with them."""

    stores: ports.Stores
    folder: Path
    doorbell: memory.MemoryDoorbell = field(default_factory=memory.MemoryDoorbell)
    go_on: Callable[[], bool] = lambda: True
    library_root: Path | None = None
    fetch_web: Callable[[str, Path], str] | None = None
    objects: ports.Objects = field(default_factory=lambda: ObjectStores([]))

    @property
    def inbox(self) -> FolderInbox:
        return FolderInbox(self.folder / "inbox", reserve_bytes=0)

    @property
    def shelf_dir(self) -> Path:
        return self.folder / "shelf"

    @property
    def snapshots_dir(self) -> Path:
        return self.folder / "library"

    def runtime(self) -> tasks.Runtime:
        means = Means(
            stores=self.stores,
            doorbell=self.doorbell,
            space=SPACE,
            shelf=FolderShelf(self.shelf_dir, reserve_bytes=0),
            objects=self.objects,
            scratch_dir=self.folder / "scratch",
            reserve_bytes=0,
            go_on=self.go_on,
        )
        places = Places(
            inbox=self.inbox,
            objects=self.objects,
            fetch_web=self.fetch_web,
            library_root=self.library_root,
            scratch_dir=self.folder / "scratch",
            limits=archives.ArchiveLimits(max_members=100, max_bytes=10_000_000),
        )
        return tasks.Runtime(
            stores=self.stores,
            doorbell=self.doorbell,
            space=SPACE,
            builder=FaissBuilder(self.snapshots_dir, threads=1, kept=2),
            go_on=self.go_on,
            ingesting=ingesting.Runtime(means=means, places=places),
        )

    def ingest(self, *paths: Path, **wish: object) -> Job:
        """Submit an ingest and run it."""
        return self.run(self.submit(*paths, **wish))

    def submit(self, *paths: Path, **wish: object) -> Job:
        names = tuple(str(path) for path in paths)
        return self.stores.ingests.submit(Wish(paths=names, **wish))

    def rebuild(self) -> Job:
        return self.ask(JobKind.REBUILD)

    def ask(self, kind: JobKind, **params: object) -> Job:
        """Submit a job and run it."""
        return self.run(self.stores.jobs.submit(NewJob(kind=kind, params=params)))

    def run(self, submitted: Job) -> Job:
        """Run one job of a kind; it must be the next in its queue."""
        batch = self.claim(submitted.kind.queue)
        assert [job.id for job in batch] == [submitted.id]
        self.work(batch)
        return self.stores.jobs.get(submitted.id)

    def work(self, batch: Sequence[Job]) -> None:
        """Do claimed jobs of one kind."""
        task = {
            JobKind.INGEST: tasks.ingest,
            JobKind.REBUILD: tasks.rebuild,
            JobKind.VERIFY: tasks.verify,
            JobKind.PRUNE: tasks.prune,
        }[batch[0].kind]
        ready = [Prepared(job=job) for job in batch]
        self.stores.jobs.complete(task(ready, runtime=self.runtime()))

    def claim(self, queue: Queue, *, limit: int = 1) -> list[Job]:
        return self.stores.jobs.claim([queue], owner=ME, limit=limit, lease_s=60)

    def embed_all(self) -> None:
        """Embed each track that waits, somewhere else in the space and of another length."""
        batch = self.claim(Queue.TRACKS, limit=50)
        self.stores.jobs.complete(
            [
                embedded(job, vectors=unit(np.array([[1.0, i, 0.0]])), duration_s=10.0 + 5 * i)
                for i, job in enumerate(batch)
            ]
        )


def embedded(
    job: Job,
    *,
    vectors: np.ndarray,
    duration_s: float,
    digest: str = "0" * 64,
    fingerprint: np.ndarray | None = None,
) -> jobs.Completion:
    """End an embed job: one window for each row of `vectors`."""
    effect = jobs.StoreEmbedding(
        track_id=job.params["track_id"],
        space=SPACE,
        vector=unit(vectors.mean(axis=0)),
        windows=vectors.astype(np.float16),
        window_starts_s=tuple(10.0 * i for i in range(len(vectors))),
        affect=Affect(valence=0.0, arousal=0.0),
        descriptors={},
        duration_s=duration_s,
        digest=digest,
        fingerprint=nothing_heard() if fingerprint is None else fingerprint,
    )
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result={}), effects=(effect,))


def counts(job: Job, *names: str) -> Sequence[int]:
    """Some counts of a scan that has ended."""
    assert job.result is not None, job.error
    return tuple(job.result[name] for name in names)


def problems(bench: Bench, ingest_id: str) -> dict[str, str]:
    return {one.file: one.code for one in bench.stores.ingests.problems(ingest_id, limit=99)}
