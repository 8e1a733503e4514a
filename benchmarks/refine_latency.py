"""How long it takes to refine an answer, and to find what is like a track, in a large library.

    python -m benchmarks.refine_latency [--tracks 100000] [--requests 300]

Fills a database of its own (SQLite, embedded defaults) with tracks of the lite profile's space, has
the indexer's code build a snapshot, and starts the API alone on a free port: no worker runs, so
that no model can answer. Each time is that of one HTTP request over loopback, one after another.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table
from sqlalchemy import bindparam

from benchmarks.library_scale import CHUNK, GENRES, tags_of
from benchmarks.throwaway import service_settings
from indexer.building import Plan
from indexer.snapshot import FaissBuilder
from sightsong.adapters import store
from sightsong.adapters.settings import Settings
from sightsong.adapters.store import migrate
from sightsong.adapters.store.schema import embeddings, spaces, tracks
from sightsong.core import affect_space, jobs
from sightsong.core.affect import Affect
from sightsong.core.ingests import Wish
from sightsong.core.prompts import EMOTION_PHRASES, MOOD_PHRASES
from sightsong.core.tracks import FoundFile, TrackState
from workers.models.lite.profile import lite_profile

SPACE = affect_space.SPACE
#: What is asked, by name: path below the job or the track, and body.
ASKED: Mapping[str, Mapping[str, Any] | None] = {
    "refine: calmer, happier": {"calmer": 0.3, "happier": 0.2, "top_k": 20},
    "refine: avoid two moods": {"avoid": ["sad", "tense"], "top_k": 20},
    "refine: one genre in six": {"calmer": 0.3, "filters": {"genre": GENRES[0]}, "top_k": 20},
    "refine: an artist in 5,000": {"filters": {"artist": "artist 77"}, "top_k": 20},
    "similar": None,
}


def main() -> None:
    """Fill, build, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=300)
    asked = parser.parse_args()
    table = Table("request", "p50 ms", "p99 ms", "worst ms")
    with service_settings() as settings:
        migrate.upgrade(settings.database)
        stores = store.open_stores(settings.database, settings.blobs_dir, disk_reserve_bytes=0)
        _fill(stores, asked.tracks)
        _build(stores, settings)
        job_id = _answered(stores)
        track_id = stores.tracks.page(limit=1)[0].id
        stores.close()
        with _api(settings) as client:
            for name, body in ASKED.items():
                ask = _request(client, job_id, track_id, body)
                took_ms = [_timed_ms(ask) for _ in range(asked.requests)]
                p50, p99 = np.percentile(took_ms, [50, 99])
                table.add_row(name, f"{p50:.1f}", f"{p99:.1f}", f"{max(took_ms):.1f}")
    Console().print(f"{asked.tracks:,} tracks")
    Console().print(table)


def _fill(stores: store.SqlStores, count: int) -> None:
    ingest_id = stores.ingests.submit(Wish(paths=("/music",))).id
    chance = np.random.default_rng(7)
    with stores.database.write() as connection:
        connection.execute(spaces.insert().values(space=SPACE, revision=1))
    for start in progress(range(0, count, CHUNK), description="filling"):
        numbers = range(start, min(start + CHUNK, count))
        files = [_file(number) for number in numbers]
        stores.tracks.register(files, space=SPACE, parent_id=ingest_id)
        _embed(stores, [file.sha256 for file in files], chance)


def _file(number: int) -> FoundFile:
    return FoundFile(
        path=f"/music/{number:07}.mp3",
        size_bytes=4_000_000 + number,
        mtime_ns=number,
        sha256=f"{number:064x}",
        tags=tags_of(number),
    )


def _embed(stores: store.SqlStores, sha256s: list[str], chance: np.random.Generator) -> None:
    points = chance.uniform(-1, 1, (len(sha256s), 2 + len(affect_space.SOUNDS)))
    vectors = affect_space.embed([_point(row) for row in points])  # (n, 512)
    change = tracks.update().where(tracks.c.sha256 == bindparam("of"))
    rows = [
        {"of": sha256, "felt": float(row[0]), "stirred": float(row[1])}
        for sha256, row in zip(sha256s, points, strict=True)
    ]
    with stores.database.write() as connection:
        connection.execute(
            change.values(
                state=TrackState.READY,
                duration_s=200.0,
                valence=bindparam("felt"),
                arousal=bindparam("stirred"),
            ),
            rows,
        )
        found = connection.execute(
            tracks.select().where(tracks.c.sha256.in_(sha256s)).order_by(tracks.c.sha256)
        )
        new = [_embedding(row.id, vector) for row, vector in zip(found, vectors, strict=True)]
        connection.execute(embeddings.insert(), new)


def _point(row: NDArray[np.float64]) -> affect_space.SoundPoint:
    sounds = dict(zip(affect_space.SOUNDS, map(float, row[2:]), strict=True))
    return affect_space.SoundPoint(affect=_affect(row), **sounds)


def _affect(row: NDArray[np.float64]) -> Affect:
    return Affect(valence=float(row[0]), arousal=float(row[1]))


def _embedding(track_id: str, vector: NDArray[np.float32]) -> dict[str, Any]:
    return {
        "space": SPACE,
        "track_id": track_id,
        "revision": 1,
        "vector": vector.astype("<f4").tobytes(),
        "windows": np.stack([vector, vector]).astype("<f2").tobytes(),
        "window_starts_s": [0.0, 10.0],
    }


def _build(stores: store.SqlStores, settings: Settings) -> None:
    phrases = sorted({p for group in MOOD_PHRASES.values() for p in group} | _of_emotions())
    vectors = lite_profile().text.encode(phrases)
    stores.phrases.keep(SPACE, dict(zip(phrases, vectors, strict=True)))
    plan = Plan(
        space=SPACE,
        revision=stores.tracks.revision(SPACE),
        grouped=0,
        extent=stores.tracks.extent(SPACE),
        phrases=vectors,
        go_on=lambda: True,
    )
    builder = FaissBuilder(settings.snapshots_dir, threads=2, reserve_bytes=0)
    built = builder.build(stores.tracks.indexed(SPACE), plan)
    assert built is not None  # noqa: S101 - it was not told to stop
    stores.snapshots.add(built)
    stores.snapshots.activate(built.version)


def _of_emotions() -> set[str]:
    return {
        phrase
        for by_energy in EMOTION_PHRASES.values()
        for group in by_energy.values()
        for phrase in group
    }


def _answered(stores: store.SqlStores) -> str:
    """Store a job as a worker would have answered it; returns its id."""
    job = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.TEXT, params={"text": "calm"}))
    owner = jobs.Owner("benchmark")
    (claimed,) = stores.jobs.claim([jobs.Queue.PHOTOS], owner=owner, limit=1, lease_s=30)
    (vector,) = lite_profile().text.encode(["calm and hopeful piano"])
    affect = Affect(valence=0.4, arousal=-0.5)
    result = {"text": "calm", "query": "calm", "valence": 0.4, "arousal": -0.5, "matches": []}
    done = jobs.Completion(
        job=claimed,
        outcome=jobs.Succeeded(result=result),
        effects=(jobs.KeepQuery(job_id=job.id, space=SPACE, vector=vector, affect=affect),),
    )
    stores.jobs.complete([done])
    return job.id


@contextmanager
def _api(settings: Settings) -> Iterator[httpx.Client]:
    environment = os.environ | {
        "SIGHTSONG_DATA_DIR": str(settings.data_dir),
        "SIGHTSONG_PORT": str(settings.port),
    }
    with subprocess.Popen([sys.executable, "-m", "api"], env=environment) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", timeout=30) as client:
                _await(client)
                yield client
        finally:
            process.terminate()


def _await(client: httpx.Client) -> None:
    for _ in range(100):
        try:
            if client.get("/readyz").json()["checks"]["index"]["status"] == "ok":
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("the API does not answer")


def _request(
    client: httpx.Client, job_id: str, track_id: str, body: Mapping[str, Any] | None
) -> Callable[[], httpx.Response]:
    def ask() -> httpx.Response:
        if body is None:
            return client.get(f"/v1/tracks/{track_id}/similar", params={"limit": 20})
        return client.post(f"/v1/jobs/{job_id}/refine", json=body)

    first = ask()  # also loads what is loaded late
    if first.status_code != httpx.codes.OK:
        raise SystemExit(first.text)
    return ask


def _timed_ms(ask: Callable[[], httpx.Response]) -> float:
    began = time.perf_counter()
    ask().raise_for_status()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
