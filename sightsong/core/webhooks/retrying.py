"""What an attempt to deliver means: done, again later, given up, or the receiver is gone."""

from dataclasses import dataclass
from enum import StrEnum

#: Seconds to wait before each attempt, from the end of the one before: three days in all.
DELAYS_S = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
#: Delays vary by so much, so that what failed together does not come back together.
JITTER = 0.1
#: Receivers may ask to be left alone for so long, in seconds, and no longer.
LONGEST_PAUSE_S = 86400.0
#: A webhook is disabled when nothing has got through for so long.
PATIENCE_S = 5 * 86400.0
#: What fails goes on failing if it is tried again within so long, in seconds: no pause between two
#: attempts is longer. After that nobody can say how it was meanwhile.
LONGEST_GAP_S = LONGEST_PAUSE_S * (1 + JITTER)
#: Attempts that take longer have as few places as those that fail, in milliseconds.
SLOW_MS = 2000.0

_GONE = 410
_BUSY = (429, 503)


class Fate(StrEnum):
    """What becomes of a delivery after an attempt."""

    DELIVERED = "delivered"
    AGAIN = "again"
    GIVEN_UP = "given_up"
    GONE = "gone"  #: The receiver wants nothing any more, now or later.


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How an attempt went."""

    status: int | None = None  #: Of HTTP; None: there was no answer.
    error: str | None = None  #: Why there was none; for a person.
    retry_after_s: float | None = None  #: As the receiver asks.
    took_ms: float = 0.0

    @property
    def is_slow(self) -> bool:
        """Whether it took long, however it ended."""
        return self.took_ms > SLOW_MS


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is to be done next."""

    fate: Fate
    delay_s: float = 0.0  #: Until it is tried again.


def judge(answer: Answer, *, attempt: int, jitter: float) -> Verdict:
    """Say what becomes of a delivery.

    Args:
        answer: to its last attempt.
        attempt: which one that was, from 1.
        jitter: from -1 to 1, by chance.
    """
    if answer.status is not None and 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's success
        return Verdict(fate=Fate.DELIVERED)
    if answer.status == _GONE:
        return Verdict(fate=Fate.GONE)
    if attempt >= len(DELAYS_S):
        return Verdict(fate=Fate.GIVEN_UP)
    delay_s = DELAYS_S[attempt] * (1 + JITTER * jitter)
    if answer.status in _BUSY and answer.retry_after_s is not None:
        delay_s = max(delay_s, min(answer.retry_after_s, LONGEST_PAUSE_S))
    return Verdict(fate=Fate.AGAIN, delay_s=delay_s)
