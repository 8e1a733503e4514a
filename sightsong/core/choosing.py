"""Choosing: from a query and a taste to the matches of an answer, by whoever answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core import answers, matching, ports, terms
from sightsong.core.affect import Affect
from sightsong.core.errors import InvalidRequest
from sightsong.core.facts import Filters, Range
from sightsong.core.jobs import Job
from sightsong.core.leaning import Leaning, leaning_of
from sightsong.core.people import remembered_for
from sightsong.core.reasons import Asked
from sightsong.core.tracks import Track, TrackId

#: Neighbours that a ranking chooses from: at least this many, and so many times the wish.
_POOL = 200
_POOL_FACTOR = 10
#: How many times the tracks that an artist may show are candidates: one must not fill the pool.
_ARTIST_FACTOR = 4
#: Neighbours that are looked at in one go for tracks that are still there, at most: with 2,000 to
#: 60,000 of 100,000 removed, larger rounds took longer on the whole.
_MOST_LOOKED_AT = 2000

#: Filters by the names that the HTTP interface gives them, and the fields that they fill.
_WORDS = {
    "genre": "genres",
    "mood": "moods",
    "artist": "artists",
    "tag": "labels",
    "library": "libraries",
}
_RANGES = ("duration_s", "tempo_bpm")
#: No end of a range lies farther out; keeps what is no number, and what no float can hold, away.
_FAR = 1e12


@dataclass(frozen=True, kw_only=True)
class Taste:
    """Which of the tracks that fit are shown, and how they are ranked."""

    top_k: int = 5
    alpha: float | None = None  #: None: the default of `core.matching`.
    diversity: float = matching.DIVERSITY
    per_artist: int = matching.PER_ARTIST
    duplicates: bool = False  #: Show a recording as often as the library holds it.
    where: Filters = field(default_factory=Filters)
    avoid: tuple[Affect, ...] = ()  #: Points of the affect plane that tracks should not be near.
    leaning: Leaning = field(default_factory=Leaning)  #: Of the user; set by `remembering`.

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> "Taste":
        """Read the parameters of a job; what is absent or null is left to the defaults.

        Raises:
            InvalidRequest: the filters are not of the form that `filters_of` reads.
        """
        names = ("top_k", "alpha", "diversity", "per_artist", "duplicates")
        said = {name: params[name] for name in names if params.get(name) is not None}
        return cls(**said, where=filters_of(params.get("filters") or {}))


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """Matches, and the rows of those that are still there."""

    matches: tuple[matching.Match, ...]
    rows: Mapping[TrackId, Track]

    @property
    def gone(self) -> frozenset[TrackId]:
        """Those that were removed after the library was looked at."""
        return frozenset(match.candidate.track_id for match in self.matches) - self.rows.keys()


def filters_of(said: Mapping[str, Any]) -> Filters:
    """Read filters of their JSON form: words or lists of them, ranges of `min` and `max`.

    What is null, and an empty list, asks for nothing.

    Raises:
        InvalidRequest: a filter is unknown, or not of its form; names it.
    """
    known = (*_WORDS, *_RANGES, "explicit")
    for name in said:
        if name not in known:
            raise InvalidRequest(f"There is no filter '{name}'; there are {', '.join(known)}.")
    found: dict[str, Any] = {
        field_name: _words(name, said.get(name)) for name, field_name in _WORDS.items()
    }
    found |= {name: _range(name, said.get(name)) for name in _RANGES}
    explicit = said.get("explicit")
    if not (explicit is None or isinstance(explicit, bool)):
        raise InvalidRequest("The filter 'explicit' is true or false.")
    return Filters(**found, explicit=explicit)


def leanings(people: ports.People, jobs: Sequence[Job]) -> list[Leaning]:
    """Recall what the answers to some jobs lean to, in one go.

    Raises:
        StoreUnavailable: the database does not answer; retried.
    """
    whose = [remembered_for(job) for job in jobs]
    known = people.recall(one for one in whose if one is not None)
    return [leaning_of(None if one is None else known.get(one)) for one in whose]


def remembering(taste: Taste, leaning: Leaning) -> Taste:
    """Let what is remembered of a user have its say; what the request says goes before it.

    But for what is never to be played for them: no request brings that back.
    """
    where = replace(
        taste.where,
        without=taste.where.without | leaning.never_tracks,
        without_artists=taste.where.without_artists | leaning.never_artists,
    )
    alpha = leaning.alpha if taste.alpha is None else taste.alpha
    return replace(taste, where=where, alpha=alpha, leaning=leaning)


def choose(
    view: ports.LibraryView,
    tracks: ports.Tracks,
    query: NDArray[np.float32],
    *,
    affect: Affect | None,
    taste: Taste,
    asked: Asked = Asked.PHOTO,
) -> list[dict[str, Any]]:
    """Find the tracks that fit a query, and rank, vary and explain them.

    A track that was removed after the view was made is left out, and the next one takes its place.

    Args:
        view: of the library.
        tracks: its rows.
        query: float32, (d,), unit norm, of the view's space.
        affect: the point of the affect plane that is asked for; None where none is known.
        taste: what the caller wants to see.
        asked: what the reasons call the query.

    Returns:
        The matches of an answer, best first, as JSON values; fewer than asked for only where fewer
        tracks fit.

    Raises:
        StoreUnavailable: the database does not answer; retried.
        IndexUnavailable: the index cannot be searched now; retried.
    """
    pool = max(_POOL, _POOL_FACTOR * taste.top_k)
    near = _search(view, query, taste, k=pool)
    chosen = _rank(near, tracks, affect=affect, taste=taste)
    while chosen.gone:
        near = _still_there(view, tracks, query, taste=taste, pool=pool)
        chosen = _rank(near, tracks, affect=affect, taste=taste)
    starts = view.best_windows(query, [match.candidate.track_id for match in chosen.matches])
    return answers.match_answers(affect, chosen.matches, chosen.rows, starts=starts, asked=asked)


def _search(
    view: ports.LibraryView, query: NDArray[np.float32], taste: Taste, *, k: int
) -> tuple[ports.Neighbour, ...]:
    return view.search(
        query,
        k=k,
        where=taste.where,
        duplicates=taste.duplicates,
        # As many as are shown at the least: there may be nobody else.
        per_artist=max(_ARTIST_FACTOR * taste.per_artist, taste.top_k),
    )


def _still_there(
    view: ports.LibraryView,
    tracks: ports.Tracks,
    query: NDArray[np.float32],
    *,
    taste: Taste,
    pool: int,
) -> tuple[ports.Neighbour, ...]:
    """Search past what was removed: one that is gone seldom goes alone.

    Each round looks at twice as many, however many are gone, and leaves them all out. No more than
    the pool come back, as without the removal: what a match scores depends on the others.
    """
    looked_at = pool
    while True:
        looked_at = max(pool, min(2 * looked_at, _MOST_LOOKED_AT))
        near = _search(view, query, taste, k=looked_at)
        ids = [one.track_id for one in near]
        gone = frozenset(ids) - tracks.get_many(ids).keys()
        if gone.isdisjoint(ids[:pool]):
            return near[:pool]
        taste = replace(taste, where=replace(taste.where, without=taste.where.without | gone))


def _rank(
    near: Sequence[ports.Neighbour], tracks: ports.Tracks, *, affect: Affect | None, taste: Taste
) -> _Chosen:
    leans = _leans(near, tracks, taste.leaning)
    matches = matching.rank(
        affect,
        [_candidate(one, leans.get(one.track_id, _PLAIN)) for one in near],
        k=taste.top_k,
        alpha=matching.ALPHA if taste.alpha is None else taste.alpha,
        diversity=taste.diversity,
        per_artist=taste.per_artist,
        avoid=taste.avoid,
    )
    return _Chosen(
        matches=matches, rows=tracks.get_many(match.candidate.track_id for match in matches)
    )


_PLAIN = matching.Lean()


def _leans(
    near: Sequence[ports.Neighbour], tracks: ports.Tracks, leaning: Leaning
) -> Mapping[TrackId, matching.Lean]:
    """Say how the scores of neighbours are to move. Genres are read where some are favourites."""
    if leaning.is_empty:
        return {}
    rows = tracks.get_many(one.track_id for one in near) if leaning.genres else {}
    return {
        one.track_id: leaning.lean(
            (one.facts.recording_id or one.track_id, one.track_id),
            artist=one.facts.artist,
            genre=_genre(rows.get(one.track_id)),
        )
        for one in near
    }


def _genre(track: Track | None) -> str | None:
    genre = None if track is None else track.tags.genre
    return terms.whole("genre", genre) if genre else None


def _candidate(near: ports.Neighbour, lean: matching.Lean) -> matching.Candidate:
    return matching.Candidate(
        track_id=near.track_id,
        artist=near.facts.artist,
        cosine=near.cosine,
        affect=near.facts.affect,
        vector=near.vector,
        lean=lean,
    )


def _words(name: str, said: object) -> tuple[str, ...]:
    words = [said] if isinstance(said, str) else said
    if words is None:
        return ()
    if not isinstance(words, Sequence) or not all(isinstance(word, str) for word in words):
        raise InvalidRequest(f"The filter '{name}' is a word or a list of words.")
    return tuple(words)


def _range(name: str, said: object) -> Range:
    if said is None:
        return Range()
    if not isinstance(said, Mapping) or said.keys() - {"min", "max"}:
        raise InvalidRequest(f"The filter '{name}' is an object of 'min' and 'max'.")
    return Range(least=_number(name, said.get("min")), most=_number(name, said.get("max")))


def _number(name: str, said: object) -> float | None:
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int | float) or not -_FAR <= said <= _FAR:
        raise InvalidRequest(f"The ends of the filter '{name}' are numbers.")
    return float(said)
