"""The way of a photo through the models, which it sees as ports only."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core import answers, blend, embeddings, labels, models, moods, ports
from sightsong.core.affect import EmotionReading
from sightsong.core.choosing import Taste
from sightsong.core.photos import Captions, PhotoReading
from sightsong.core.reasons import Asked
from workers.finding import Answer, Finder, Query, plain
from workers.stages import Observe, Stages, unobserved


@dataclass(frozen=True, kw_only=True)
class PhotoWish:
    """What the caller asked for with a photo."""

    taste: Taste = field(default_factory=Taste)
    moods: tuple[str, ...] = ()  #: Labels to score; none: the mood model's own.
    caption: bool = True  #: Whether to describe it in words.


class PhotoPipeline:
    """Photos in, answers out, a batch at a time."""

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

    def check(self, wish: PhotoWish) -> None:
        """Let pass a wish that can be answered: one that cannot must not fail a whole batch.

        Raises:
            UnknownMood: the mood model scores its own labels only, and one is not of them.
        """
        if self._profile.has_fixed_moods:
            labels.refuse_unknown(wish.moods, self._profile.moods.labels)

    def answer(self, photos: Sequence[models.Photo], wishes: Sequence[PhotoWish]) -> list[Answer]:
        """Answer each photo: what was seen, and the tracks that fit.

        Args:
            photos: decoded, with the views that the profile asks for; sizes may differ.
            wishes: one for each photo.
        """
        stages = Stages()
        readings = self._read(photos, wishes, stages)
        with stages.timed("query"):
            queries = self._queries(readings, wishes)
        say = [
            functools.partial(_said, reading, query)
            for reading, query in zip(readings, queries, strict=True)
        ]
        return self._finder.answer(queries, say, stages)

    def _read(
        self,
        photos: Sequence[models.Photo],
        wishes: Sequence[PhotoWish],
        stages: Stages,
    ) -> list[PhotoReading]:
        profile = self._profile
        with stages.timed("emotion"):
            scenes = profile.emotion.predict(photos)
        with stages.timed("faces"):
            faces = profile.faces.find(photos)
        felt = [blend.with_faces(scene, found) for scene, found in zip(scenes, faces, strict=True)]
        emotions = [emotion for emotion, _ in felt]
        with stages.timed("moods"):
            scores = profile.moods.score(photos, emotions, [wish.moods for wish in wishes])
        with stages.timed("caption"):
            captions = self._captions(photos, emotions, wishes)
        return [
            PhotoReading(emotion=emotion, agreement=agreement, faces=f, moods=m, captions=c)
            for (emotion, agreement), f, m, c in zip(felt, faces, scores, captions, strict=True)
        ]

    def _captions(
        self,
        photos: Sequence[models.Photo],
        emotions: Sequence[EmotionReading],
        wishes: Sequence[PhotoWish],
    ) -> list[Captions | None]:
        """Describe those photos that are to be: the longest part of the work by far."""
        asked = [i for i, wish in enumerate(wishes) if wish.caption]
        made: list[Captions | None] = [None] * len(photos)
        if asked:
            told = self._profile.caption.caption(
                [photos[i] for i in asked], [emotions[i] for i in asked]
            )
            for i, captions in zip(asked, told, strict=True):
                made[i] = captions
        return made

    def _queries(
        self, readings: Sequence[PhotoReading], wishes: Sequence[PhotoWish]
    ) -> list[Query]:
        """The music query of each photo."""
        phrases = [self._phrases(reading) for reading in readings]
        words = sorted({phrase.text for query in phrases for phrase in query})
        vectors = dict(zip(words, self._profile.text.encode(words), strict=True))
        return [
            Query(
                text=moods.query_text(query),
                vector=_weighted(query, vectors),
                affect=plain(reading.emotion.affect),
                taste=wish.taste,
                asked=Asked.PHOTO,
            )
            for reading, query, wish in zip(readings, phrases, wishes, strict=True)
        ]

    def _phrases(self, reading: PhotoReading) -> tuple[moods.WeightedPhrase, ...]:
        scores = {mood.label: mood.score for mood in reading.moods}
        captions = reading.captions if self._profile.has_seeing_captions else None
        scene = None if captions is None else captions.plain
        return moods.music_query(reading.emotion, scores, scene=scene)


def _said(
    reading: PhotoReading, query: Query, matches: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return answers.photo_answer(reading, query=query.text, matches=matches)


def _weighted(
    query: Sequence[moods.WeightedPhrase], vectors: Mapping[str, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The weighted mean of phrase vectors, as a unit vector (d,)."""
    total = sum(phrase.weight * vectors[phrase.text].astype(np.float64) for phrase in query)
    return embeddings.unit(np.asarray(total))
