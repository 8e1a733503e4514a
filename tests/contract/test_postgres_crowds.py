"""Scans, workers and people at once on a real Postgres: none has to give way to another."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import text

from sightsong.adapters.store import SqlStores, migrate, open_stores
from sightsong.adapters.store.connect import open_database
from sightsong.core.errors import Conflict, TrackNotFound
from sightsong.core.ingests import Wish
from sightsong.core.jobs import Completion, JobId, JobKind, NewJob, Queue, Succeeded
from tests.contract import building
from tests.contract.building import found

pytestmark = pytest.mark.servers

ROUNDS = 8
FILES = 120
CONTENTS = 150  # so that files become copies, and are copies no more
FOUND = 30  # at once: even on a busy machine that takes less than anybody waits for a lock
BREATH_S = 0.005


@pytest.fixture
def url(new_postgres_database, tmp_path) -> str:
    fresh = new_postgres_database(f"crowded-{tmp_path.name}")
    migrate.upgrade(fresh)
    return fresh


def scan(stores: SqlStores, ingest: JobId, seed: int) -> None:
    """Find files that change all the time, and some that are gone."""
    chance = random.Random(seed)  # noqa: S311 - the same files each time
    for _ in range(ROUNDS):
        files = [
            found(f"{number}.mp3", content=str(chance.randrange(CONTENTS)))
            for number in chance.sample(range(FILES), FOUND)
        ]
        building.register(stores, *files, by=ingest, restore=True)
        gone = [f"/music/{number}.mp3" for number in chance.sample(range(FILES), 10)]
        stores.tracks.forget(gone, ingest_id=ingest, remove=True)


def work(stores: SqlStores) -> None:
    """Embed what waits."""
    done = []
    for job in building.claim(stores.jobs, queue=Queue.TRACKS):
        effects = (building.embedding(job.params["track_id"]),)
        done.append(Completion(job=job, outcome=Succeeded(result={}), effects=effects))
    stores.jobs.heartbeat([one.job for one in done], lease_s=building.LONG_S)
    stores.jobs.complete(done)


def ask(stores: SqlStores, ingest: JobId) -> None:
    """Remove a track; pause and resume an ingest."""
    for track in stores.tracks.page(limit=1):
        try:
            stores.tracks.remove(track.id)
        except TrackNotFound:
            continue  # a scan was faster
    try:
        stores.ingests.pause(ingest)
    except Conflict:
        return  # nothing was left to do
    stores.ingests.resume(ingest)


def edit(stores: SqlStores, seed: int) -> None:
    """Say something else of tracks, and group some into recordings."""
    chance = random.Random(seed)  # noqa: S311 - the same words each time
    there = [track.id for track in stores.tracks.page(limit=20)]
    for track_id in chance.sample(there, len(there)):
        try:
            stores.tracks.edit(track_id, {"mood": str(chance.random())})
        except TrackNotFound:
            continue
    stores.tracks.group(dict.fromkeys(there, chance.choice([*there, None])))


def look_again(stores: SqlStores, seed: int) -> None:
    """Embed tracks that are embedded already, some at a time, in any order."""
    chance = random.Random(seed)  # noqa: S311 - the same order each time
    stores.jobs.submit(NewJob(kind=JobKind.EMBED))
    there = [track.id for track in stores.tracks.page(limit=20)]
    spaces = (building.SPACE, building.OTHER_SPACE)
    effects = tuple(
        building.embedding(track_id, space=chance.choice(spaces))
        for track_id in chance.sample(there, min(8, len(there)))
    )
    for job in building.claim(stores.jobs, queue=Queue.TRACKS, limit=1):
        building.finish(stores.jobs, job, *effects)


def until(end: Event, task: Callable[[], None]) -> None:
    while not end.wait(BREATH_S):  # without it they would take most of the processor
        task()


def crowd(stores: SqlStores) -> Iterator[Exception | None]:
    """Let all work at once until two scans have ended; yields how each ended."""
    ingests = [stores.ingests.submit(Wish(paths=("/music",))).id for _ in range(2)]
    end = Event()
    with ThreadPoolExecutor() as threads:
        others = [threads.submit(until, end, lambda: work(stores)) for _ in range(2)]
        others.append(threads.submit(until, end, lambda: ask(stores, ingests[0])))
        others.append(threads.submit(until, end, lambda: edit(stores, seed=7)))
        scans = [threads.submit(scan, stores, one, seed) for seed, one in enumerate(ingests)]
        for one in scans:
            yield one.exception()
        end.set()
        for other in others:
            yield other.exception()


def deadlocks(url: str) -> int:
    """Count the deadlocks in a database that nobody else is connected to."""
    database = open_database(url)
    count = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    with database.read() as connection:
        counted = int(connection.execute(count).scalar_one())
    database.close()
    return counted


def test_scans_workers_and_people_do_not_deadlock(url):
    stores = open_stores(url, Path("unused"))
    ended = list(crowd(stores))
    stores.close()  # its server processes report what they counted when they end
    assert ended == [None] * 6
    assert deadlocks(url) == 0


def test_edits_do_not_deadlock_with_completions(url):
    stores = open_stores(url, Path("unused"))
    building.register(stores, *(found(f"{number}.mp3") for number in range(20)))
    for space in (building.SPACE, building.OTHER_SPACE):
        building.embed(stores.jobs, space=space)  # the first of a space is let past once more
    with ThreadPoolExecutor() as threads:
        many = range(ROUNDS * 2)
        running = [
            threads.submit(lambda: [edit(stores, seed) for seed in many]),
            threads.submit(lambda: [edit(stores, -seed) for seed in many]),
            threads.submit(lambda: [look_again(stores, seed) for seed in many]),
            threads.submit(lambda: [look_again(stores, -seed) for seed in many]),
        ]
    ended = [one.exception() for one in running]
    revision = stores.tracks.revision(building.SPACE)
    stores.close()
    assert (ended, revision > 0, deadlocks(url)) == ([None] * 4, True, 0)
