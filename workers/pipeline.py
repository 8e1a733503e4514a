"""The way of a photo and of a track through the models, which it sees as ports only."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core import answers, embeddings, matching, models, moods, ports
from sightsong.core.affect import Affect
from sightsong.core.photos import PhotoReading
from sightsong.core.tracks import Track, TrackId

#: Neighbours that a ranking chooses from: at least this many, and so many times the wish.
_POOL = 200
_POOL_FACTOR = 10


@dataclass(frozen=True, kw_only=True)
class PhotoWish:
    """What the caller asked for with a photo."""

    top_k: int
    alpha: float | None = None  #: None: the default of `core.matching`.


class PhotoPipeline:
    """Photos in, answers out, a batch at a time."""

    def __init__(
        self, profile: models.Profile, library: ports.Library, tracks: ports.Tracks
    ) -> None:
        self._profile = profile
        self._library = library
        self._tracks = tracks
        self._prompts_sha256 = moods.prompts_sha256()

    def answer(
        self, photos: Sequence[models.Pixels], wishes: Sequence[PhotoWish]
    ) -> list[dict[str, Any]]:
        """Answer each photo: what was seen, and the tracks that fit.

        Args:
            photos: decoded, upright; sizes may differ.
            wishes: one for each photo.

        Returns:
            The results of the photo jobs, as JSON values.
        """
        stages: dict[str, float] = {}
        readings = self._read(photos, stages)
        with _timed(stages, "query"):
            queries = self._queries(readings)
        with _timed(stages, "match"):
            results = [
                self._match(reading, query, wish)
                for reading, query, wish in zip(readings, queries, wishes, strict=True)
            ]
        timings = {name: round(ms, 2) for name, ms in stages.items()}
        for result in results:
            result["timings_ms"] = timings | {"batch": len(photos)}
        return results

    def _read(
        self, photos: Sequence[models.Pixels], stages: dict[str, float]
    ) -> list[PhotoReading]:
        profile = self._profile
        with _timed(stages, "emotion"):
            emotions = profile.emotion.predict(photos)
        with _timed(stages, "faces"):
            faces = profile.faces.find(photos)
        with _timed(stages, "moods"):
            scores = profile.moods.score(photos, emotions)
        with _timed(stages, "caption"):
            captions = profile.caption.caption(photos, emotions)
        parts = zip(emotions, faces, scores, captions, strict=True)
        return [PhotoReading(emotion=e, faces=f, moods=m, captions=c) for e, f, m, c in parts]

    def _queries(self, readings: Sequence[PhotoReading]) -> list[tuple[str, NDArray[np.float32]]]:
        """The music query of each photo, in words and as a unit vector (d,)."""
        phrases = [moods.music_query(reading.emotion, reading.moods) for reading in readings]
        words = sorted({phrase.text for query in phrases for phrase in query})
        vectors = dict(zip(words, self._profile.text.encode(words), strict=True))
        return [(moods.query_text(query), _weighted(query, vectors)) for query in phrases]

    def _match(
        self, reading: PhotoReading, query: tuple[str, NDArray[np.float32]], wish: PhotoWish
    ) -> dict[str, Any]:
        text, vector = query
        pool = max(_POOL, _POOL_FACTOR * wish.top_k)
        found = self._library.search(vector, k=pool)
        matches = self._choose(reading.emotion.affect, found, wish)
        answer = answers.photo_answer(reading, query=text, matches=matches)
        receipt = answers.receipt(
            self._profile, index_snapshot=found.snapshot, prompts_sha256=self._prompts_sha256
        )
        return {"profile": self._profile.name} | answer | {"receipt": receipt}

    def _choose(self, photo: Affect, found: ports.Found, wish: PhotoWish) -> list[dict[str, Any]]:
        rows = self._tracks.get_many(near.track_id for near in found.neighbours)
        candidates = [_candidate(near, rows) for near in found.neighbours if near.track_id in rows]
        alpha = matching.ALPHA if wish.alpha is None else wish.alpha
        chosen = matching.rank(photo, candidates, k=wish.top_k, alpha=alpha)
        return answers.match_answers(photo, chosen, rows)


def _candidate(near: ports.Neighbour, rows: Mapping[TrackId, Track]) -> matching.Candidate:
    track = rows[near.track_id]
    return matching.Candidate(
        track_id=near.track_id,
        artist=track.tags.artist,
        cosine=near.cosine,
        affect=track.affect,
        vector=near.vector,
        window_start_s=near.window_start_s,
    )


def _weighted(
    query: Sequence[moods.WeightedPhrase], vectors: Mapping[str, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The weighted mean of phrase vectors, as a unit vector (d,)."""
    total = sum(phrase.weight * vectors[phrase.text].astype(np.float64) for phrase in query)
    return embeddings.unit(np.asarray(total))


@contextmanager
def _timed(stages: dict[str, float], name: str) -> Iterator[None]:
    """Note how many milliseconds the block took."""
    began = time.perf_counter()
    yield
    stages[name] = (time.perf_counter() - began) * 1000
