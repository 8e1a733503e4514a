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
from sightsong.core.jobs import Completion, JobId, Queue, Succeeded
from tests.contract import building
from tests.contract.building import found

pytestmark = pytest.mark.servers

ROUNDS = 5
FILES = 120
CONTENTS = 150  # so that files become copies, and are copies no more


@pytest.fixture
def url(new_postgres_database) -> str:
    fresh = new_postgres_database("crowded")
    migrate.upgrade(fresh)
    return fresh


def scan(stores: SqlStores, ingest: JobId, seed: int) -> None:
    """Find files that change all the time, and some that are gone."""
    chance = random.Random(seed)  # noqa: S311 - the same files each time
    for _ in range(ROUNDS):
        files = [
            found(f"{number}.mp3", content=str(chance.randrange(CONTENTS)))
            for number in chance.sample(range(FILES), 60)
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


def until(end: Event, task: Callable[[], None]) -> None:
    while not end.is_set():
        task()


def crowd(stores: SqlStores) -> Iterator[Exception | None]:
    """Let all work at once until two scans have ended; yields how each ended."""
    ingests = [stores.ingests.submit(Wish(paths=("/music",))).id for _ in range(2)]
    end = Event()
    with ThreadPoolExecutor() as threads:
        others = [threads.submit(until, end, lambda: work(stores)) for _ in range(2)]
        others.append(threads.submit(until, end, lambda: ask(stores, ingests[0])))
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
    assert ended == [None] * 5
    assert deadlocks(url) == 0
