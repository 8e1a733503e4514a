"""kill -9 of worker and indexer in the midst of an ingest: is the library as if nobody had?

    python -m benchmarks.killed_ingest FOLDER [--kills 10]

Takes a folder of music in twice, each time with a service of its own on a free port (embedded
defaults, lease 3 s): once in peace, and once while the worker and the indexer are killed in turn.
Then compares what the two libraries hold: every track with its tags, state, feeling, descriptors
and vectors, every file with what it was found to be, and the report of the ingest. Prints a line of
figures for each, and ends with status 1 if anything differs.
"""

import argparse
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.mortal import Mortal
from benchmarks.throwaway import service_settings
from sightsong.adapters.store.connect import open_database
from sightsong.client import Client, IngestView
from sightsong.local import service

_LOOK_S = 0.02
_LONGEST_S = 1800
#: Everything about a library except ids and times.
_TABLES = {
    "tracks": """
        SELECT t.sha256, t.state, t.tags, t.given, t.duration_s, t.valence, t.arousal,
               t.descriptors, t.error, e.vector, e.windows, e.window_starts_s, e.digest
        FROM tracks t LEFT JOIN embeddings e ON e.track_id = t.id ORDER BY t.sha256
    """,
    "files": """
        SELECT f.path, f.size_bytes, f.mtime_ns, f.verdict, t.sha256
        FROM track_files f JOIN tracks t ON t.id = f.track_id ORDER BY f.path
    """,
    "recordings": """
        SELECT t.sha256, count(o.id)
        FROM tracks t LEFT JOIN tracks o ON o.recording_id = t.recording_id
        GROUP BY t.sha256 ORDER BY t.sha256
    """,
    "jobs": "SELECT kind, state, count(*) FROM jobs WHERE kind = 'embed' GROUP BY kind, state",
}
_TRIES = "SELECT sum(attempt), sum(crash_count) FROM jobs WHERE kind IN ('embed', 'ingest')"


def main() -> None:
    """Run both, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    asked = parser.parse_args()
    os.environ |= {"SIGHTSONG_LEASE_S": "3", "SIGHTSONG_HEARTBEAT_S": "0.5"}
    left_alone = _library(asked.folder, kills=0)
    disturbed = _library(asked.folder, kills=asked.kills)
    differing = [name for name in left_alone if left_alone[name] != disturbed[name]]
    print("the same" if not differing else f"different: {', '.join(differing)}")
    raise SystemExit(bool(differing))


def _library(folder: Path, *, kills: int) -> dict[str, Any]:
    """Take the folder in, and read what the library holds then."""
    with service_settings() as config:
        others = [door for door in service.doors(config) if door.name == "api"]
        with (
            service.running(config, tell=lambda _: None, children=others) as running,
            Client(running.base_url) as client,
            Mortal(config, "worker") as worker,
            Mortal(config, "indexer") as indexer,
        ):
            running.wait_until_ready(client, timeout_s=60)
            began = time.monotonic()
            begun = client.ingest(folder)["id"]
            for kill in range(kills):
                share = kill / kills  # of the tracks have ended; the first one dies in the scan
                _until(client, begun, lambda done, left, s=share: done >= s * (done + left or 1))
                (indexer, worker)[kill % 2].kill()
            _until(client, begun, lambda _done, _left: False)
            ended = client.ingest_status(begun)
            client.wait_for_index(timeout_s=_LONGEST_S)
            took_s = time.monotonic() - began
            held = _held(config.database, _TABLES)
            [(tries, crashes)] = _held(config.database, {"tries": _TRIES})["tries"]
    print(
        f"{kills} kills: {ended['scan']}, tracks {ended['tracks']}; "
        f"{tries} attempts, {crashes} of them crashed, {took_s:.1f} s"
    )
    return held | {"scan": ended["scan"], "failed": ended["failed"]}


def _until(client: Client, ingest_id: str, is_so: Callable[[int, int], bool]) -> None:
    """Wait until the numbers of ended and open tracks are as wanted."""
    end = time.monotonic() + _LONGEST_S
    while time.monotonic() < end:
        ingest = client.ingest_status(ingest_id)
        if ingest["done"] or is_so(*_counted(ingest)):
            return
        time.sleep(_LOOK_S)
    raise TimeoutError(f"ingest {ingest_id} does not go on")


def _counted(ingest: IngestView) -> tuple[int, int]:
    states = ingest["tracks"]
    open_ = states["queued"] + states["running"]
    return sum(states.values()) - open_, open_


def _held(database_url: str, tables: Mapping[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    database = open_database(database_url)
    try:
        with database.read() as connection:
            return {
                name: [tuple(row) for row in connection.execute(text(query))]
                for name, query in tables.items()
            }
    finally:
        database.close()


if __name__ == "__main__":
    main()
