"""A stream of sound to frames of one length, whatever the lengths of the blocks that come."""

import numpy as np

from sightsong.core.models import Waveform


class Framing:
    """Gives frames a fixed number at a time, so that what is made of them is the same each time."""

    def __init__(self, size: int, *, hop: int, at_once: int = 1) -> None:
        """Begin.

        Args:
            size: samples of a frame.
            hop: samples from the start of one frame to the start of the next.
            at_once: frames that are given together.
        """
        self._size, self._hop, self._at_once = size, hop, at_once
        self._kept: list[Waveform] = []
        self._count = 0

    def feed(self, block: Waveform) -> list[Waveform]:
        """Take samples, float32, (n,); give the frames that they complete.

        Returns:
            float32, each (at_once, size), views that overlap where the hop is shorter.
        """
        self._kept.append(block)
        self._count += len(block)
        needed = self._size + self._hop * (self._at_once - 1)
        if self._count < needed:
            return []
        samples, step = self._take(), self._hop * self._at_once
        starts = range(0, len(samples) - needed + 1, step)
        rest = samples[starts[-1] + step :].copy()
        self._kept, self._count = [rest], len(rest)
        return [self._frames(samples[start : start + needed]) for start in starts]

    def finish(self) -> tuple[Waveform, Waveform]:
        """Give the last whole frames, (m, size), m < at_once, and the samples after them."""
        samples = self._take()
        if len(samples) < self._size:
            return np.zeros((0, self._size), dtype=np.float32), samples
        frames = self._frames(samples)
        return frames, samples[len(frames) * self._hop :]

    def _take(self) -> Waveform:
        kept, self._kept, self._count = self._kept, [], 0
        return np.concatenate(kept) if kept else np.zeros(0, dtype=np.float32)

    def _frames(self, samples: Waveform) -> Waveform:
        return np.lib.stride_tricks.sliding_window_view(samples, self._size)[:: self._hop]
