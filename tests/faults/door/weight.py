"""What a process weighs, with all its children."""

from collections.abc import Iterator
from pathlib import Path

MIB = 2**20
_KIB = 1024


def weight_of(pid: int) -> int:
    """Bytes of memory of a process and its descendants; what they share counts once (PSS)."""
    return sum(_pss(one) for one in family(pid))


def family(pid: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from family(int(child))


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has just ended
    return sum(int(line.split()[1]) * _KIB for line in lines if line.startswith("Pss:"))
