"""The feeling of music from how it sounds, and its place in the affect space.

Descriptors are put in spreads from the middle of ordinary recordings, weighed and summed. The
weights are fitted to people's ratings of rendered piano pieces, pulled towards what reviews agree
on (Gabrielsson and Lindström 2010; Eerola, Lartillot and Toiviainen 2009), which holds where a
piano teaches nothing: `training/lite/music` makes them again, `docs/models/lite-music.md` tells how
well they do.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sightsong.core.affect import Affect
from sightsong.core.affect_space import SoundPoint
from workers.models.lite import sound
from workers.models.lite.sound import Sound
from workers.models.lite.spectra import Spectra

WEIGHTS = Path(__file__).parent / "weights" / "music.json"
#: What the middle of ordinary recordings reads as; piano pieces do not tell.
_MIDDLE_VALENCE = 0.03
_MIDDLE_AROUSAL = 0.0
_DIGITS = 4
_MOST_Z = 2.5


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What a spread of each descriptor adds to a reading, before it is squashed to (-1, 1)."""

    valence: Mapping[str, float]
    arousal: Mapping[str, float]


@cache
def weights() -> Weights:
    """Read the weights that are part of this package."""
    told = json.loads(WEIGHTS.read_text("utf-8"))
    return Weights(valence=told["valence"], arousal=told["arousal"])


def affect_of(heard: Sound) -> Affect:
    """Read valence and arousal from a description of sound, each in (-1, 1)."""
    z, of = standardised(heard), weights()
    return Affect(
        valence=_squash(_MIDDLE_VALENCE, _weighed(z, of.valence)),
        arousal=_squash(_MIDDLE_AROUSAL, _weighed(z, of.arousal)),
    )


def point_of(heard: Sound) -> SoundPoint:
    """Place a description of sound in the affect space."""
    z = standardised(heard)
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


def standardised(heard: Sound) -> dict[str, float]:
    """Express each descriptor in spreads from the middle of ordinary recordings, -2.5 .. 2.5."""
    scaled = {
        "tempo": math.log2(heard.tempo_bpm / 110) / 0.5,
        "density": math.log2((heard.onsets_per_s + 0.5) / 3.4) / 0.8,
        "brightness": math.log2(max(heard.brightness_hz, 1.0) / 1500) / 0.7,
        "loudness": (heard.loudness_db + 20) / 5,
        "mode": (heard.mode - 0.12) / 0.12,
        "roughness": (heard.roughness - 0.026) / 0.016,
        "noisiness": (heard.noisiness - 0.04) / 0.05,
        "clarity": (heard.pulse_clarity - 0.55) / 0.2,
        "accent": math.log2(max(heard.accent, 0.01) / 0.45) / 0.7,
        "attack": (heard.attack - 0.55) / 0.15,
    }
    return {name: max(-_MOST_Z, min(_MOST_Z, value)) for name, value in scaled.items()}


def _weighed(z: Mapping[str, float], of: Mapping[str, float]) -> float:
    return sum(weight * z[name] for name, weight in of.items())


def _squash(middle: float, evidence: float) -> float:
    return round(math.tanh(math.atanh(middle) + evidence), _DIGITS)


def _unit_range(z: float) -> float:
    """Squash to (-1, 1) so that one spread from the middle is about 0.46."""
    return math.tanh(z / 2)
