"""The desk of an engine: the jobs that it holds, between the claim and the completion.

    claim ──▶ waiting (being prepared, then ready) ──▶ running ──▶ completion

Photos are prepared and wait here while the batch before them runs; if that is one of tracks, they
run in its midst. The feeder lays jobs down, the
runner takes them, the heartbeat keeps their leases: three threads, one lock.
"""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from sightsong.core import jobs
from sightsong.engine.work import Line

#: How long a job that is ready waits for those beside it while nothing runs. Decoding takes some
#: 10 ms a photo: photos that came together run together; one that is slow holds nobody up.
LINGER_S = 0.1


@dataclass(kw_only=True, eq=False)
class Held:
    """A job in hand."""

    job: jobs.Job
    since_s: float = field(default_factory=time.monotonic)  #: When it was claimed.
    moved_s: float = 0.0  #: When the preparation of one before it in its line last ended.
    future: Future[Any] | None = None  #: Its preparation, once that has begun.
    ready_s: float | None = None  #: When that ended, well or not.

    @property
    def is_suspect(self) -> bool:
        """Whether it may bring the process down, so that nothing may be in hand beside it."""
        return self.job.crash_count > 0


class Desk:
    """What waits and what runs. Any thread may call anything.

    Args:
        lines: the most important first.
        is_ahead: whether jobs may be laid down while others are in hand.
        on_room: called when there is room again after `room` or `is_clear` said that there is none.
    """

    def __init__(
        self, lines: Sequence[Line], *, is_ahead: bool, on_room: Callable[[], None]
    ) -> None:
        self._lines = tuple(lines)
        self._is_ahead = is_ahead
        self._on_room = on_room
        self._change = threading.Condition()
        self._waiting: dict[jobs.Queue, list[Held]] = {line.queue: [] for line in lines}
        #: The batches that run: the last one in the midst of the one before it.
        self._running: list[tuple[Held, ...]] = []
        self._running_since_s = 0.0
        self._is_room_wanted = False
        self._is_closed = False

    def room(self, line: Line) -> int:
        """How many jobs of a line may be claimed now."""
        with self._change:
            room = self._room(line)
            self._is_room_wanted = self._is_room_wanted or not room
            return room

    def is_clear(self) -> bool:
        """Whether nothing is in hand."""
        with self._change:
            held = self._held()
            self._is_room_wanted = self._is_room_wanted or bool(held)
            return not held

    def lay(self, claimed: Sequence[jobs.Job]) -> tuple[Held, ...]:
        """Lay claimed jobs of one queue down to wait; none are taken once the desk is closed."""
        with self._change:
            if self._is_closed:
                return ()
            laid = tuple(Held(job=job) for job in claimed)
            for held in laid:
                self._waiting[held.job.kind.queue].append(held)
            return laid

    def prepare(self, held: Held, future: Future[Any]) -> None:
        """Note the preparation of a job; it may be taken when that has ended, well or not."""
        held.future = future
        future.add_done_callback(lambda _: self._note_ready(held))

    def take(self) -> tuple[Held, ...]:
        """Wait for a batch of one line, which runs from now on; empty when the desk is closed.

        A line is left waiting only for a more important one: decoding a photo takes less than any
        batch of tracks.
        """
        with self._change:
            while not self._is_closed:
                batch, patience_s = self._next()
                if batch:
                    self._start(batch)
                    return batch
                self._change.wait(patience_s)
            return ()

    def take_urgent(self) -> tuple[Held, ...]:
        """Take a batch that may run now in the midst of the one that runs; empty if there is none.

        Only lines before that one's count, so that the most urgent is never interrupted.
        """
        with self._change:
            if self._is_closed or not self._running:
                return ()
            of_running = self._running[-1][0].job.kind.queue
            for line in self._lines:
                if line.queue == of_running:
                    break
                batch, _ = _ready(self._waiting[line.queue][: line.batch])
                if batch:
                    self._start(batch)
                    return batch
            return ()

    def finish(self) -> None:
        """Clear away the batch that ran; one that it interrupted goes on."""
        with self._change:
            self._running.pop()
            self._running_since_s = time.monotonic()
            self._tell_of_room()

    def drop(self, lost: Collection[jobs.Job]) -> list[Held]:
        """Clear away waiting jobs, and what has not begun of their preparation."""
        keys = {_key(job) for job in lost}
        with self._change:
            dropped = [held for held in self._all_waiting() if _key(held.job) in keys]
            for held in dropped:
                self._waiting[held.job.kind.queue].remove(held)
            self._tell_of_room()
        for held in dropped:
            if held.future is not None:
                held.future.cancel()
        return dropped

    def close(self) -> None:
        """Take and give nothing more; what is in hand stays until it is cleared away."""
        with self._change:
            self._is_closed = True
            self._change.notify_all()

    def rest(self, timeout_s: float) -> None:
        """Pause, but not beyond the closing."""
        with self._change:
            self._change.wait_for(lambda: self._is_closed, timeout_s)

    @property
    def waiting(self) -> tuple[jobs.Job, ...]:
        """The jobs that wait."""
        with self._change:
            return tuple(held.job for held in self._all_waiting())

    @property
    def held(self) -> tuple[jobs.Job, ...]:
        """All jobs in hand."""
        with self._change:
            return tuple(held.job for held in self._held())

    @property
    def running_s(self) -> float:
        """For how many seconds the batch has run; 0 while none does."""
        with self._change:
            return time.monotonic() - self._running_since_s if self._running else 0.0

    @property
    def preparing_s(self) -> float:
        """For how many seconds the slowest preparation has made no progress; 0 while none goes on.

        One that waits for its turn makes progress whenever one before it in its line ends. What
        ends behind it does not count: it began later, so that this one hangs.
        """
        with self._change:
            unready = [held for held in self._all_waiting() if held.ready_s is None]
            moved = [max(held.since_s, held.moved_s) for held in unready]
            return time.monotonic() - min(moved) if moved else 0.0

    def _room(self, line: Line) -> int:
        held = self._held()
        if self._is_closed or any(one.is_suspect for one in held):
            return 0
        if not self._is_ahead:
            return 0 if held else line.batch
        before = self._lines[: self._lines.index(line)]
        if any(self._waiting[other.queue] for other in before):
            return 0
        return line.batch - len(self._waiting[line.queue])

    def _next(self) -> tuple[tuple[Held, ...], float | None]:
        """The batch that may run now, else how long to wait for one (None: for a change)."""
        for line in self._lines:
            if waiting := self._waiting[line.queue]:
                return _ready(waiting[: line.batch])
        return (), None

    def _start(self, batch: tuple[Held, ...]) -> None:
        for held in batch:
            self._waiting[held.job.kind.queue].remove(held)
        self._running.append(batch)
        self._running_since_s = time.monotonic()
        self._tell_of_room()

    def _note_ready(self, held: Held) -> None:
        with self._change:
            held.ready_s = time.monotonic()
            for other in self._waiting[held.job.kind.queue]:
                if other.since_s >= held.since_s:
                    other.moved_s = held.ready_s
            self._change.notify_all()

    def _tell_of_room(self) -> None:
        if self._is_room_wanted:
            self._is_room_wanted = False
            self._on_room()

    def _all_waiting(self) -> list[Held]:
        return [held for line in self._lines for held in self._waiting[line.queue]]

    def _held(self) -> list[Held]:
        return [*self._all_waiting(), *(held for batch in self._running for held in batch)]


def _ready(waiting: Sequence[Held]) -> tuple[tuple[Held, ...], float | None]:
    """Those that may run now: all, or those that are ready when one of them has lingered enough."""
    times = [held.ready_s for held in waiting if held.ready_s is not None]
    if not times:
        return (), None
    patience_s = min(times) + LINGER_S - time.monotonic()
    if len(times) < len(waiting) and patience_s > 0:
        return (), patience_s
    return tuple(held for held in waiting if held.ready_s is not None), None


def _key(job: jobs.Job) -> tuple[jobs.JobId, int]:
    return job.id, job.attempt
