"""When a rebuild is asked for."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from indexer.freshness import Freshness, Patience
from sightsong.adapters import memory
from sightsong.core import jobs, ports
from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space, unit
from sightsong.core.errors import JobNotFound, SnapshotRefused
from sightsong.core.jobs import Job, JobError, JobId, Owner, Queue
from sightsong.core.snapshots import Extent, Snapshot
from sightsong.core.tracks import FoundFile, Tags

SPACE = Space("stub/space@1")


class World:
    """A library, its freshness, and a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.damaged: set[str] = set()
        self.checks = 0
        self.looks: dict[str, int] = {}
        self.stores: ports.Stores = memory.open_stores(lambda: self.now)
        self.doorbell = memory.MemoryDoorbell()
        self.watch(self.stores.tracks)
        self._built = 0

    def watch(self, tracks: ports.Tracks, *, stores: ports.Stores | None = None) -> None:
        """Begin anew, as after a restart."""
        self.freshness = Freshness(
            replace(stores or self.stores, tracks=tracks),
            self.doorbell,
            SPACE,
            builder=self,
            patience=Patience(many=3),
            clock=lambda: self.now,
        )

    def verify(self, snapshot: Snapshot) -> None:
        self.checks += 1
        if snapshot.version in self.damaged:
            raise SnapshotRefused

    def glance(self, snapshot: Snapshot) -> int:
        return self.looks.get(snapshot.version, 0)

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

    def change(self, *names: str) -> None:
        """Register tracks and embed them."""
        for name in names:
            self.register(name)
            self.embed()

    def looks_until_asked(self) -> float:
        """Look each second until a rebuild is asked for; after how many."""
        began = self.now
        while not self.freshness.look():
            self.now += 1
            assert self.now - began < 9999
        return self.now - began

    def rebuild(
        self, *, takes_s: float = 0.0, manifest: Mapping[str, float] = MappingProxyType({})
    ) -> str:
        """Do the rebuild that was asked for."""
        job = self.claim(Queue.INDEX)
        self.now += takes_s
        self._built += 1
        version = f"v{self._built}"
        revision = self.stores.tracks.revision(SPACE)
        self.stores.snapshots.add(
            Snapshot(
                version=version, space=SPACE, path=version, revision=revision, manifest=manifest
            )
        )
        self.complete(job, jobs.ActivateSnapshot(version=version))
        return version

    def empty(self) -> None:
        """Remove every track."""
        for track in self.stores.tracks.page(limit=99):
            self.stores.tracks.remove(track.id)

    def fail_rebuild(self) -> None:
        job = self.claim(Queue.INDEX)
        error = JobError(code="snapshot_refused", detail="no")
        self.stores.jobs.complete([jobs.Completion(job=job, outcome=jobs.Failed(error=error))])


class Counting:
    """Tracks that note how often they were counted."""

    def __init__(self, tracks: ports.Tracks) -> None:
        self._tracks = tracks
        self.calls = self.extents = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._tracks, name)

    def count_changes(self, space: Space, *, since: int, limit: int) -> int:
        self.calls += 1
        return self._tracks.count_changes(space, since=since, limit=limit)

    def extent(self, space: Space) -> Extent:
        self.extents += 1
        return self._tracks.extent(space)


class Forgetful:
    """Jobs of which none can be read again."""

    def __init__(self, rows: ports.Jobs) -> None:
        self._rows = rows

    def __getattr__(self, name: str) -> object:
        return getattr(self._rows, name)

    def get(self, _job_id: JobId) -> Job:
        raise JobNotFound


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


def test_many_changes_are_folded_in_at_once(stale):
    stale.freshness.look()
    stale.rebuild(takes_s=60)
    stale.change("b", "c")
    assert not stale.freshness.look()
    stale.change("d")
    assert stale.freshness.look()


def test_in_a_long_ingest_many_changes_wait_the_longer_the_longer_a_build_takes(stale):
    stale.freshness.look()
    stale.rebuild(takes_s=60)
    stale.change("b", "c", "d")
    stale.register("e")
    assert stale.looks_until_asked() == 300


def test_a_few_changes_wait_the_longer_the_longer_a_build_takes(stale):
    stale.freshness.look()
    stale.rebuild(takes_s=60)
    stale.change("b")
    assert stale.looks_until_asked() == 1200


def test_a_few_changes_wait_a_moment_for_more_however_fast_a_build_is(stale):
    stale.freshness.look()
    stale.rebuild()
    stale.change("b")
    assert stale.looks_until_asked() == 5


def test_a_few_changes_wait_until_all_tracks_are_embedded(stale):
    stale.freshness.look()
    stale.rebuild()
    stale.change("b")
    stale.register("c")
    for _ in range(1000):
        assert not stale.freshness.look()
        stale.now += 1
    stale.embed()
    assert stale.freshness.look()


def test_how_long_a_build_takes_is_known_after_a_restart_too(stale):
    stale.freshness.look()
    stale.rebuild(manifest={"built_s": 60.0})
    stale.watch(stale.stores.tracks)
    stale.change("b")
    assert stale.looks_until_asked() == 1200


def test_a_snapshot_that_a_person_chose_is_not_followed_by_itself(stale):
    stale.freshness.look()
    stale.stores.snapshots.activate(stale.rebuild())
    stale.change("b", "c", "d", "e")
    stale.now += 9999
    assert not stale.freshness.look()


def test_a_snapshot_that_a_person_chose_is_built_anew_if_it_is_damaged(stale):
    stale.freshness.look()
    version = stale.rebuild()
    stale.stores.snapshots.activate(version)
    stale.damaged.add(version)
    assert stale.freshness.look()


def test_a_library_that_is_empty_again_needs_no_index(stale):
    stale.empty()
    assert stale.stores.tracks.revision(SPACE) > 0
    assert not stale.freshness.look()


def test_an_index_of_a_library_that_is_empty_again_is_not_followed_by_one_of_nothing(stale):
    stale.freshness.look()
    stale.rebuild()
    stale.empty()
    for _ in range(1000):
        assert not stale.freshness.look()
        stale.now += 1
    stale.change("b")
    assert stale.freshness.look()


def test_changes_are_counted_once_for_each_revision(stale):
    stale.freshness.look()
    stale.rebuild()
    stale.change("b")
    counting = Counting(stale.stores.tracks)
    stale.watch(counting)
    for _ in range(4):
        stale.freshness.look()
    assert counting.calls == 1
    stale.change("c")
    stale.freshness.look()
    assert counting.calls == 2


def test_tracks_and_changes_are_both_counted_once_for_each_revision(stale):
    stale.freshness.look()
    stale.rebuild()
    stale.empty()
    counting = Counting(stale.stores.tracks)
    stale.watch(counting)
    for _ in range(100):
        stale.freshness.look()
        stale.now += 1
    assert (counting.calls, counting.extents) == (1, 1)


def test_a_rebuild_whose_job_is_gone_is_looked_for_no_more(stale):
    stale.freshness.look()
    stale.watch(
        stale.stores.tracks, stores=replace(stale.stores, jobs=Forgetful(stale.stores.jobs))
    )
    assert not stale.freshness.look()  # it waits already
    stale.rebuild()
    stale.change("b", "c", "d")
    assert stale.freshness.look()
    stale.rebuild()
    assert not stale.freshness.look()
    stale.change("e", "f", "g")
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
    stale.change("b", "c", "d")
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


def test_an_index_that_looks_changed_is_read_at_once(stale):
    stale.freshness.look()
    version = stale.rebuild()
    stale.freshness.look()
    stale.damaged.add(version)
    stale.looks[version] = 1
    stale.now += 1
    assert stale.freshness.look()


def test_an_index_that_only_looks_changed_is_read_once(stale):
    stale.freshness.look()
    version = stale.rebuild()
    stale.freshness.look()
    stale.looks[version] = 1
    checks = stale.checks
    for _ in range(5):
        assert not stale.freshness.look()
    assert stale.checks == checks + 1
