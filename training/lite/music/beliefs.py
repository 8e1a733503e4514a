"""What is thought of the weights before any piece is heard, and how far each may be moved by them.

Signs and sizes follow reviews (Gabrielsson and Lindström 2010; Eerola, Lartillot and Toiviainen
2009): more and faster notes, brightness, a clear beat and loudness stir; major mode and smooth
consonance please, roughness and noise do not; notes that set in firmly please more than ones that
glide (Juslin and Laukka 2004). There is freedom where a rendered piano teaches something of
recordings. It has one timbre and no drums: of these it teaches nothing.
"""

from collections.abc import Mapping

import numpy as np

from training.lite.music.pulling import Belief

#: Of `track.standardised`, in the order of all arrays here.
NAMES = (
    "mode",
    "roughness",
    "noisiness",
    "brightness",
    "density",
    "tempo",
    "loudness",
    "clarity",
    "accent",
)

_THOUGHT: Mapping[str, Mapping[str, float]] = {
    "valence": {
        "mode": 0.7,
        "roughness": -0.6,
        "accent": 0.3,
        "noisiness": -0.2,
        "brightness": 0.1,
        "density": 0.1,
    },
    # Loudness is what mastering and the volume of a file make of it: a third of what it would be.
    "arousal": {
        "density": 0.8,
        "brightness": 0.4,
        "tempo": 0.3,
        "clarity": 0.2,
        "noisiness": 0.2,
        "loudness": 0.1,
    },
}
#: What is told by the notes may move; timbre, loudness and accents, which a drum makes, may not.
_FREEDOM: Mapping[str, Mapping[str, float]] = {
    "valence": {"mode": 1.0},
    "arousal": {"density": 1.0, "tempo": 1.0, "clarity": 1.0, "mode": 0.5},
}


def of(scale: str) -> Belief:
    """What is thought of a scale, `valence` or `arousal`."""
    thought, freedom = _THOUGHT[scale], _FREEDOM[scale]
    return Belief(
        weights=np.array([thought.get(name, 0.0) for name in NAMES]),
        freedom=np.array([freedom.get(name, 0.0) for name in NAMES]),
    )
