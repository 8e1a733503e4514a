"""Rules of English that a caption can be checked by: each names what it finds wrong."""

import re
from collections.abc import Iterator

_NUMBERS = "two|three|four|five|six|seven|eight|nine|ten"
_PATTERNS = {
    "does not begin with a capital letter": r"\A[^A-Z]",
    "does not end with a full stop": r"[^.]\Z",
    "has more than one full stop": r"\..*\.",
    "has a capital letter within": r"\A.+[A-Z]",
    "has two spaces together": r"\s\s",
    "has a space before a mark": r"\s[,.;:]",
    "has no space after a mark": r"[,;:]\S",
    "has two marks together": r"[,.;:]\s*[,.;:]",
    "has more than one semicolon": r";.*;",
    "has more than one colon": r":.*:",
    "says a word twice in a row": r"\b(\w+) \1\b",
    "says 'a' before a vowel": r"\b[Aa] [aeio]",
    "says 'an' before a consonant": r"\b[Aa]n [^aeiou]",
    "lets a list go on with 'and'": r"\b\w+ and \w+ and \w+",
    "ends a list with a comma": r", and [a-z]+[,.]",
    "has a word without its noun": r"\b(with|in|of|a|an|and|some|many|most)[,.;:]",
    "has a colon or comma at its begin": r"\A\W",
    "gives one thing a plural": r"\bone (faces|look\b|are\b)|\bone face[\w ]* (look|are)\b",
    "gives many things a singular": rf"\b({_NUMBERS}) (face\b|faces? (looks|is)\b)",
    "says that faces is": r"\bfaces (is|looks)\b|\bface (are|look)\b",
    "counts what is many without an s": r"\bmany \w+ line\b|\b(patches|lines|edges|tones) is\b",
}
_SMALL = frozenset({"more", "than", "most", "some", "light"})
_PLACES = frozenset({"above", "below", "left", "right", "middle"})
"""Words that may well come twice: what lies where is said of light, colours and faces alike."""
_CONTRADICTIONS = (
    ("dark", "bright"),
    ("dim", "bright"),
    ("low contrast", "tones far apart"),
    ("weak contrast", "tones far apart"),
    ("tones near one another", "tones far apart"),
    ("few edges", "fine detail"),
    ("smooth areas", "fine detail"),
    ("smooth areas", "busy texture"),
    ("shades of grey", "shades of red"),
    ("very dark", "glaring"),
    ("close up", "small"),
    ("calm", "tense"),
    ("cheerful", "gloomy"),
    ("happy and", "sad"),
    ("peaceful", "angry"),
)


def faults(sentence: str) -> list[str]:
    """Name everything that is wrong with a sentence."""
    return [*_broken(sentence), *_repeated(sentence), *_contradicted(sentence)]


def _broken(sentence: str) -> Iterator[str]:
    for fault, pattern in _PATTERNS.items():
        if re.search(pattern, sentence):
            yield fault


def _repeated(sentence: str) -> Iterator[str]:
    stems = [word.rstrip("s") for word in re.findall(r"[a-z]{4,}", sentence.lower())]
    for stem in sorted({stem for stem in stems if stems.count(stem) > 1} - _SMALL - _PLACES):
        yield f"says {stem!r} twice"


def _contradicted(sentence: str) -> Iterator[str]:
    lower = sentence.lower()
    for one, other in _CONTRADICTIONS:
        if re.search(rf"\b{one}\b", lower) and re.search(rf"\b{other}\b", lower):
            yield f"says {one!r} and {other!r}"
