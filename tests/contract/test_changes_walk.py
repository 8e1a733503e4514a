"""Changes since any snapshot, after any sequence of events: put over it, they give the library."""

import random
from collections.abc import Callable, Iterable, Mapping

import pytest

from sightsong.core import ports
from sightsong.core.embeddings import Space
from sightsong.core.facts import Facts
from sightsong.core.jobs import Completion, Queue, Succeeded
from sightsong.core.snapshots import Entry, Snapshot
from sightsong.core.tracks import TrackId
from tests.contract import building
from tests.contract.building import INGEST, OTHER_SPACE, SPACE, found

SPACES = (SPACE, OTHER_SPACE)
CHECKS = 50
#: By the kind of store: on disk a check takes some ten times as long.
SEEDS = {"memory": range(12), "sqlite": range(3), "postgres": range(3)}
WALKS = [
    pytest.param(kind, seed, marks=pytest.mark.servers if kind == "postgres" else ())
    for kind, seeds in SEEDS.items()
    for seed in seeds
]

Seen = Mapping[TrackId, tuple[bytes, Facts]]


class Walk:
    """A library in which anything may happen, and the snapshots taken on the way."""

    def __init__(self, stores: ports.Stores, seed: int) -> None:
        self.stores = stores
        self.chance = random.Random(seed)  # noqa: S311 - the same events each time
        self.taken: dict[Space, dict[str, tuple[int, Seen]]] = {space: {} for space in SPACES}
        #: Of dropped snapshots: what some reader may still hold.
        self.dropped: dict[Space, list[tuple[int, Seen]]] = {space: [] for space in SPACES}
        self.events: list[Callable[[], None]] = [
            self.register,
            self.embed,
            self.embed,
            self.edit,
            self.group,
            self.remove,
            self.forget,
            self.take,
            self.drop,
        ]

    def step(self) -> None:
        self.chance.choice(self.events)()

    def register(self) -> None:
        files = [
            found(
                f"{number}.mp3",
                content=str(self.chance.randrange(12)),
                tags={"title": "T", "artist": self.chance.choice(["Ann", "Bob"])},
                given=self.chance.choice([{}, {}, {"genre": "jazz"}, {"explicit": False}]),
            )
            for number in self.chance.sample(range(8), 3)
        ]
        restore = self.chance.random() < 0.3
        building.register(
            self.stores, *files, space=self.chance.choice(SPACES), by=INGEST, restore=restore
        )

    def embed(self) -> None:
        done = []
        for job in building.claim(self.stores.jobs, queue=Queue.TRACKS, limit=2):
            effect = building.embedding(
                TrackId(job.params["track_id"]),
                space=self.chance.choice(SPACES),
                seed=self.chance.randrange(99),
                duration_s=float(self.chance.randrange(10, 13)),
            )
            outcome = Succeeded(result={})
            done.append(Completion(job=job, outcome=outcome, effects=(effect,)))
        self.stores.jobs.complete(done)

    def edit(self) -> None:
        for track in self.some():
            moods = [None, "calm", "wild"]
            self.stores.tracks.edit(track, {"mood": self.chance.choice(moods)})

    def group(self) -> None:
        some = self.some(3)
        stands = self.chance.choice([None, *some])
        self.stores.tracks.group(dict.fromkeys(some, stands))

    def remove(self) -> None:
        for track in self.some():
            self.stores.tracks.remove(track)

    def forget(self) -> None:
        path = f"/music/{self.chance.randrange(8)}.mp3"
        self.stores.tracks.forget([path], ingest_id=INGEST, remove=True)

    def take(self) -> None:
        space = self.chance.choice(SPACES)
        version = f"{self.stores.tracks.revision(space)}-{self.chance.random()}"
        revision = self.stores.tracks.revision(space)
        self.stores.snapshots.add(
            Snapshot(version=version, space=space, path=version, revision=revision, manifest={})
        )
        self.taken[space][version] = revision, self.seen(space)

    def drop(self) -> None:
        space = self.chance.choice(SPACES)
        taken = self.taken[space]
        if len(taken) > 2:
            version = self.chance.choice(sorted(taken))
            self.dropped[space].append(taken.pop(version))
            self.stores.snapshots.remove(version)

    def some(self, count: int = 1) -> list[TrackId]:
        there = [track.id for track in self.stores.tracks.page(limit=99)]
        return sorted(self.chance.sample(there, min(count, len(there))))

    def seen(self, space: Space) -> Seen:
        return as_seen(track.entry for track in self.stores.tracks.indexed(space))

    def check(self) -> None:
        for space in SPACES:
            now = self.seen(space)
            for revision, base in self.taken[space].values():
                self.check_since(space, revision, base, now)
            for revision, base in self.dropped[space]:
                if self.stores.tracks.changes(space, since=revision).is_whole:
                    self.check_since(space, revision, base, now)

    def check_since(self, space: Space, revision: int, base: Seen, now: Seen) -> None:
        tracks = self.stores.tracks
        changes = tracks.changes(space, since=revision)
        assert changes.is_whole
        entries = as_seen(changes.entries)
        left = {one: was for one, was in base.items() if one not in changes.gone}
        assert left | dict(entries) == now
        assert not changes.gone & entries.keys()
        assert changes.revision == tracks.revision(space)
        count = len(entries) + len(changes.gone)
        assert tracks.count_changes(space, since=revision, limit=1000) == count


def as_seen(entries: Iterable[Entry]) -> Seen:
    return {entry.track_id: (entry.vector.tobytes(), entry.facts) for entry in entries}


@pytest.mark.parametrize(("kind", "seed"), WALKS)
def test_changes_put_over_any_snapshot_give_the_library_as_it_is(new_stores, kind, seed):
    walk = Walk(new_stores(kind), seed)
    walk.take()
    for _ in range(CHECKS):
        for _ in range(3):
            walk.step()
        walk.check()
    assert walk.stores.jobs.children(INGEST)  # something has happened
