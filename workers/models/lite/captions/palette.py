"""The main colours of a photo in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from workers.models.lite.captions import naming
from workers.models.lite.captions.looking import Look

_MOST = 0.62
"""Share of the area from which one colour is nearly all there is."""
_SECOND = 0.15
_SOME = 0.07
"""Share of the area from which there is some of a colour."""
_BAND = 0.55
"""Share of the upper or lower third from which it is said to be of one colour."""
_NO_COLOUR = 9.0
"""Chroma below which even the most coloured pixels look grey."""
_PLURALS = {name: f"{name}s" for name in naming.NAMES} | {"black": "black", "white": "white"}
_STRENGTHS = ((22, "muted"), (34, "soft"), (50, "rich"), (200, "vivid"))
"""Mean chroma up to which colours are called so."""


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The main colours, as the parts of a sentence."""

    noun: str  #: For instance "soft greens and browns".
    after: str  #: What follows "a picture": " in soft greens and browns".
    names: tuple[str, ...]  #: Of the colours that are told.

    @property
    def main(self) -> str | None:
        """The one colour of most of it, where there is one."""
        return self.names[0] if len(self.names) == 1 else None


def palette(look: Look) -> Palette:
    """Name the main colours."""
    if bands := _bands(look):
        return bands
    first, second = sorted(naming.NAMES, key=lambda name: (-look.names[name], name))[:2]
    if look.names[first] > _MOST:
        return _shades(first)
    if look.most_chroma < _NO_COLOUR:
        return _greys(look)
    return _several([first] if look.names[second] < _SECOND else [first, second], look)


def rest(look: Look, told: Sequence[str]) -> str | None:
    """The colour that comes next after those that are told, if there is some of it."""
    others = [name for name in naming.NAMES if name not in told]
    most = max(others, key=lambda name: look.names[name])
    return most if look.names[most] > _SOME else None


def joined(words: Sequence[str]) -> str:
    """Join words by commas, and the last two by "and"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _bands(look: Look) -> Palette | None:
    """Two colours, where the upper third is of one and the lower third of another."""
    above = max(naming.NAMES, key=lambda name: look.upper[name])
    below = max(naming.NAMES, key=lambda name: look.lower[name])
    is_told = min(look.upper[above], look.lower[below]) > _BAND
    is_clear = max(look.upper[below], look.lower[above]) < 1 - _BAND
    if above == below or not is_told or not is_clear:
        return None
    words = f"{above} above and {below} below"
    return Palette(noun=words, after=f", {words}", names=(above, below))


def _greys(look: Look) -> Palette:
    """What a photo without any colour has; black and white where it has both."""
    if min(look.names["black"], look.names["white"]) < _SOME:
        return _shades("grey")
    noun = "black, grey and white"
    return Palette(noun=noun, after=f" in {noun}", names=("black", "grey", "white"))


def _shades(name: str) -> Palette:
    """One colour; of black or white there are no shades."""
    if name in {"black", "white"}:
        return Palette(noun=f"almost only {name}", after=f", almost all {name}", names=(name,))
    return Palette(noun=f"shades of {name}", after=f" in shades of {name}", names=(name,))


def _several(names: list[str], look: Look) -> Palette:
    """One or two colours; only what has a colour has a strength."""
    coloured = [name for name in names if name not in naming.NEUTRAL]
    greys = [name for name in names if name in naming.NEUTRAL]
    if coloured:
        noun = f"{_strength(look)} {joined([_PLURALS[name] for name in coloured + greys])}"
        return Palette(noun=noun, after=f" in {noun}", names=tuple(names))
    more = rest(look, tuple(naming.NEUTRAL))
    noun = joined([_PLURALS[name] for name in greys] + [f"some {more}"] * bool(more))
    told = (*names, more) if more else tuple(names)
    return Palette(noun=noun, after=f" in {noun}", names=told)


def _strength(look: Look) -> str:
    return next(word for bound, word in _STRENGTHS if look.chroma < bound)
