"""How the lite profile listens: a stream of sound to its spectra, and to what they tell.

This runs in the processes that decode.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sightsong.core import affect_space, errors
from sightsong.core.models import Heard, Waveform
from sightsong.core.tracks import WINDOW_S
from workers.media.listening import listen
from workers.media.resampling import Resampling
from workers.media.windows import Windows
from workers.models.lite import sound, spectra, track
from workers.models.lite.fingerprint import fingerprint
from workers.models.lite.spectra import Spectra


class LiteEar:
    """Takes a stream of any rate; makes its spectra, and finds the windows that are not silent."""

    def __init__(self, rate_hz: int) -> None:
        self._resampling = Resampling(rate_hz, spectra.RATE_HZ)
        self._analyser = spectra.Analyser()
        self._windows = Windows(spectra.RATE_HZ)
        self._starts_s: list[float] = []

    def feed(self, block: Waveform) -> None:
        """Take some more, float32, (n,), mono, in [-1, 1]."""
        self._take(self._resampling.feed(block))

    def finish(self) -> None:
        """There is no more."""
        self._take(self._resampling.finish())
        self._starts_s += [window.start_s for window in self._windows.finish()]

    def _take(self, samples: Waveform) -> None:
        self._analyser.feed(samples)
        self._starts_s += [window.start_s for window in self._windows.feed(samples)]

    @property
    def starts_s(self) -> tuple[float, ...]:
        """Where the windows begin that are not near-silent."""
        return tuple(self._starts_s)

    def spectra(self) -> Spectra:
        """The spectra of the whole, once it is finished."""
        return self._analyser.finish()


@dataclass(frozen=True, kw_only=True)
class LiteListener:
    """The `Listener` port: each window becomes its vector in the affect space here already."""

    def hear(self, blocks: Iterable[Waveform], *, rate_hz: int) -> Heard:
        """Listen to one whole track.

        Raises:
            SilentAudio: no ten seconds are louder than -60 dB; not retried.
            AudioTooShort: there is less than a fifth of a second; not retried.
            InputError: whatever the blocks raise.
        """
        ear = LiteEar(rate_hz)
        duration_s = listen(blocks, [ear], rate_hz=rate_hz)
        if not ear.starts_s:
            raise errors.SilentAudio
        seen = ear.spectra()
        pulse = sound.tempo(seen)
        parts = [
            sound.describe(seen, pulse, start_s=start_s, end_s=start_s + WINDOW_S)
            for start_s in ear.starts_s
        ]
        whole = sound.describe(seen, pulse)
        return Heard(
            duration_s=duration_s,
            window_starts_s=ear.starts_s,
            windows=affect_space.embed([track.point_of(part) for part in parts]),
            affect=track.affect_of(whole),
            descriptors=whole.as_numbers(),
            fingerprint=fingerprint(seen.bands),
        )
