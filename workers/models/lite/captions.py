"""Sentences from measurements: what the light and the colours are, and never what is in the photo.

Each sentence begins with words that only a measurement can give ("A bright picture in ..."), so
that nobody takes it for a description of the scene. Which of the equal wordings is used depends on
the measurements alone: the same photo always reads the same.
"""

from collections.abc import Sequence

from sightsong.core.affect import Affect, EmotionReading
from sightsong.core.models import ModelCard, Photo
from sightsong.core.moods import mood_scores
from sightsong.core.photos import Captions
from workers.models.lite.measures import Light, Measurer, Measures

_GREY_SHARE = 0.12
_TINTED_SHARE = 0.3
_SECOND_HUE = 0.22
_TWO_MOODS_FROM = 0.5
_LOW_CONTRAST = 0.17
_STRONG_CONTRAST = 0.28
_MANY_EDGES = 0.33
_FEW_EDGES = 0.07
_DARK_BELOW = 45
_UNEVEN = 14.0
_CENTRED = 9.0

_PLURALS = {
    "red": "reds",
    "orange": "oranges",
    "yellow": "yellows",
    "green": "greens",
    "teal": "teals",
    "blue": "blues",
    "purple": "purples",
}
_FEELS = (
    "it feels {moods}",
    "the mood is {moods}",
    "the feeling is {moods}",
    "it seems {moods}",
)


class LiteCaptioner:
    """Photo to sentences about its light and colour, and its feeling."""

    card = ModelCard(
        id="sightsong/lite-caption",
        revision="1",
        task="caption",
        licence="MIT",
        source="sentences from measurements; names no objects",
    )

    def __init__(self, measurer: Measurer | None = None) -> None:
        self._measurer = measurer or Measurer()

    def caption(
        self, photos: Sequence[Photo], emotions: Sequence[EmotionReading]
    ) -> list[Captions]:
        """Say of each photo what was measured, and how that feels."""
        return [
            write(measures, emotion.affect)
            for measures, emotion in zip(self._measurer.of(photos), emotions, strict=True)
        ]


def write(measures: Measures, affect: Affect) -> Captions:
    """Write both sentences."""
    parts = [_opening(measures), _contrast(measures), _place(measures.light)]
    plain = ", ".join(part for part in parts if part)
    turn = int(measures.light.lightness * 10)  # as good as chance, and always the same
    feeling = _FEELS[turn % len(_FEELS)].format(moods=_moods(affect, measures.light))
    return Captions(plain=f"{plain}.", emotional=f"{plain}; {feeling}.")


def _opening(measures: Measures) -> str:
    return f"A {_lightness(measures.light)} picture {_palette(measures)}"


def _lightness(light: Light) -> str:
    bounds = ((18, "very dark"), (32, "dark"), (45, "dim"), (58, "fairly bright"), (74, "bright"))
    return next((word for bound, word in bounds if light.lightness < bound), "very bright")


def _palette(measures: Measures) -> str:
    colours = measures.colours
    if colours.share < _GREY_SHARE:
        return "almost without colour"
    names = sorted(colours.hues, key=lambda name: (-colours.hues[name], name))
    kept = names[:1] + [name for name in names[1:2] if colours.hues[name] > _SECOND_HUE]
    hues = " and ".join(_PLURALS[name] for name in kept)
    if colours.share < _TINTED_SHARE:
        return f"in greys with some {hues}"
    return f"in {_strength(colours.colourfulness)} {hues}"


def _strength(colourfulness: float) -> str:
    bounds = ((0.1, "muted"), (0.2, "soft"), (0.32, "rich"))
    return next((word for bound, word in bounds if colourfulness < bound), "vivid")


def _contrast(measures: Measures) -> str:
    contrast, edges = measures.light.contrast, measures.texture.edge_share
    words = (
        "low contrast" * (contrast < _LOW_CONTRAST),
        "strong contrast" * (contrast > _STRONG_CONTRAST),
        "fine detail" * (edges > _MANY_EDGES),
        "smooth surfaces" * (edges < _FEW_EDGES),
    )
    return " and ".join(word for word in words if word)


def _place(light: Light) -> str:
    """Say where the light is, if it is somewhere."""
    sides = (
        (light.centre - _CENTRED, "the light in the middle"),
        (light.above - _UNEVEN, "the light from above"),
        (-light.above - _UNEVEN, "the light in the lower half"),
        (light.left - _UNEVEN, "the light on the left"),
        (-light.left - _UNEVEN, "the light on the right"),
    )
    margin, words = max(sides)
    return words if margin > 0 else ""


def _moods(affect: Affect, light: Light) -> str:
    """Name the nearest mood, with a second one where it is near as well."""
    is_dark = light.lightness < _DARK_BELOW
    # A bright picture may feel bleak, but to call it dark would be read as a mistake.
    scores = [item for item in mood_scores(affect).items() if is_dark or item[0] != "dark"]
    (first, best), (second, next_best) = scores[:2]
    if best < _TWO_MOODS_FROM:
        return f"mostly {first}"
    return f"{first} and a little {second}" if next_best > _TWO_MOODS_FROM else first
