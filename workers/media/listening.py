"""What every listener does with a stream of sound, whatever it makes of it."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from sightsong.core import errors
from sightsong.core.models import Waveform

#: Less sound than this is a click, not music.
SHORTEST_S = 0.2


class Ear(Protocol):
    """Takes a stream of sound."""

    def feed(self, block: Waveform) -> None:
        """Take some more, float32, (n,), mono, in [-1, 1]."""
        ...

    def finish(self) -> None:
        """There is no more."""
        ...


def listen(blocks: Iterable[Waveform], ears: Sequence[Ear], *, rate_hz: int) -> float:
    """Let all ears hear one sound, to its end.

    Returns:
        How long it is, in seconds.

    Raises:
        BrokenAudio: there is nothing at all; not retried.
        AudioTooShort: there is less than a fifth of a second; not retried.
    """
    count = 0
    for block in blocks:
        count += len(block)
        for ear in ears:
            ear.feed(block)
    if not count:
        raise errors.BrokenAudio("The file holds no samples.")
    if count < SHORTEST_S * rate_hz:
        raise errors.AudioTooShort(f"There is only {count / rate_hz:.3f} s of sound.")
    for ear in ears:
        ear.finish()
    return count / rate_hz
