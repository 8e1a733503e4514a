"""The feeling of a photo from its light, colour and texture, by published findings.

The weights are set by hand, not fitted: they follow the signs (and for brightness and saturation
the figures) of the papers named below, and the cues were chosen with one look at OASIS. Centres and
spreads are those of ordinary photos. What the photo shows is not known here, so this is coarse.

- Valdez and Mehrabian (1994): pleasure = .69 brightness + .22 saturation,
  arousal = -.31 brightness + .60 saturation; blues and greens please more than yellows.
- Hasler and Suesstrunk (2003): colourfulness as people see it.
- Fernandez and Wilkins (2008): more fine detail than nature has is unpleasant.
- Machajdik and Hanbury (2010): darkness, contrast and warm reds as cues of arousal.
"""

import math
from collections.abc import Sequence

from sightsong.core.affect import Affect, EmotionReading
from sightsong.core.models import ModelCard, Photo
from sightsong.core.moods import emotion_distribution
from workers.models.lite.measures import Measurer, Measures

_HUE_PLEASURE = {
    "red": 0.2,
    "orange": 0.3,
    "yellow": -0.3,
    "green": 0.5,
    "teal": 0.6,
    "blue": 0.6,
    "purple": 0.5,
}
"""The order of Valdez and Mehrabian (1994), study 2: blue, blue-green, green high; yellow low."""

_TEMPER = 0.4
"""How far one standard deviation of evidence moves the reading."""
_MIDDLE_VALENCE = 0.10
_MIDDLE_AROUSAL = -0.05
_DIGITS = 4


def affect_of(measures: Measures) -> Affect:
    """Read valence and arousal from measurements, each in (-1, 1)."""
    light, colours = measures.light, measures.colours
    pleasure = _z(0.69 * light.brightness + 0.22 * colours.saturation, 0.44, 0.11)
    stir = _z(0.60 * colours.saturation - 0.31 * light.brightness, 0.04, 0.13)
    colourful = _z(math.log(colours.colourfulness + 0.03), -1.75, 0.5)
    smooth = -_z(measures.texture.fineness, -2.5, 0.4)
    hue = colours.share * sum(_HUE_PLEASURE[name] * part for name, part in colours.hues.items())
    dark = -_z(light.lightness, 48, 15)
    contrast = _z(light.contrast, 0.23, 0.065)
    red = _z(colours.areas["red"], 0.05, 0.1)
    return Affect(
        valence=_squash(
            _MIDDLE_VALENCE, 0.4 * pleasure + 0.6 * colourful + 0.3 * smooth + 1.5 * hue
        ),
        arousal=_squash(
            _MIDDLE_AROUSAL, 0.3 * stir + 0.6 * dark + 0.5 * smooth + 0.3 * contrast + 0.1 * red
        ),
    )


def read(measures: Measures) -> EmotionReading:
    """Read the emotion from measurements."""
    affect = affect_of(measures)
    return EmotionReading(distribution=emotion_distribution(affect), affect=affect)


class LiteEmotion:
    """Photo to emotion by colour, light and texture."""

    card = ModelCard(
        id="sightsong/lite-photo",
        revision="1",
        task="emotion",
        licence="MIT",
        source="hand-set weights after Valdez & Mehrabian 1994, Hasler & Suesstrunk 2003",
    )

    def __init__(self, measurer: Measurer | None = None) -> None:
        self._measurer = measurer or Measurer()

    def predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        """Read the emotion of each photo."""
        return [read(measures) for measures in self._measurer.of(photos)]


def _z(value: float, centre: float, spread: float) -> float:
    """Standardise, and keep one odd measurement from deciding alone."""
    return max(-2.5, min(2.5, (value - centre) / spread))


def _squash(middle: float, evidence: float) -> float:
    return round(math.tanh(math.atanh(middle) + _TEMPER * evidence), _DIGITS)
