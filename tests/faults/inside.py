"""What is true inside a service, read past it: which jobs a process holds, how many are how."""

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


def count(service: Service, where: str) -> int:
    """How many jobs a condition holds for."""
    return int(service.rows(f"SELECT count(*) FROM jobs WHERE {where}")[0][0])  # noqa: S608 - of constants


def all_ended(service: Service) -> bool:
    """Whether no job is left to do."""
    return count(service, "state IN ('queued', 'running')") == 0


def fenced(service: Service) -> int:
    """How many writes came too late and were refused, as the logs have it."""
    return sum(1 for _ in service.events("job.fenced"))
