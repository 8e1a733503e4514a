"""Measures the library's rows at scale: registering, rescans, narrowed pages, polls of an ingest.

    python -m benchmarks.library_scale [TRACKS [URL ...]]

Without a number: 100,000 tracks. Without a URL: SQLite in a temporary folder. A Postgres database
should be empty: rows are left.
"""

import hashlib
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, text

from sightsong.adapters import store
from sightsong.adapters.store import migrate
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import embeddings, jobs, tracks
from sightsong.core.embeddings import Space
from sightsong.core.ingests import Wish
from sightsong.core.jobs import JobId, JobState
from sightsong.core.tracks import FoundFile, Tags, TrackFilter, TrackState

TRACKS = 100_000
CHUNK = 512  # files of one transaction, and of one question
REPEATS = 7
PACE = 50.0  # tracks that are embedded in a second: more than either profile reaches
SPACE = Space("benchmark@1")
GENRES = ("Rock", "Pop", "Jazz", "Classical", "Electronic", "Folk")
MOODS = ("calm", "happy", "sad", "tense")
WORDS = tuple(f"{a}{b}" for a in ("lo", "mi", "ra", "su", "ne", "ta") for b in "abcdefghijklmnop")
FILTERS = {
    "none": TrackFilter(),
    "common genre": TrackFilter(genre="rock"),
    "two common, none fits both": TrackFilter(genre="odd", mood="even"),
    "rare artist": TrackFilter(artist="artist 77"),
    "common genre, rare artist": TrackFilter(genre="rock", artist="artist 77"),
    "rare state": TrackFilter(state=TrackState.QUARANTINED),
    "common state, common genre, mood": TrackFilter(
        state=TrackState.READY, genre="jazz", mood="sad"
    ),
    "text of one letter": TrackFilter(text="l"),
    "text, one rare word": TrackFilter(text="unique4242"),
    "text, two common beginnings": TrackFilter(text="mi ra"),
    "text that nothing fits": TrackFilter(text="mia nothing"),
    "text and genre": TrackFilter(text="suc tab", genre="folk"),
}


def main() -> None:
    """Measure each database and print one table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TRACKS
    table = Table("database", "measure", "figure")
    with tempfile.TemporaryDirectory() as folder:
        for url in sys.argv[2:] or [f"sqlite:///{folder}/bench.db"]:
            migrate.upgrade(url)
            stores = store.open_stores(url, Path(folder), disk_reserve_bytes=0)
            for measure, figure in _measures(stores, count):
                table.add_row(url.partition(":")[0], measure, figure)
            stores.close()
    Console().print(table)


def _measures(stores: store.SqlStores, count: int) -> Iterator[tuple[str, str]]:
    ingest_id = stores.ingests.submit(Wish(paths=("/music",))).id
    yield from _registering(stores, ingest_id, count)
    _embed(stores, ingest_id)
    yield from _rescan(stores, count)
    for name, where in FILTERS.items():
        yield (
            f"page of 50: {name}",
            _spread(lambda where=where: stores.tracks.page(limit=50, where=where)),
        )
    yield "count", _spread(stores.tracks.count)
    yield f"progress of {count:,} children", _spread(lambda: stores.ingests.progress(ingest_id))
    yield "heard_per_s", _spread(lambda: stores.ingests.heard_per_s(SPACE))
    yield "problems, first 50", _spread(lambda: stores.ingests.problems(ingest_id, limit=50))
    yield from _holding(stores, ingest_id)


def _registering(
    stores: store.SqlStores, ingest_id: JobId, count: int
) -> Iterator[tuple[str, str]]:
    empty_bytes = _size_bytes(stores)
    took_s = _timed(lambda: _register(stores, ingest_id, count))
    yield f"register, {CHUNK} per transaction", f"{count / took_s:,.0f} files/s"
    each = (_size_bytes(stores) - empty_bytes) / count
    yield "bytes of a track, its file, terms and job", f"{each:,.0f}"


def _register(stores: store.SqlStores, ingest_id: JobId, count: int) -> None:
    for chunk in _chunks(range(count)):
        files = [_file(number) for number in chunk]
        stores.tracks.register(files, space=SPACE, parent_id=ingest_id)


def tags_of(number: int) -> Tags:
    """Tags as a real library has them: common and rare, the same each time."""
    chance = random.Random(number)  # noqa: S311 - the same library each time
    words = chance.sample(WORDS, 7)
    parity = ("odd", "even")[number % 2]
    return Tags(
        title=f"{' '.join(words[:3])} unique{number}",
        artist=f"artist {number % 5000}",
        album=" ".join(words[3:5]),
        genre=chance.choice(GENRES) if number % 4 else parity,
        mood=chance.choice(MOODS) if number % 3 else parity,
        labels=(words[5],),
    )


def _file(number: int) -> FoundFile:
    return FoundFile(
        path=_path(number),
        size_bytes=4_000_000 + number,
        mtime_ns=1_700_000_000_000_000_000 + number,
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        tags=tags_of(number),
    )


def _path(number: int) -> str:
    return f"/music/artist {number % 5000}/album {number % 9}/{number:06} a song.mp3"


def _embed(stores: store.SqlStores, ingest_id: JobId) -> None:
    """Let all tracks be embedded but one in a thousand, by SQL: the engine is measured elsewhere.

    The vectors are as small as can be, for they differ from profile to profile.
    """
    failed = jobs.c.sequence % 1000 == 0
    children = jobs.update().where(jobs.c.parent_id == ingest_id)
    ago_s = jobs.c.sequence / PACE
    ended = {"started_at": db_now() - ago_s - 10.0, "finished_at": db_now() - ago_s}
    with stores.database.write() as connection:
        done = children.where(~failed)
        connection.execute(done.values(state=JobState.SUCCEEDED, heard_s=200.0, **ended))
        error = {"code": "audio_broken", "detail": "it ends early"}
        lost = {"state": JobState.FAILED, "error": error, "error_code": "audio_broken"}
        connection.execute(children.where(failed).values(**lost, **ended))
        aside = select(jobs.c.id).where(jobs.c.state == JobState.FAILED)
        is_aside = tracks.c.embed_job_id.in_(aside)
        connection.execute(tracks.update().values(state=TrackState.READY, duration_s=200.0))
        quarantined = {"state": TrackState.QUARANTINED, "error": error, "duration_s": None}
        connection.execute(tracks.update().where(is_aside).values(**quarantined))
        ids = connection.execute(select(tracks.c.id).where(~is_aside)).scalars().all()
        row = {"space": SPACE, "revision": 1, "vector": bytes(2048), "window_starts_s": []}
        for chunk in _chunks(ids):
            new = [row | {"track_id": one, "windows": bytes(4096)} for one in chunk]
            connection.execute(embeddings.insert(), new)
    if stores.database.engine.dialect.name == "postgresql":
        with stores.database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                text("VACUUM ANALYZE")  # as its autovacuum does within a minute
            )


def _rescan(stores: store.SqlStores, count: int) -> Iterator[tuple[str, str]]:
    def ask() -> int:
        return sum(
            len(stores.tracks.known(list(map(_path, chunk)), space=SPACE, ingest_id=JobId("x")))
            for chunk in _chunks(range(count))
        )

    known: list[int] = []
    took_s = _timed(lambda: known.append(ask()))
    yield f"known, {count:,} paths in chunks of {CHUNK}", f"{took_s:.2f} s ({known[0]:,} known)"
    took_s = _timed(lambda: stores.tracks.paths_under("/music"))
    yield "paths_under the whole library", f"{took_s:.2f} s"


def _holding(stores: store.SqlStores, ingest_id: JobId) -> Iterator[tuple[str, str]]:
    with stores.database.write() as connection:  # as if no track had been taken up yet
        waits = {"state": JobState.QUEUED, "finished_at": None, "started_at": None}
        connection.execute(jobs.update().where(jobs.c.parent_id == ingest_id).values(**waits))
    for ask in (stores.ingests.pause, stores.ingests.resume, stores.ingests.cancel):
        took_s = _timed(lambda ask=ask: ask(ingest_id))
        yield f"{ask.__name__}, all children queued", f"{took_s:.2f} s"


def _size_bytes(stores: store.SqlStores) -> int:
    with stores.database.read() as connection:
        if connection.dialect.name == "postgresql":
            size = select(func.pg_database_size(func.current_database()))
            return int(connection.execute(size).scalar_one())
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one())


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in itertools.count(0, CHUNK):
        if start >= len(items):
            return
        yield items[start : start + CHUNK]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _spread(work: Callable[[], object]) -> str:
    figures_ms = [_timed(work) * 1000 for _ in range(REPEATS)]
    return f"median {statistics.median(figures_ms):.1f} ms, worst {max(figures_ms):.1f} ms"


if __name__ == "__main__":
    main()
