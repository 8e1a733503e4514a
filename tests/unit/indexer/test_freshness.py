"""When a rebuild is asked for."""

import numpy as np
import pytest

from indexer.freshness import Freshness
from sightsong.adapters import memory
from sightsong.core import jobs, ports
from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space, unit
from sightsong.core.jobs import Job, JobError, JobId, Owner, Queue
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import FoundFile, Tags

SPACE = Space("stub/space@1")


class World:
    """A library, its freshness, and a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.damaged: set[str] = set()
        self.checks = 0
        self.stores: ports.Stores = memory.open_stores(lambda: self.now)
        self.doorbell = memory.MemoryDoorbell()
        self.freshness = Freshness(
            self.stores,
            self.doorbell,
            SPACE,
            is_sound=self._is_sound,
            clock=lambda: self.now,
        )
        self._built = 0

    def _is_sound(self, snapshot: Snapshot) -> bool:
        self.checks += 1
        return snapshot.version not in self.damaged

    def register(self, name: str) -> None:
        found = FoundFile(path=name, size_bytes=1, mtime_ns=1, sha256=name, tags=Tags())
        self.stores.tracks.register([found], space=SPACE, parent_id=JobId("scan"))

    def claim(self, queue: Queue) -> Job:
        (job,) = self.stores.jobs.claim([queue], owner=Owner("o"), limit=1, lease_s=9999)
        return job

    def embed(self) -> None:
        job = self.claim(Queue.TRACKS)
        effect = jobs.StoreEmbedding(
            track_id=job.params["track_id"],
            space=SPACE,
            vector=unit(np.ones(2)),
            windows=unit(np.ones((1, 2))).astype(np.float16),
            window_starts_s=(0.0,),
            affect=Affect(valence=0.0, arousal=0.0),
            descriptors={},
            duration_s=10.0,
            digest="0" * 64,
        )
        self.complete(job, effect)

    def complete(self, job: Job, *effects: jobs.Effect) -> None:
        done = jobs.Completion(job=job, outcome=jobs.Succeeded(result={}), effects=effects)
        self.stores.jobs.complete([done])

    def rebuild(self, *, takes_s: float = 0.0) -> str:
        """Do the rebuild that was asked for."""
        job = self.claim(Queue.INDEX)
        self.now += takes_s
        self._built += 1
        version = f"v{self._built}"
        revision = self.stores.tracks.revision(SPACE)
        self.stores.snapshots.add(
            Snapshot(version=version, space=SPACE, path=version, revision=revision, manifest={})
        )
        self.complete(job, jobs.ActivateSnapshot(version=version))
        return version

    def fail_rebuild(self) -> None:
        job = self.claim(Queue.INDEX)
        error = JobError(code="snapshot_refused", detail="no")
        self.stores.jobs.complete([jobs.Completion(job=job, outcome=jobs.Failed(error=error))])


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def stale(world: World) -> World:
    """A world whose one track is embedded and not in an index."""
    world.register("a")
    world.embed()
    return world


def test_an_empty_library_needs_no_index(world):
    assert not world.freshness.look()


def test_new_embeddings_ask_for_one_rebuild(stale):
    assert stale.freshness.look()
    assert not stale.freshness.look()
    assert stale.doorbell.rings == (Queue.INDEX,)


def test_a_fresh_index_asks_for_nothing(stale):
    stale.freshness.look()
    stale.rebuild()
    assert not stale.freshness.look()


def test_a_rebuild_waits_while_tracks_wait_to_be_embedded_but_not_for_ever(stale):
    stale.register("b")
    assert not stale.freshness.look()
    stale.now += 11
    assert stale.freshness.look()


def test_the_longer_a_build_takes_the_longer_the_next_one_waits_in_a_long_ingest(stale):
    stale.freshness.look()
    stale.rebuild(takes_s=60)
    stale.freshness.look()
    for name in ("b", "c"):
        stale.register(name)
    stale.embed()
    stale.freshness.look()
    stale.now += 200
    assert not stale.freshness.look()
    stale.now += 200
    assert stale.freshness.look()


def test_after_a_failed_rebuild_the_next_comes_later_and_later(stale):
    pauses = []
    for _ in range(4):
        failed_at = stale.now
        while not stale.freshness.look():
            stale.now += 1
        pauses.append(stale.now - failed_at)
        stale.fail_rebuild()
    assert pauses == [0, 10, 20, 40]


def test_a_rebuild_that_succeeds_forgives_those_that_failed(stale):
    stale.freshness.look()
    stale.fail_rebuild()
    stale.freshness.look()
    stale.now += 11
    stale.freshness.look()
    stale.rebuild()
    stale.register("b")
    stale.embed()
    assert stale.freshness.look()


def test_a_damaged_index_is_built_anew(stale):
    stale.freshness.look()
    stale.damaged.add("v1")
    stale.rebuild()
    assert stale.freshness.look()
    stale.rebuild()
    assert not stale.freshness.look()


def test_the_files_of_an_index_are_read_again_after_an_hour_only(stale):
    stale.freshness.look()
    version = stale.rebuild()
    stale.freshness.look()
    stale.damaged.add(version)
    checks = stale.checks
    stale.now += 1800
    assert not stale.freshness.look()
    assert stale.checks == checks
    stale.now += 1801
    assert stale.freshness.look()
