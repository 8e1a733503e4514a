"""Colours that catch the eye, though they are none of the main ones."""

from collections.abc import Sequence

from workers.models.lite.captions import naming
from workers.models.lite.captions.looking import Look
from workers.models.lite.captions.palette import Palette, joined

_TOUCH, _PATCH = 0.006, 0.035
"""Shares of the area from which a vivid colour is a touch of it, and patches."""
_MOST = 2


def accent(look: Look, told: Palette) -> tuple[str, ...]:
    """Say it in equal wordings: patches of up to two colours, or a touch of one; () if of none."""
    others = [name for name in naming.NEIGHBOURS if name not in told.names]
    ordered = sorted(others, key=lambda name: -look.vivid[name])
    if patches := _apart([name for name in ordered if look.vivid[name] > _PATCH])[:_MOST]:
        return f"patches of {joined(patches)}", f"{joined(patches)} patches"
    touches = [name for name in ordered if look.vivid[name] > _TOUCH and _is_alone(look, name)]
    return tuple(f"a {small} of {name}" for name in touches[:1] for small in ("touch", "dash"))


def _apart(names: Sequence[str]) -> list[str]:
    """Leave out those that lie beside one that comes before."""
    kept: list[str] = []
    for name in names:
        if not any(name in naming.NEIGHBOURS[one] for one in kept):
            kept.append(name)
    return kept


def _is_alone(look: Look, name: str) -> bool:
    """Whether nothing else in the photo comes near a colour."""
    return sum(look.names[one] for one in naming.NEIGHBOURS[name] | {name}) < 2 * _PATCH
