"""Mood labels of the caller's own: how they are tidied, and which are refused."""

import unicodedata
from collections.abc import Collection, Iterable

from sightsong.core.errors import InvalidRequest, UnknownMood

#: Labels for one photo: enough to compare moods, few enough for one batch of texts.
MOST_LABELS = 64
#: Characters of a label: a mood is a word or three.
LONGEST_LABEL = 40

_MARKS = frozenset(" -'")


def tidy(texts: Iterable[str]) -> tuple[str, ...]:
    """Make mood labels of what a caller wrote: in lower case, trimmed, each once, in order.

    Args:
        texts: each one label, or several with commas between them; empty ones are passed over.

    Raises:
        InvalidRequest: there are too many, or one is too long or holds other characters than
            letters, digits, spaces, hyphens and apostrophes; names it.
    """
    parts = (_tidied(part) for text in texts for part in text.split(","))
    labels = tuple(dict.fromkeys(part for part in parts if part))
    if len(labels) > MOST_LABELS:
        raise InvalidRequest(f"There are {len(labels)} moods; {MOST_LABELS} are the most.")
    for label in labels:
        _check(label)
    return labels


def refuse_unknown(labels: Iterable[str], known: Collection[str]) -> None:
    """Let pass labels that are known; the profile with these labels scores no others.

    Raises:
        UnknownMood: one is not; names it and those that are.
    """
    unknown = next((label for label in labels if label not in known), None)
    if unknown is not None:
        raise UnknownMood(
            f"This profile does not know the mood '{unknown}'; it knows {', '.join(known)}. "
            "The full profile scores any."
        )


def _tidied(text: str) -> str:
    plain = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower()
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def _check(label: str) -> None:
    if len(label) > LONGEST_LABEL:
        raise InvalidRequest(
            f"The mood '{label[:LONGEST_LABEL]}…' has {len(label)} characters; "
            f"{LONGEST_LABEL} are the most."
        )
    if not all(_is_plain(char) for char in label) or not any(char.isalnum() for char in label):
        raise InvalidRequest(
            f"The mood '{label}' is not made of letters, digits, spaces, hyphens and apostrophes."
        )


def _is_plain(char: str) -> bool:
    """Whether it is a letter, a mark on one, or a digit, of any script, or stands between words."""
    category = unicodedata.category(char)
    return char in _MARKS or category[0] in "LM" or category == "Nd"
