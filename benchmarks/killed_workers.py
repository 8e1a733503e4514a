"""200 queued photos, one worker, and kill -9 again and again: what is lost, what is doubled?

    python -m benchmarks.killed_workers [--jobs 200] [--kills 8]

Starts a service of its own on a free port (embedded defaults, lease 3 s), queues the photos, and
kills the worker process each time some more of them are done, and starts another.
Prints one line of figures, and ends with status 1 if a job was lost or doubled.
"""

import argparse
import os
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import text

from benchmarks.mortal import Mortal
from benchmarks.throwaway import service_settings
from sightsong.adapters.store.connect import open_database
from sightsong.client import Client
from sightsong.local import service

ROOT = Path(__file__).parents[1]
_LOOK_S = 0.02
_LONGEST_S = 300


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=8)
    asked = parser.parse_args()
    os.environ |= {"SIGHTSONG_LEASE_S": "3", "SIGHTSONG_HEARTBEAT_S": "0.5"}
    with service_settings() as config:
        others = [door for door in service.doors(config) if door.name != "worker"]
        workers = Mortal(config, "worker")
        with (
            service.running(config, tell=lambda _: None, children=others) as running,
            Client(running.base_url) as client,
            workers,
        ):
            running.wait_until_ready(client, timeout_s=60)
            raise SystemExit(_run(client, config.database, workers, asked))


def _run(client: Client, database_url: str, workers: Mortal, asked: argparse.Namespace) -> int:
    photo = min((ROOT / "demo" / "photos").glob("*.jpg"))
    began = time.monotonic()
    ids = [client.submit_photo(photo)["id"] for _ in range(asked.jobs)]
    for kill in range(asked.kills):
        while _done(database_url) < (kill + 1) * asked.jobs / (asked.kills + 2):
            time.sleep(_LOOK_S)
        workers.kill()
    states = Counter(client.wait(job_id, timeout_s=_LONGEST_S)["state"] for job_id in ids)
    took_s = time.monotonic() - began
    results, attempts = _read(
        database_url, "SELECT (SELECT count(*) FROM results), (SELECT sum(attempt) FROM jobs)"
    )
    print(
        f"{asked.jobs} jobs, {asked.kills} kills: {dict(states)}, {results} results, "
        f"{attempts} attempts, {took_s:.1f} s"
    )
    return int(states != {"succeeded": asked.jobs} or results != asked.jobs)


def _done(database_url: str) -> int:
    return _read(database_url, "SELECT count(*) FROM jobs WHERE state = 'succeeded'")[0]


def _read(database_url: str, query: str) -> tuple[int, ...]:
    database = open_database(database_url)
    try:
        with database.read() as connection:
            row = connection.execute(text(query)).first()
            return tuple(row) if row else ()
    finally:
        database.close()


if __name__ == "__main__":
    main()
