"""Matching: from a photo's affect and its nearest tracks to a short, varied, explained list.

`score = alpha * s + (1 - alpha) * e`: the form of EMID (Zou et al., 2023, arXiv 2308.07622), where
`s` is the semantic part (how far the track's cosine stands out among the candidates of this query)
and `e` the affective part (how near the track lies on the plane of valence and arousal).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightsong.core import embeddings
from sightsong.core.affect import Affect
from sightsong.core.tracks import TrackId

#: Weight of the semantic part unless the caller says otherwise.
ALPHA = 0.5
#: Weight of variety against score in the choice of the next track.
DIVERSITY = 0.15
#: Distance on the affect plane at which closeness falls to 1/e.
AFFECT_SCALE = 0.6
#: Most tracks by one artist, as long as others are left.
PER_ARTIST = 2


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A track near the query."""

    track_id: TrackId
    artist: str | None
    cosine: float  #: Of the query and the whole track, -1 .. 1.
    affect: Affect | None  #: None where the track's could not be measured.
    vector: NDArray[np.float32]  #: (d,), unit norm.
    window_start_s: float


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a score is made of."""

    semantic: float  #: 0 .. 1: 0.5 is the average candidate of this query.
    cosine: float  #: Of query and track, -1 .. 1.
    affect: float  #: 0 .. 1: 1 is the photo's very point.
    affect_distance: float | None  #: On the plane, 0 .. 2·√2.


@dataclass(frozen=True, kw_only=True)
class Match:
    """A chosen track."""

    candidate: Candidate
    score: float  #: 0 .. 1
    parts: Parts


def rank(
    photo: Affect,
    candidates: Sequence[Candidate],
    *,
    k: int,
    alpha: float = ALPHA,
    diversity: float = DIVERSITY,
) -> tuple[Match, ...]:
    """Choose `k` candidates, varied, and list them best first; ties fall by track id.

    Args:
        photo: the photo's point on the affect plane.
        candidates: the neighbours of its query; any order.
        k: how many to choose; fewer come back only when there are fewer candidates.
        alpha: weight of the semantic part, 0 .. 1.
        diversity: weight of variety (maximal marginal relevance), 0 .. 1.
    """
    scored = _scored(photo, candidates, alpha)
    scored.sort(key=_best_first)
    return tuple(sorted(_varied(scored, k=k, diversity=diversity), key=_best_first))


def _best_first(match: Match) -> tuple[float, TrackId]:
    return -match.score, match.candidate.track_id


def _scored(photo: Affect, candidates: Sequence[Candidate], alpha: float) -> list[Match]:
    cosines = np.array([candidate.cosine for candidate in candidates], dtype=np.float64)
    return [
        _match(photo, candidate, semantic=float(semantic), alpha=alpha)
        for candidate, semantic in zip(candidates, _standing(cosines), strict=True)
    ]


def _standing(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per-query z-scores, brought to 0 .. 1 by the logistic function; (n,) to (n,)."""
    if cosines.size == 0:
        return cosines
    spread = max(float(cosines.std()), 1e-6)
    z = (cosines - cosines.mean()) / spread
    standing: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-z))
    return standing


def _match(photo: Affect, candidate: Candidate, *, semantic: float, alpha: float) -> Match:
    distance = photo.distance(candidate.affect) if candidate.affect else None
    # A track whose affect is unknown counts as an average one: neither near nor far.
    closeness = 0.5 if distance is None else float(np.exp(-((distance / AFFECT_SCALE) ** 2)))
    score = alpha * semantic + (1.0 - alpha) * closeness
    parts = Parts(
        semantic=semantic,
        cosine=candidate.cosine,
        affect=closeness,
        affect_distance=distance,
    )
    return Match(candidate=candidate, score=round(score, 6), parts=parts)


def _varied(scored: Sequence[Match], *, k: int, diversity: float) -> list[Match]:
    """Choose greedily: the best score less what is like the tracks chosen before."""
    if not scored:
        return []
    vectors = np.stack([match.candidate.vector for match in scored])  # (n, d)
    likeness = np.zeros(len(scored))  # highest cosine with a chosen track
    left = list(range(len(scored)))
    chosen: list[int] = []
    while left and len(chosen) < k:
        gains = {
            i: (1.0 - diversity) * scored[i].score - diversity * float(likeness[i]) for i in left
        }
        allowed = [i for i in left if not _is_crowded(scored, chosen, i)] or left
        best = max(allowed, key=lambda i: (round(gains[i], 9), -i))
        chosen.append(best)
        left.remove(best)
        likeness = np.maximum(likeness, embeddings.cosine(vectors[best], vectors))
    return [scored[i] for i in chosen]


def _is_crowded(scored: Sequence[Match], chosen: Sequence[int], i: int) -> bool:
    artist = scored[i].candidate.artist
    if artist is None:
        return False
    return sum(scored[j].candidate.artist == artist for j in chosen) >= PER_ARTIST
