"""What the processes of a service take, each with all below it."""

from collections.abc import Iterator
from pathlib import Path
from resource import getpagesize

MIB = 2**20
_KIB = 1024


def family(pid: int) -> Iterator[int]:
    """A process and all its descendants; those that end meanwhile may be among them."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except (FileNotFoundError, ProcessLookupError):  # the thread has ended
            continue
        for child in children:
            yield from family(int(child))


def memory_of(pid: int) -> int:
    """Resident bytes of a process and all below it; what they share counts for each."""
    return sum(_resident(one) for one in family(pid))


def weight_of(pid: int) -> int:
    """Bytes of memory of a process and all below it; what they share counts once (PSS)."""
    return sum(_pss(one) for one in family(pid))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * getpagesize()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has just ended


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * _KIB for line in lines if line.startswith("Pss:"))
