"""A stream of sound to windows of ten seconds, each sample in one window at most."""

from dataclasses import dataclass

import numpy as np

from sightsong.core.models import Waveform
from sightsong.core.tracks import WINDOW_S
from workers.media.framing import Framing

_SILENT_RMS = 1e-3  # -60 dB of full scale
_SHORTEST_REST = 0.5  # of a window


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of a track that is not near-silent."""

    start_s: float
    samples: Waveform  #: (n_samples_of_a_window,).


class Windows:
    """Cuts a stream into windows that lie end to end.

    What is left after the last whole window becomes a window of its own if it is at least half as
    long, repeated until it fills it; a shorter rest is left out. So no sound is counted twice
    against other sound, as it would be by moving the last window back. A sound shorter than one
    window is always kept, repeated. Near-silent windows (RMS below -60 dB) are dropped.
    """

    def __init__(self, rate_hz: int, *, window_s: float = WINDOW_S) -> None:
        """Begin.

        Args:
            rate_hz: sample rate of the stream.
            window_s: length of a window in seconds.
        """
        self._window_s = window_s
        self._size = round(window_s * rate_hz)
        self._framing = Framing(self._size, hop=self._size)
        self._count = 0

    def feed(self, block: Waveform) -> list[Window]:
        """Take samples, float32, (n,), in [-1, 1]; give the windows that they complete."""
        found = [self._window(frames[0]) for frames in self._framing.feed(block)]
        return [window for window in found if window]

    def finish(self) -> list[Window]:
        """Give the window that the rest makes, if it makes one."""
        _, rest = self._framing.finish()
        if not len(rest) or (self._count and len(rest) < self._size * _SHORTEST_REST):
            return []
        window = self._window(np.resize(rest, self._size))
        return [window] if window else []

    def _window(self, samples: Waveform) -> Window | None:
        start_s = self._count * self._window_s
        self._count += 1
        power = float(samples @ samples) / self._size
        return Window(start_s=start_s, samples=samples) if power >= _SILENT_RMS**2 else None
