"""The lexicon: what single words ask of music. Set and reviewed by hand.

Places on the affect plane are our own judgement, in the light of affective word norms (Warriner,
Kuperman and Brysbaert 2013); no table was copied. Sound hints use the scales of
`affect_space.SoundPoint`. A word that only names a sound ("piano") has no feeling of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from sightsong.core.affect_space import SOUNDS
from sightsong.core.lexicon_words import FEELINGS, SCENES, STYLES

_SCALES = ("valence", "arousal", *SOUNDS)
_FEELING_WEIGHT = 2.0
"""In "a sad slow piano ballad", the feeling is in the first word."""
_ENDINGS = (
    ("ies", "y"),
    ("iness", "y"),
    ("ness", ""),
    ("es", ""),
    ("s", ""),
    ("ly", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ed", ""),
    ("ed", "e"),
    ("y", ""),
)
"""Endings, and what stands in their place in the plain form."""
_SHORTEST_STEM = 3
_REMEMBERED = 4096
"""Words whose hints are at hand; callers write what they like, so there must be an end."""


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What a word asks for."""

    values: Mapping[str, float]  #: Scale to -1 .. 1; `valence`, `arousal` and those of `SOUNDS`.
    weight: float  #: Against other words of the same text.


@lru_cache(maxsize=_REMEMBERED)
def hints(word: str) -> Hints | None:
    """Look a word up, in lower case, as it is or without a common ending; None if unknown."""
    words = _words()
    for form in (word, *_stems(word)):
        if form in words:
            return words[form]
    return None


def known_words() -> tuple[str, ...]:
    """Every word of the lexicon, in alphabetical order."""
    return tuple(sorted(_words()))


def _stems(word: str) -> list[str]:
    return [
        word.removesuffix(ending) + instead
        for ending, instead in _ENDINGS
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM
    ]


@cache
def _words() -> Mapping[str, Hints]:
    table: dict[str, Hints] = {}
    for lines, weight in ((FEELINGS, _FEELING_WEIGHT), (STYLES, 1.0), (SCENES, 1.0)):
        for line in lines.strip().splitlines():
            words, _, values = line.partition(":")
            found = Hints(values=_parsed(values), weight=weight)
            table.update(dict.fromkeys((word.strip() for word in words.split(",")), found))
    return table


def _parsed(values: str) -> Mapping[str, float]:
    """Read `valence 0.5 tempo -0.3` into numbers."""
    fields = values.split()
    found = {name: float(value) for name, value in zip(fields[::2], fields[1::2], strict=True)}
    unknown = found.keys() - set(_SCALES)
    if unknown:
        raise ValueError(f"The lexicon names unknown scales: {sorted(unknown)}.")
    return found
