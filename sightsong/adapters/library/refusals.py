"""What a reader does not serve just now, and why."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

log = structlog.get_logger()


@dataclass(frozen=True)
class _Refusal:
    reason: str
    until: float  #: By the clock.


class Refusals:
    """Refused snapshots by their version, each for a while. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[str, _Refusal] = {}

    def holds(self, version: str) -> bool:
        """Whether it is too early to try again."""
        with self._lock:
            refusal = self._found.get(version)
        return refusal is not None and self._clock() < refusal.until

    def reason(self, version: str) -> str | None:
        """Tell why it was refused last; None where it was not."""
        with self._lock:
            refusal = self._found.get(version)
        return refusal.reason if refusal else None

    def refuse(self, version: str, reason: str, *, for_s: float) -> None:
        """Do not try again for a while. The same reason is logged once, however often it comes."""
        if reason != self.reason(version):
            log.warning("snapshot.refused", version=version, reason=reason)
        with self._lock:
            self._found[version] = _Refusal(reason, until=self._clock() + for_s)

    def forget(self, *versions: str) -> None:
        """Hold nothing against these any more."""
        with self._lock:
            for version in versions:
                self._found.pop(version, None)
