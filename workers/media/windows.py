"""A waveform to windows of ten seconds, each sample in one window at most."""

import numpy as np
from numpy.typing import NDArray

from sightsong.core.models import Waveform
from sightsong.core.tracks import WINDOW_S

_SILENT_RMS = 1e-3  # -60 dB of full scale
_SHORTEST_REST = 0.5  # of a window


def cut(
    waveform: Waveform, rate_hz: int, *, window_s: float = WINDOW_S
) -> tuple[tuple[float, ...], NDArray[np.float32]]:
    """Cut a waveform into windows that lie end to end.

    What is left after the last whole window becomes a window of its own if it is at least half as
    long, repeated until it fills it; a shorter rest is left out. So no sound is counted twice
    against other sound, as it would be by moving the last window back. A waveform shorter than one
    window is always kept, repeated. Near-silent windows (RMS below -60 dB) are dropped.

    Args:
        waveform: float32, (n_samples,), mono, in [-1, 1].
        rate_hz: its sample rate.
        window_s: length of a window in seconds.

    Returns:
        Where each window begins, in seconds, and float32, (n_windows, n_samples_of_a_window). Both
        are empty if all is near-silent.
    """
    size = round(window_s * rate_hz)
    whole, rest = divmod(len(waveform), size)
    windows = waveform[: whole * size].reshape(whole, size)
    if rest >= size * _SHORTEST_REST or (rest and not whole):
        windows = np.concatenate([windows, np.resize(waveform[whole * size :], (1, size))])
    power = np.einsum("ij,ij->i", windows, windows, dtype=np.float64) / size
    kept = np.flatnonzero(power >= _SILENT_RMS**2)
    return tuple(float(i) * window_s for i in kept), windows[kept]
