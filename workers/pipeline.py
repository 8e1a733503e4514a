"""The way of a photo and of a track through the models, which it sees as ports only."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core import answers, blend, embeddings, labels, matching, models, moods, ports
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
    moods: tuple[str, ...] = ()  #: Labels to score; none: the mood model's own.
    duplicates: bool = False  #: Show a recording as often as the library holds it.


class PhotoPipeline:
    """Photos in, answers out, a batch at a time."""

    def __init__(
        self,
        profile: models.Profile,
        library: ports.Library,
        tracks: ports.Tracks,
        *,
        observe: Callable[[str, float], None] = lambda _stage, _seconds: None,
    ) -> None:
        """Put the parts together; `observe` is told how many seconds each stage of a batch took."""
        self._profile = profile
        self._library = library
        self._tracks = tracks
        self._observe = observe
        self._prompts_sha256 = moods.prompts_sha256()

    def check(self, wish: PhotoWish) -> None:
        """Let pass a wish that can be answered: one that cannot must not fail a whole batch.

        Raises:
            UnknownMood: the mood model scores its own labels only, and one is not of them.
        """
        if self._profile.has_fixed_moods:
            labels.refuse_unknown(wish.moods, self._profile.moods.labels)

    def answer(
        self, photos: Sequence[models.Photo], wishes: Sequence[PhotoWish]
    ) -> list[dict[str, Any]]:
        """Answer each photo: what was seen, and the tracks that fit.

        Args:
            photos: decoded, with the views that the profile asks for; sizes may differ.
            wishes: one for each photo.

        Returns:
            The results of the photo jobs, as JSON values.
        """
        stages: dict[str, float] = {}
        readings = self._read(photos, wishes, stages)
        with _timed(stages, "query"):
            queries = self._queries(readings)
        with _timed(stages, "match"):
            results = [
                self._match(reading, query, wish)
                for reading, query, wish in zip(readings, queries, wishes, strict=True)
            ]
        for stage, ms in stages.items():
            self._observe(stage, ms / 1000)
        timings = {name: round(ms, 2) for name, ms in stages.items()}
        for result in results:
            result["timings_ms"] = timings | {"batch": len(photos)}
        return results

    def _read(
        self,
        photos: Sequence[models.Photo],
        wishes: Sequence[PhotoWish],
        stages: dict[str, float],
    ) -> list[PhotoReading]:
        profile = self._profile
        with _timed(stages, "emotion"):
            scenes = profile.emotion.predict(photos)
        with _timed(stages, "faces"):
            faces = profile.faces.find(photos)
        felt = [blend.with_faces(scene, found) for scene, found in zip(scenes, faces, strict=True)]
        emotions = [emotion for emotion, _ in felt]
        with _timed(stages, "moods"):
            scores = profile.moods.score(photos, emotions, [wish.moods for wish in wishes])
        with _timed(stages, "caption"):
            captions = profile.caption.caption(photos, emotions)
        return [
            PhotoReading(emotion=emotion, agreement=agreement, faces=f, moods=m, captions=c)
            for (emotion, agreement), f, m, c in zip(felt, faces, scores, captions, strict=True)
        ]

    def _queries(self, readings: Sequence[PhotoReading]) -> list[tuple[str, NDArray[np.float32]]]:
        """The music query of each photo, in words and as a unit vector (d,)."""
        phrases = [self._phrases(reading) for reading in readings]
        words = sorted({phrase.text for query in phrases for phrase in query})
        vectors = dict(zip(words, self._profile.text.encode(words), strict=True))
        return [(moods.query_text(query), _weighted(query, vectors)) for query in phrases]

    def _phrases(self, reading: PhotoReading) -> tuple[moods.WeightedPhrase, ...]:
        scores = {mood.label: mood.score for mood in reading.moods}
        scene = reading.captions.plain if self._profile.has_seeing_captions else None
        return moods.music_query(reading.emotion, scores, scene=scene)

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
        near = [one for one in found.neighbours if one.track_id in rows]
        kept = near if wish.duplicates else _once(near, rows)
        candidates = [_candidate(one, rows) for one in kept]
        alpha = matching.ALPHA if wish.alpha is None else wish.alpha
        chosen = matching.rank(photo, candidates, k=wish.top_k, alpha=alpha)
        return answers.match_answers(photo, chosen, rows)


def _once(near: Iterable[ports.Neighbour], rows: Mapping[TrackId, Track]) -> list[ports.Neighbour]:
    """Keep of each recording the track that is nearest."""
    kept: dict[TrackId, ports.Neighbour] = {}
    for one in near:
        kept.setdefault(rows[one.track_id].recording_id or one.track_id, one)
    return list(kept.values())


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
