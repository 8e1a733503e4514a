"""What is said of a look: how bright it is, its shape, and what stands out most.

Only what stands out is said. Of equal wordings a measurement chooses that has nothing to do with
the claim: the same photo always reads the same, and photos that are alike need not.
"""

from collections.abc import Sequence

from workers.models.lite.captions.accents import accent
from workers.models.lite.captions.looking import Look
from workers.models.lite.captions.palette import Palette
from workers.models.lite.captions.rules import RIVALS, RULES, Rule

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
_STEP = 2.5  # of contrast, from one wording to the next


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
    accents = accent(look, told)
    first = [pick(accents, look.contrast, step=_STEP)] if accents else []
    if any(" and " in words for words in first):
        return first  # another thing beside these two would need a comma of its own
    chosen = _strongest(look, most=MOST_DETAILS - len(first))
    words = [pick(rule.wordings, look.contrast, step=_STEP) for rule in chosen]
    return sorted(first + words, key=lambda phrase: phrase.count(" "))


def pick(wordings: Sequence[str], measure: float, *, step: float) -> str:
    """Choose a wording by a measurement: another one for each `step`."""
    return wordings[int(measure // step) % len(wordings)]


def _strongest(look: Look, *, most: int) -> list[Rule]:
    """The rules that hold by the widest margin, no two of them about the same."""
    margins = {rule: (rule.measure(look) - rule.bound) / rule.scale for rule in RULES}
    held = [rule for rule, margin in margins.items() if margin > 0]
    chosen: list[Rule] = []
    for rule in sorted(held, key=lambda rule: -margins[rule]):
        if len(chosen) < most and not any(_rivals(rule, one) for one in chosen):
            chosen.append(rule)
    return chosen


def _rivals(one: Rule, other: Rule) -> bool:
    same = one.kind == other.kind
    return same or any({one.kind, other.kind} <= rivals for rivals in RIVALS)
