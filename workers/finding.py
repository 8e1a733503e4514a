"""Finding: from queries to matches and receipts, the same for photos and for words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core import answers, models, moods, ports
from sightsong.core.affect import Affect
from sightsong.core.choosing import Taste, choose
from sightsong.core.reasons import Asked
from workers.stages import Observe, Stages, unobserved

#: Makes what is said of a photo or of words, with the matches among it; JSON values.
Say = Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Query:
    """What is searched for."""

    text: str  #: In words.
    vector: NDArray[np.float32]  #: (d,), unit norm.
    affect: Affect | None  #: As `plain` gives it; None where it is not known what it feels like.
    taste: Taste
    asked: Asked  #: What reasons call it.


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What becomes of a job."""

    result: dict[str, Any]  #: JSON values.
    query: NDArray[np.float32]  #: (d,), unit norm: what was searched for.
    affect: Affect | None  #: The point that goes with it, exactly.


def plain(affect: Affect | None) -> Affect | None:
    """Bring a point to Python's own numbers, in which it is kept: so it can be searched again."""
    if affect is None:
        return None
    return Affect(valence=float(affect.valence), arousal=float(affect.arousal))


class Finder:
    """Searches the library for a batch."""

    def __init__(
        self,
        profile: models.Profile,
        library: ports.Library,
        tracks: ports.Tracks,
        *,
        observe: Observe = unobserved,
    ) -> None:
        """Put the parts together.

        Args:
            profile: whose models sign the answers.
            library: is searched.
            tracks: its rows.
            observe: is told how many seconds each stage of a batch took.
        """
        self._profile = profile
        self._library = library
        self._tracks = tracks
        self._observe = observe
        self._prompts_sha256 = moods.prompts_sha256()

    def answer(self, queries: Sequence[Query], say: Sequence[Say], stages: Stages) -> list[Answer]:
        """Answer each query; all of them look at the library at the same moment.

        Whatever was written before a batch began, it sees.

        Args:
            queries: of the batch.
            say: for each of them, what makes the middle of its answer of its matches.
            stages: of the batch so far; the search is the last.

        Raises:
            Unavailable: the database, or the server that holds the index, does not answer; retried.
        """
        with stages.timed("match"):
            self._library.catch_up()
            view = self._library.view()
            found = [self._matches(view, query) for query in queries]
            receipt = self._receipt(view)
        stages.tell(self._observe)
        first = {"profile": self._profile.name}
        last = {"receipt": receipt, "timings_ms": stages.timings_ms(batch=len(queries))}
        return [
            Answer(
                result=first | tell(matches) | _personal(query.taste) | last,
                query=query.vector,
                affect=query.affect,
            )
            for query, tell, matches in zip(queries, say, found, strict=True)
        ]

    def _matches(self, view: ports.LibraryView, query: Query) -> list[dict[str, Any]]:
        return choose(
            view,
            self._tracks,
            query.vector,
            affect=query.affect,
            taste=query.taste,
            asked=query.asked,
        )

    def _receipt(self, view: ports.LibraryView) -> dict[str, Any]:
        return answers.receipt(
            self._profile,
            index_snapshot=view.snapshot,
            index_revision=view.revision,
            prompts_sha256=self._prompts_sha256,
        )


def _personal(taste: Taste) -> dict[str, Any]:
    """Say whether anything remembered of a user had a say."""
    return {"personal": not taste.leaning.is_empty}
