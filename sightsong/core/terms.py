"""Search terms: short strings by which a store finds tracks, made of what is said of them."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sightsong.core.tracks import Tags, TrackFilter

#: Characters of a term; longer ones are cut, in the library and in a question alike.
MAX_LENGTH = 80
#: Terms of one track: a comment of a whole page among the labels must not swell the index.
MAX_COUNT = 64

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a track must have to be listed."""

    whole: tuple[str, ...]  #: Each of these terms.
    begun: tuple[str, ...]  #: For each of these, a term that begins with it.

    def fits(self, terms: Collection[str]) -> bool:
        """Whether a track of these terms is wanted."""
        has_whole = all(term in terms for term in self.whole)
        return has_whole and all(
            any(term.startswith(begin) for term in terms) for begin in self.begun
        )


def terms_of(tags: Tags, *, title: str) -> tuple[str, ...]:
    """Make the terms of a track, each once.

    Args:
        tags: as the track shows them.
        title: as the track shows it; may come from its file's name.
    """
    # A dictionary keeps the order: where there are too many, whole terms stay before words.
    found = dict.fromkeys((*whole_terms(tags), *_word_terms(tags, title)))
    return tuple(found)[:MAX_COUNT]


def whole_terms(tags: Tags) -> tuple[str, ...]:
    """Make the terms that stand for whole values, each once; no words."""
    found = [
        whole(name, value)
        for name, value in (
            ("genre", tags.genre),
            ("mood", tags.mood),
            ("artist", tags.artist),
            ("library", tags.library),
        )
        if value
    ]
    found += [whole("label", label) for label in tags.labels]
    return tuple(dict.fromkeys(found))


def whole(name: str, value: str) -> str:
    """Make the term of a whole value: `genre:ambient`."""
    return f"{name}:{' '.join(_plain(value).split())}"[:MAX_LENGTH]


def wanted(where: TrackFilter) -> Wanted:
    """Make the terms that a filter asks for; its state is no term."""
    said = {
        "genre": where.genre,
        "mood": where.mood,
        "artist": where.artist,
        "label": where.label,
    }
    asked = [whole(name, value) for name, value in said.items() if value is not None]
    return Wanted(whole=tuple(asked), begun=tuple(dict.fromkeys(_words(where.text or ""))))


def _word_terms(tags: Tags, title: str) -> Iterator[str]:
    for text in (title, tags.artist, tags.album, tags.genre, tags.mood, *tags.labels):
        yield from _words(text or "")


def _words(text: str) -> list[str]:
    return [f"word:{word}"[:MAX_LENGTH] for word in _WORD.findall(_plain(text))]


def _plain(text: str) -> str:
    """Bring a text to one way of writing it, without what a database refuses."""
    alike = unicodedata.normalize("NFKC", text).casefold()
    return alike.encode("utf-8", "replace").decode().replace("\x00", " ")
