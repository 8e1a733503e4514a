"""What is true inside a service, read past it: which jobs a process holds, how many are how."""

import sqlite3
from contextlib import closing
from subprocess import Popen

from tests.e2e.service import Service
from tests.waiting import wait_until


def in_hand(service: Service, process: "Popen[bytes]") -> list[str]:
    """The jobs that a worker holds, by the process id in its name."""
    held = f"SELECT id FROM jobs WHERE state = 'running' AND owner LIKE '%-{process.pid}-%'"  # noqa: S608 - our own number
    return [row[0] for row in service.rows(held)]


def at_work(service: Service, process: "Popen[bytes]", *, jobs: int = 1) -> list[str]:
    """Wait until a worker holds so many jobs; which."""
    held: list[str] = []

    def holds() -> bool:
        held[:] = in_hand(service, process)
        return len(held) >= jobs

    wait_until(holds, within_s=180)
    return held


def freeze_between_writes(service: Service, process: "Popen[bytes]") -> None:
    """Freeze a process that is not amid a write.

    On SQLite one that is holds the only lock there is, and all others wait for as long as it is
    frozen: true, but not what a test of a lease or of a pause is about.
    """
    while True:
        service.freeze(process)
        if _can_be_written(service.database_url):
            return
        service.thaw(process)


def _can_be_written(url: str) -> bool:
    path = url.removeprefix("sqlite:///")
    if path == url:  # Postgres, where writers wait for rows and not for one another
        return True
    with closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
    return True


def count(service: Service, where: str) -> int:
    """How many jobs a condition holds for."""
    return int(service.rows(f"SELECT count(*) FROM jobs WHERE {where}")[0][0])  # noqa: S608 - of constants


def all_ended(service: Service) -> bool:
    """Whether no job is left to do."""
    return count(service, "state IN ('queued', 'running')") == 0


def fenced(service: Service) -> int:
    """How many writes came too late and were refused, as the logs have it."""
    return sum(1 for _ in service.events("job.fenced"))
