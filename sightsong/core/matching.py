"""Matching: from a target on the affect plane and the nearest tracks to a short, varied list.

`score = alpha * s + (1 - alpha) * e`: the form of EMID (Zou et al., 2023, arXiv 2308.07622), where
`s` is the semantic part (how far the track's cosine stands out among the candidates of this query)
and `e` the affective part (how near the track lies on the plane of valence and arousal). What lies
near something to be avoided keeps only a part of its score. What is remembered of a user may move
the score in the end (`core.leaning` says how far).
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import Affect
from sightsong.core.tracks import TrackId

#: Weight of the semantic part unless the caller says otherwise.
ALPHA = 0.5
#: Weight of variety against score in the choice of the next track.
DIVERSITY = 0.15
#: Variety chooses among the best, this many times the tracks that are wanted: what lies far below
#: them is never shown, however unlike the others it is.
VARIETY_FACTOR = 4
#: Distance on the affect plane at which closeness falls to 1/e.
AFFECT_SCALE = 0.6
#: Most tracks by one artist, as long as others are left.
PER_ARTIST = 2
#: Share of its score that a track loses which lies at the very point of what is to be avoided.
AVOID_SHARE = 0.8
#: Distance on the affect plane at which that loss falls to 1/e: the width of a mood.
AVOID_SCALE = 0.4

#: Decimals in which gains are compared: beneath lies the rounding of sums.
_DECIMALS = 9


class Because(StrEnum):
    """What is remembered that moves a score most, in words to the user."""

    LIKED = "you liked it"
    PLAYED = "you have played it before"
    SKIPPED = "you skipped it before"
    ARTIST_LIKED = "you liked this artist"
    ARTIST_PLAYED = "you have played this artist before"
    ARTIST_SKIPPED = "you skipped this artist before"
    GENRE = "it is of a genre that you like"


@dataclass(frozen=True, kw_only=True)
class Lean:
    """How what is remembered of a user moves the score of a track."""

    change: float = 0.0  #: Is added to it.
    because: Because | None = None  #: None where nothing is remembered.


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A track near the query."""

    track_id: TrackId
    artist: str | None  #: Alike for all tracks of one artist; None where nobody is named.
    cosine: float  #: Of the query and the whole track, -1 .. 1.
    affect: Affect | None  #: None where the track's could not be measured.
    vector: NDArray[np.float32]  #: (d,), unit norm.
    lean: Lean = field(default_factory=Lean)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a score is made of."""

    semantic: float  #: 0 .. 1: 0.5 is the average candidate of this query.
    cosine: float  #: Of query and track, -1 .. 1.
    affect: float  #: 0 .. 1: 1 is the very point asked for.
    affect_distance: float | None  #: On the plane, 0 .. 2·√2.
    kept: float = 1.0  #: What is left of the score: below 1 near what is to be avoided.
    memory: float = 0.0  #: How far what is remembered has moved the score in the end.


@dataclass(frozen=True, kw_only=True)
class Match:
    """A chosen track."""

    candidate: Candidate
    score: float  #: 0 .. 1
    parts: Parts


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """What candidates are scored by."""

    target: Affect | None
    alpha: float
    avoid: Sequence[Affect]


def rank(  # noqa: PLR0913 - each is a knob of its own
    target: Affect | None,
    candidates: Sequence[Candidate],
    *,
    k: int,
    alpha: float = ALPHA,
    diversity: float = DIVERSITY,
    per_artist: int = PER_ARTIST,
    avoid: Sequence[Affect] = (),
) -> tuple[Match, ...]:
    """Choose `k` candidates, varied, and list them best first; ties fall by track id.

    Args:
        target: the point of the affect plane that is asked for, such as the photo's; None where
            none is known: then `alpha` counts as 1.
        candidates: the neighbours of the query; any order.
        k: how many to choose; fewer come back only when there are fewer candidates.
        alpha: weight of the semantic part, 0 .. 1.
        diversity: weight of variety (maximal marginal relevance) among the best, 0 .. 1.
        per_artist: most tracks by one artist, as long as others are left.
        avoid: points of the plane that tracks had better not be near.
    """
    scale = _Scale(target=target, alpha=1.0 if target is None else alpha, avoid=avoid)
    scored = _scored(candidates, scale)
    scored.sort(key=_best_first)
    scored = scored[: _reach(scored, k=k, per_artist=per_artist)]
    chosen = _varied(scored, k=k, diversity=diversity, per_artist=per_artist)
    return tuple(sorted((scored[i] for i in chosen), key=_best_first))


def _best_first(match: Match) -> tuple[float, TrackId]:
    return -match.score, match.candidate.track_id


def _scored(candidates: Sequence[Candidate], scale: _Scale) -> list[Match]:
    cosines = np.array([candidate.cosine for candidate in candidates], dtype=np.float64)
    return [
        _match(candidate, scale, semantic=semantic)
        for candidate, semantic in zip(candidates, _standing(cosines).tolist(), strict=True)
    ]


def _standing(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per-query z-scores, brought to 0 .. 1 by the logistic function; (n,) to (n,)."""
    if cosines.size == 0:
        return cosines
    spread = max(float(cosines.std()), 1e-6)
    z = (cosines - cosines.mean()) / spread
    standing: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-z))
    return standing


def _match(candidate: Candidate, scale: _Scale, *, semantic: float) -> Match:
    place = candidate.affect
    distance = scale.target.distance(place) if scale.target and place else None
    # A track whose affect is unknown counts as an average one: neither near nor far.
    closeness = 0.5 if distance is None else _nearness(distance, AFFECT_SCALE)
    kept = _kept(place, scale.avoid)
    plain = kept * (scale.alpha * semantic + (1.0 - scale.alpha) * closeness)
    score = _leant(plain, candidate.lean)
    parts = Parts(
        semantic=semantic,
        cosine=candidate.cosine,
        affect=closeness,
        affect_distance=distance,
        kept=kept,
        memory=score - plain,
    )
    return Match(candidate=candidate, score=round(score, 6), parts=parts)


def _leant(score: float, lean: Lean) -> float:
    """Move a score by what is remembered, within 0 .. 1; nothing remembered, nothing moves."""
    return score if lean.change == 0.0 else min(max(score + lean.change, 0.0), 1.0)


def _kept(place: Affect | None, avoid: Sequence[Affect]) -> float:
    """What a track keeps of its score. The nearest of the points decides, however many there are.

    Nothing is held against a track whose affect is unknown.
    """
    if place is None or not avoid:
        return 1.0
    distance = min(place.distance(point) for point in avoid)
    return 1.0 - AVOID_SHARE * _nearness(distance, AVOID_SCALE)


def _nearness(distance: float, scale: float) -> float:
    return math.exp(-((distance / scale) ** 2))


def _reach(scored: Sequence[Match], *, k: int, per_artist: int) -> int:
    """How many of the best there are to choose from: more only where artists leave too few."""
    taken: Counter[str] = Counter()
    places = 0  #: That those may fill which have been looked at.
    for at, match in enumerate(scored):
        if at >= VARIETY_FACTOR * k and places >= k:
            return at
        artist = match.candidate.artist
        places += artist is None or taken[artist] < per_artist
        if artist is not None:
            taken[artist] += 1
    return len(scored)


def _varied(scored: Sequence[Match], *, k: int, diversity: float, per_artist: int) -> list[int]:
    """Choose greedily: the best score less what is like the tracks chosen before.

    Returns:
        Indices, in the order of the choice.
    """
    if not scored:
        return []
    vectors = np.stack([match.candidate.vector for match in scored]).astype(np.float64)  # (n, d)
    products = np.empty_like(vectors)  # once: such a memory anew for each choice costs more
    worth = (1.0 - diversity) * np.array([match.score for match in scored])
    artists = _numbered([match.candidate.artist for match in scored])
    likeness = np.zeros(len(scored))  # highest cosine with a chosen track
    is_left = np.ones(len(scored), dtype=np.bool_)
    taken = np.zeros(len(scored), dtype=np.int64)  # by the number of an artist
    chosen: list[int] = []
    while len(chosen) < min(k, len(scored)):
        allowed = is_left & (taken[artists] < per_artist)
        gains = np.round(worth - diversity * likeness, _DECIMALS)
        # Of equal gains the first one wins, which is the better match.
        best = int(np.where(allowed if allowed.any() else is_left, gains, -np.inf).argmax())
        chosen.append(best)
        is_left[best] = False
        taken[artists[best]] += 1
        # Row by row, as `embeddings.cosine`: a matrix product may round in another order.
        np.multiply(vectors, vectors[best], out=products)
        np.maximum(likeness, products.sum(axis=1), out=likeness)
    return chosen


def _numbered(artists: Sequence[str | None]) -> NDArray[np.int64]:
    """Number the artists from 0 on; each track that names none has one of its own."""
    numbers: dict[str | int, int] = {}
    keys = (i if artist is None else artist for i, artist in enumerate(artists))
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
