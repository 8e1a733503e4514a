"""How many jobs wait, known well enough without counting them for each submit."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sightsong.core import ports
from sightsong.core.jobs import Queue

#: A count is believed for so long. Meanwhile other processes submit as well, and workers take away.
_FRESH_S = 1.0
#: That there is no room, for so long: many are refused then, and each count is the longest.
_FULL_FRESH_S = 0.2


@dataclass(kw_only=True)
class _Known:
    count: int
    at: float
    is_full: bool = False  #: There was no room for one more when it was counted.


class CountedJobs:
    """The job rows; whoever asks how many wait is going to add one.

    Counting thousands of rows costs more than adding one. So a count is counted on: exactly by this
    process, and anew when it is a second old, or when the next job could be one too many.
    """

    def __init__(self, jobs: ports.Jobs, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._jobs = jobs
        self._clock = clock
        self._known: dict[Queue, _Known] = {}
        self._paces: dict[Queue, tuple[float, float | None]] = {}
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the port has
        """Leave all else to the port."""
        return getattr(self._jobs, name)

    def backlog(self, queue: Queue, *, limit: int) -> int:
        """Count the jobs queued in `queue`, at most `limit`."""
        now = self._clock()
        with self._lock:
            known = self._known.get(queue)
            if known is not None and known.is_full and now - known.at < _FULL_FRESH_S:
                return min(known.count, limit)
            if known is not None and now - known.at < _FRESH_S and known.count + 1 < limit:
                known.count += 1
                return known.count
        counted = self._jobs.backlog(queue, limit=limit)
        with self._lock:
            self._known[queue] = _Known(count=counted, at=now, is_full=counted >= limit)
        return counted

    def pace(self, queue: Queue) -> float | None:
        """How many jobs of `queue` end in a second, of late; None where too few have ended."""
        now = self._clock()
        known = self._paces.get(queue)
        if known is None or now - known[0] >= _FRESH_S:
            known = self._paces[queue] = (now, self._jobs.pace(queue))
        return known[1]
