"""The way of some words through the text model to their tracks."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sightsong.core import answers, models, ports
from sightsong.core.affect import Affect
from sightsong.core.choosing import Taste
from sightsong.core.errors import NothingUnderstood
from sightsong.core.reasons import Asked
from workers.finding import Answer, Finder, Query, plain
from workers.stages import Observe, Stages, unobserved

#: Characters that are read of a text. The API takes fewer; a row that was written by other hands
#: must not hold up a batch.
_MOST_LETTERS = 4000


class TextPipeline:
    """Words in, answers out, a batch at a time."""

    def __init__(
        self,
        profile: models.Profile,
        library: ports.Library,
        tracks: ports.Tracks,
        *,
        observe: Observe = unobserved,
    ) -> None:
        """Put the parts together; `observe` is told how many seconds each stage of a batch took."""
        self._profile = profile
        self._finder = Finder(profile, library, tracks, observe=observe)

    def understood(self, text: str) -> str:
        """Tidy a text: one that cannot be answered must not fail a whole batch.

        Raises:
            NothingUnderstood: it says nothing to the text model; not retried.
        """
        plain = text[:_MOST_LETTERS].encode("utf-8", "replace").decode().replace("\x00", " ")
        tidy = " ".join(plain.split())
        if not self._profile.text.understands(tidy):
            raise NothingUnderstood
        return tidy

    def answer(self, texts: Sequence[str], tastes: Sequence[Taste]) -> list[Answer]:
        """Answer each text with the tracks that fit.

        Args:
            texts: as `understood` gives them.
            tastes: one for each text.
        """
        stages = Stages()
        with stages.timed("query"):
            queries = self._queries(texts, tastes)
        say = [
            functools.partial(_said, text, query.affect)
            for text, query in zip(texts, queries, strict=True)
        ]
        return self._finder.answer(queries, say, stages)

    def _queries(self, texts: Sequence[str], tastes: Sequence[Taste]) -> list[Query]:
        vectors = self._profile.text.encode(texts)
        feelings = self._profile.text.feel(texts)
        return [
            Query(text=text, vector=vector, affect=plain(affect), taste=taste, asked=Asked.WORDS)
            for text, vector, affect, taste in zip(texts, vectors, feelings, tastes, strict=True)
        ]


def _said(text: str, affect: Affect | None, matches: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return answers.text_answer(text, affect, query=text, matches=matches)
