"""The feeling of music from how it sounds, and its place in the affect space.

The weights are set by hand, not fitted. Their signs follow what reviews agree on (Gabrielsson and
Lindström 2010; Eerola, Lartillot and Toiviainen 2009): more and faster notes, brightness, a clear
beat and loudness stir; major mode and smooth consonance please, roughness and noise do not.
Loudness has a small weight, since mastering sets it more than feeling does. Centres and spreads are
those of ordinary recordings.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from sightsong.core import affect_space, errors
from sightsong.core.affect import Affect
from sightsong.core.affect_space import SoundPoint
from sightsong.core.embeddings import unit
from sightsong.core.models import ModelCard, TrackReading, Waveform
from sightsong.core.tracks import WINDOW_S
from workers.media import windows
from workers.models.lite import sound, spectra
from workers.models.lite.sound import Sound

_TEMPER = 0.4
_MIDDLE_VALENCE = 0.03
_MIDDLE_AROUSAL = 0.0
_DIGITS = 4
_MOST_Z = 2.5


def affect_of(heard: Sound) -> Affect:
    """Read valence and arousal from a description of sound, each in (-1, 1)."""
    z = _standardised(heard)
    valence = 0.7 * z["mode"] - 0.6 * z["roughness"] - 0.2 * z["noisiness"]
    valence += 0.1 * z["brightness"] + 0.1 * z["density"]
    arousal = 0.8 * z["density"] + 0.4 * z["brightness"] + 0.3 * z["tempo"]
    arousal += 0.3 * z["loudness"] + 0.2 * z["clarity"] + 0.2 * z["noisiness"]
    return Affect(
        valence=_squash(_MIDDLE_VALENCE, valence), arousal=_squash(_MIDDLE_AROUSAL, arousal)
    )


def point_of(heard: Sound) -> SoundPoint:
    """Place a description of sound in the affect space."""
    z = _standardised(heard)
    return SoundPoint(
        affect=affect_of(heard),
        tempo=_unit_range(z["tempo"]),
        brightness=_unit_range(z["brightness"]),
        loudness=_unit_range(z["loudness"]),
        mode=_unit_range(z["mode"]),
        percussiveness=_unit_range(z["attack"]),
        density=_unit_range(z["density"]),
    )


def describe(waveform: Waveform) -> tuple[Affect, Mapping[str, float]]:
    """Read the feeling of a whole track, and the descriptors that it is read from.

    Args:
        waveform: float32, (n_samples,), mono, 22.05 kHz, in [-1, 1]; not silent.
    """
    seen = spectra.analyse(waveform)
    whole = sound.describe(seen, sound.tempo(seen))
    return affect_of(whole), whole.as_numbers()


class LiteAudio:
    """Music to the affect space by tempo, notes, brightness, mode and roughness."""

    card = ModelCard(
        id="sightsong/lite-track",
        revision="1",
        task="audio",
        licence="MIT",
        source="hand-set weights after Gabrielsson & Lindström 2010, Temperley 1999",
    )
    space = affect_space.SPACE
    sample_rate_hz = spectra.RATE_HZ

    def read(self, waveforms: Sequence[Waveform]) -> list[TrackReading]:
        """Embed and describe whole tracks, each by itself.

        Raises:
            SilentAudio: no ten seconds of a track are louder than -60 dB; not retried.
        """
        return [_read(waveform) for waveform in waveforms]


def _read(waveform: Waveform) -> TrackReading:
    starts_s, kept = windows.cut(waveform, spectra.RATE_HZ)
    if not len(kept):
        raise errors.SilentAudio
    seen = spectra.analyse(waveform)
    pulse = sound.tempo(seen)
    parts = [
        sound.describe(seen, pulse, start_s=start_s, end_s=start_s + WINDOW_S)
        for start_s in starts_s
    ]
    whole = sound.describe(seen, pulse)
    vectors = affect_space.embed([point_of(part) for part in parts])
    return TrackReading(
        vector=unit(vectors.mean(axis=0, dtype=np.float64)),
        windows=vectors,
        window_starts_s=starts_s,
        affect=affect_of(whole),
        descriptors=whole.as_numbers(),
    )


def _standardised(heard: Sound) -> dict[str, float]:
    """Express each descriptor in spreads from the middle of ordinary recordings."""
    scaled = {
        "tempo": math.log2(heard.tempo_bpm / 110) / 0.5,
        "density": math.log2((heard.onsets_per_s + 0.5) / 3.4) / 0.8,
        "brightness": math.log2(max(heard.brightness_hz, 1.0) / 1500) / 0.7,
        "loudness": (heard.loudness_db + 20) / 5,
        "mode": (heard.mode - 0.12) / 0.12,
        "roughness": (heard.roughness - 0.026) / 0.016,
        "noisiness": (heard.noisiness - 0.04) / 0.05,
        "clarity": (heard.pulse_clarity - 0.55) / 0.2,
        "attack": (heard.attack - 0.55) / 0.15,
    }
    return {name: max(-_MOST_Z, min(_MOST_Z, value)) for name, value in scaled.items()}


def _squash(middle: float, evidence: float) -> float:
    return round(math.tanh(math.atanh(middle) + _TEMPER * evidence), _DIGITS)


def _unit_range(z: float) -> float:
    """Squash to (-1, 1) so that one spread from the middle is about 0.46."""
    return math.tanh(z / 2)
