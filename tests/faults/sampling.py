"""What processes use while they work: memory and open files, now and then."""

import contextlib
import statistics
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.processes import MIB, family, memory_of

_EVERY_S = 1.0
_MIN_SAMPLES = 10


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a process and its children used at a moment."""

    at_s: float
    memory_mib: float
    files: int


@dataclass(kw_only=True)
class Course:
    """What one process used over time, without the first fifth, in which it warms up."""

    name: str
    samples: list[Sample] = field(default_factory=list)

    @property
    def settled(self) -> list[Sample]:
        """The samples that count."""
        return self.samples[len(self.samples) // 5 :]

    @property
    def memory_mib(self) -> tuple[float, float]:
        """The median of the first and of the last third."""
        first, last = _thirds(self.settled)
        return (
            statistics.median(one.memory_mib for one in first),
            statistics.median(one.memory_mib for one in last),
        )

    @property
    def slope_mib_per_min(self) -> float:
        """The slope of memory, as a straight line fits it best."""
        settled = self.settled
        times = [one.at_s / 60 for one in settled]
        slope, _ = statistics.linear_regression(times, [one.memory_mib for one in settled])
        return slope

    @property
    def growth(self) -> float:
        """What the memory of the last third is above that of the first, as a share of it."""
        first, last = self.memory_mib
        return last / first - 1

    @property
    def files(self) -> tuple[int, int]:
        """Open files at least in the first third, and at least in the last: what is not closed."""
        first, last = _thirds(self.settled)
        return min(one.files for one in first), min(one.files for one in last)


@contextlib.contextmanager
def sampled(processes: Mapping[str, int]) -> Iterator[list[Course]]:
    """Look at processes, by their names, every second while the body runs."""
    courses = [Course(name=name) for name in processes]
    over = threading.Event()

    def go() -> None:
        while not over.wait(_EVERY_S):
            for course, pid in zip(courses, processes.values(), strict=True):
                if (sample := look(pid)) is not None:
                    course.samples.append(sample)

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield courses
    finally:
        over.set()
        thread.join()
    assert all(len(course.samples) >= _MIN_SAMPLES for course in courses), "too short to tell"


def look(pid: int) -> Sample | None:
    """What a process and its children use now; None once it has ended."""
    if not Path(f"/proc/{pid}").exists():
        return None
    files = 0
    for one in family(pid):
        with contextlib.suppress(OSError):  # it has just ended
            files += sum(1 for _ in Path(f"/proc/{one}/fd").iterdir())
    memory = memory_of(pid) / MIB
    return Sample(at_s=time.monotonic(), memory_mib=memory, files=files)


def _thirds(samples: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    third = len(samples) // 3
    return samples[:third], samples[-third:]
