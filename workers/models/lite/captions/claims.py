"""What is said of a look: how bright it is, its shape, and what stands out most.

Only what stands out is said. Of equal wordings a measurement chooses that has nothing to do with
the claim: the same photo always reads the same, and photos that are alike need not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workers.models.lite.captions import naming
from workers.models.lite.captions.looking import Look
from workers.models.lite.captions.palette import Palette
from workers.models.lite.captions.rules import RIVALS, RULES

MOST_DETAILS = 2

_TONES = (
    (14, "very dark"),
    (30, "dark"),
    (46, "dim"),
    (58, "fairly bright"),
    (74, "bright"),
    (101, "very bright"),
)
"""L* up to which a photo is called so; beyond the last none goes."""
_PANORAMA, _TALL, _SQUARE = 1.9, 0.85, 1.03
_TOUCH, _PATCH = 0.006, 0.035  # shares of the area between which a vivid colour is a touch


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Something that may stand after "with"."""

    kind: str  #: Of two claims of a kind only the stronger is made.
    strength: float  #: 0 .. 2; above 1 only of a colour that catches the eye.
    wordings: tuple[str, ...]


def tone(look: Look) -> str:
    """How bright the photo is."""
    return next(word for bound, word in _TONES if look.lightness < bound)


def shape(look: Look) -> str:
    """What is unusual of its shape, if anything is."""
    if look.aspect > _PANORAMA:
        return "wide"
    if look.aspect < _TALL:
        return "tall"
    return "square" if 1 / _SQUARE < look.aspect < _SQUARE else ""


def details(look: Look, told: Palette) -> list[str]:
    """What stands out most besides brightness and main colours: noun phrases, the longest last."""
    chosen: list[Claim] = []
    claims = [*_claims(look), *_accents(look, told)]
    for claim in sorted(claims, key=lambda claim: (-claim.strength, claim.wordings)):
        if len(chosen) < MOST_DETAILS and not any(_rivals(claim, one) for one in chosen):
            chosen.append(claim)
    words = [pick(claim.wordings, look.contrast, step=2.5) for claim in chosen]
    return sorted(words, key=lambda phrase: phrase.count(" "))


def pick(wordings: Sequence[str], measure: float, *, step: float) -> str:
    """Choose a wording by a measurement: another one for each `step`."""
    return wordings[int(measure // step) % len(wordings)]


def _claims(look: Look) -> Iterator[Claim]:
    for rule in RULES:
        strength = (rule.measure(look) - rule.bound) / rule.scale
        if strength > 0:
            yield Claim(kind=rule.kind, strength=_tamed(strength), wordings=rule.wordings)


def _accents(look: Look, told: Palette) -> Iterator[Claim]:
    """A vivid colour that is none of the main ones; a touch only where it is by itself."""
    for name, near in naming.NEIGHBOURS.items():
        share = look.vivid[name]
        around = sum(look.names[other] for other in near | {name})
        if name in told.names or share < _TOUCH:
            continue
        if share > _PATCH:
            wordings = (f"patches of {name}", f"{name} patches")
            yield Claim(kind="accent", strength=1 + _tamed(share / _PATCH), wordings=wordings)
        elif around < 2 * _PATCH:
            wordings = (f"a touch of {name}", f"a dash of {name}")
            yield Claim(kind="accent", strength=1 + _tamed(share / _TOUCH / 3), wordings=wordings)


def _tamed(strength: float) -> float:
    """Bring any strength above 0 below 1; the order stays."""
    return strength / (1 + strength)


def _rivals(one: Claim, other: Claim) -> bool:
    same = one.kind == other.kind
    return same or any({one.kind, other.kind} <= rivals for rivals in RIVALS)
