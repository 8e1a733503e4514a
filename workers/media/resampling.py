"""A stream of sound at another sample rate."""

import numpy as np
import soxr

from sightsong.core.models import Waveform


class Resampling:
    """Resamples by soxr's "HQ" as blocks come; what overshoots full scale is clipped.

    A stream that has the wanted rate already passes as it is.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream: soxr.ResampleStream | None = None
        if from_hz != to_hz:
            self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")

    def feed(self, block: Waveform) -> Waveform:
        """Take samples and give what they come to, float32, (m,), in [-1, 1]."""
        if self._stream is None:
            return block
        return _clipped(self._stream.resample_chunk(block))

    def finish(self) -> Waveform:
        """Give what the filter still holds."""
        nothing = np.zeros(0, dtype=np.float32)
        if self._stream is None:
            return nothing
        return _clipped(self._stream.resample_chunk(nothing, last=True))


def _clipped(samples: Waveform) -> Waveform:
    return np.clip(samples, -1, 1, out=samples)
