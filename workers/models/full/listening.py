"""How the full profile listens: each window becomes a log-mel spectrogram, for CLAP to read.

How a track feels is not asked of CLAP: its likeness to words for and against a feeling has no scale
until it is fitted to labels. The lite profile's reading of the sound has one, and has been held
against labels (`docs/models/lite.md`); it is taken here too. This runs in the processes that
decode, and imports no torch.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightsong.core import errors
from sightsong.core.models import Heard, Waveform
from workers.media.gathering import Rows
from workers.media.listening import listen
from workers.media.resampling import Resampling
from workers.media.windows import Window, Windows
from workers.models.full.logmel import LogMel, MelSettings
from workers.models.lite import track
from workers.models.lite.fingerprint import fingerprint
from workers.models.lite.listening import LiteEar


class MelEar:
    """Takes a stream of any rate; makes spectrograms of the windows that are not near-silent."""

    def __init__(self, settings: MelSettings, rate_hz: int) -> None:
        self._resampling = Resampling(rate_hz, settings.rate_hz)
        self._windows = Windows(settings.rate_hz, window_s=settings.window_s)
        self._logmel = LogMel(settings)
        self._seen = Rows(1, settings.frames, settings.mels)
        self._starts_s: list[float] = []

    def feed(self, block: Waveform) -> None:
        """Take some more, float32, (n,), mono, in [-1, 1]."""
        self._see(self._windows.feed(self._resampling.feed(block)))

    def finish(self) -> None:
        """There is no more."""
        self._see(self._windows.feed(self._resampling.finish()))
        self._see(self._windows.finish())

    def _see(self, windows: Iterable[Window]) -> None:
        for window in windows:
            self._seen.add(self._logmel(window.samples))
            self._starts_s.append(window.start_s)

    @property
    def starts_s(self) -> tuple[float, ...]:
        """Where the windows begin that are not near-silent."""
        return tuple(self._starts_s)

    def spectrograms(self) -> NDArray[np.float32]:
        """What was seen, (n, 1, frames, mels), in dB, once it is finished."""
        return self._seen.array()


@dataclass(frozen=True, kw_only=True)
class MelListener:
    """The `Listener` port, for a checkpoint that wants its sound so."""

    settings: MelSettings

    def hear(self, blocks: Iterable[Waveform], *, rate_hz: int) -> Heard:
        """Listen to one whole track.

        Raises:
            SilentAudio: no ten seconds are louder than -60 dB; not retried.
            AudioTooShort: there is less than a fifth of a second; not retried.
            InputError: whatever the blocks raise.
        """
        mel, lite = MelEar(self.settings, rate_hz), LiteEar(rate_hz)
        duration_s = listen(blocks, [mel, lite], rate_hz=rate_hz)
        if not mel.starts_s:
            raise errors.SilentAudio
        seen = lite.spectra()
        affect, descriptors = track.describe(seen)
        return Heard(
            duration_s=duration_s,
            window_starts_s=mel.starts_s,
            windows=mel.spectrograms(),
            affect=affect,
            descriptors=descriptors,
            fingerprint=fingerprint(seen.bands),
        )
