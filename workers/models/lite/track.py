"""The feeling of music from how it sounds, and its place in the affect space.

The weights are set by hand, not fitted. Their signs follow what reviews agree on (Gabrielsson and
Lindström 2010; Eerola, Lartillot and Toiviainen 2009): more and faster notes, brightness, a clear
beat and loudness stir; major mode and smooth consonance please, roughness and noise do not.
Loudness has a small weight, since mastering sets it more than feeling does. Centres and spreads are
those of ordinary recordings.
"""

import math
from collections.abc import Mapping

from sightsong.core.affect import Affect
from sightsong.core.affect_space import SoundPoint
from workers.models.lite import sound
from workers.models.lite.sound import Sound
from workers.models.lite.spectra import Spectra

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


def describe(seen: Spectra) -> tuple[Affect, Mapping[str, float]]:
    """Read the feeling of a whole track, and the descriptors that it is read from."""
    whole = sound.describe(seen, sound.tempo(seen))
    return affect_of(whole), whole.as_numbers()


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
