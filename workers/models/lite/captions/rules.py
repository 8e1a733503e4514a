"""What stands out in a photo besides its brightness and main colours, each with its bound.

The bounds were set on OASIS, so that each is true of one photo in three at most, and seen to be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from workers.models.lite.captions.looking import Look

_DETAILED = 0.03  # share of edges below which nothing is said of where and how they run
_NOT_DARK, _NOT_BRIGHT = 32.0, 56.0  # L* between which shadows and glare are worth a word


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Something that may be said when a measurement lies above its bound."""

    kind: str  #: Of two rules of a kind only the stronger is told.
    measure: Callable[[Look], float]
    bound: float
    scale: float  #: How far above its bound a measurement counts as much as others do at theirs.
    wordings: tuple[str, ...]  #: Noun phrases to stand after "with".


def _if_detailed(look: Look, measured: float) -> float:
    return measured if look.edges > _DETAILED else 0.0


RULES: Final = (
    Rule(
        kind="contrast",
        measure=lambda look: -look.contrast,
        bound=-13,
        scale=6,
        wordings=("low contrast", "weak contrast", "tones near one another"),
    ),
    Rule(
        kind="contrast",
        measure=lambda look: look.contrast,
        bound=27,
        scale=6,
        wordings=("strong contrast", "high contrast", "tones far apart"),
    ),
    Rule(
        kind="detail",
        measure=lambda look: look.edges,
        bound=0.42,
        scale=0.12,
        wordings=("fine detail all over", "plenty of fine detail", "a busy texture"),
    ),
    Rule(
        kind="detail",
        measure=lambda look: -look.edges,
        bound=-0.1,
        scale=0.06,
        wordings=("smooth areas", "few edges", "hardly any fine detail"),
    ),
    Rule(
        kind="place",
        measure=lambda look: look.above,
        bound=16,
        scale=10,
        wordings=("most of the light above", "more light above than below"),
    ),
    Rule(
        kind="place",
        measure=lambda look: -look.above,
        bound=16,
        scale=10,
        wordings=("most of the light below", "more light below than above"),
    ),
    Rule(
        kind="place",
        measure=lambda look: look.left,
        bound=14,
        scale=8,
        wordings=("most of the light on the left", "more light on the left"),
    ),
    Rule(
        kind="place",
        measure=lambda look: -look.left,
        bound=14,
        scale=8,
        wordings=("most of the light on the right", "more light on the right"),
    ),
    Rule(
        kind="place",
        measure=lambda look: look.middle,
        bound=13,
        scale=8,
        wordings=("more light in the middle than around it", "the brightest part in the middle"),
    ),
    Rule(
        kind="place",
        measure=lambda look: -look.middle,
        bound=20,
        scale=10,
        wordings=("less light in the middle than around it", "the darkest part in the middle"),
    ),
    Rule(
        kind="rim",
        measure=lambda look: -look.rim_spread,
        bound=-7,
        scale=3,
        wordings=("an even surround", "a plain surround"),
    ),
    Rule(
        kind="focus",
        measure=lambda look: _if_detailed(look, look.middle_edges),
        bound=0.55,
        scale=0.15,
        wordings=("most of the detail in the middle", "the detail gathered in the middle"),
    ),
    Rule(
        kind="lines",
        measure=lambda look: _if_detailed(look, look.level),
        bound=0.42,
        scale=0.1,
        wordings=("many level lines", "lines that run across"),
    ),
    Rule(
        kind="lines",
        measure=lambda look: _if_detailed(look, look.upright),
        bound=0.36,
        scale=0.1,
        wordings=("many upright lines", "lines that run up and down"),
    ),
    Rule(
        kind="mirror",
        measure=lambda look: _if_detailed(look, look.mirror),
        bound=0.75,
        scale=0.1,
        wordings=("both sides alike", "sides that nearly mirror each other"),
    ),
    Rule(
        kind="shadow",
        measure=lambda look: look.shadow if look.lightness > _NOT_DARK else 0.0,
        bound=0.22,
        scale=0.1,
        wordings=("deep shadows", "deep shadow in places"),
    ),
    Rule(
        kind="glare",
        measure=lambda look: look.glare if look.lightness < _NOT_BRIGHT else 0.0,
        bound=0.1,
        scale=0.06,
        wordings=("glaring highlights", "glaring spots"),
    ),
)

RIVALS: Final = (
    frozenset({"detail", "focus"}),
    frozenset({"place", "focus"}),
    frozenset({"contrast", "shadow"}),
    frozenset({"contrast", "glare"}),
)
"""Kinds that would say much the same beside each other."""
