"""Mood labels of the lite profile."""

from collections.abc import Sequence

from sightsong.core.affect import EmotionReading
from sightsong.core.labels import refuse_unknown
from sightsong.core.models import ModelCard, Photo
from sightsong.core.moods import MOOD_PLACES, mood_scores
from sightsong.core.photos import MoodScore


class LiteMoods:
    """Photo to mood labels by their nearness to its place on the affect plane."""

    card = ModelCard(
        id="sightsong/lite-moods",
        revision="1",
        task="moods",
        licence="MIT",
        source="26 labels placed by hand on the plane of valence and arousal",
    )

    labels = tuple(MOOD_PLACES)

    def score(
        self,
        photos: Sequence[Photo],
        emotions: Sequence[EmotionReading],
        labels: Sequence[tuple[str, ...]],
    ) -> list[tuple[MoodScore, ...]]:
        """Score mood labels for each photo, highest first, 0 .. 1.

        Raises:
            UnknownMood: a label has no place on the plane; not retried.
        """
        triples = zip(photos, emotions, labels, strict=True)
        return [_scores(emotion, names or self.labels) for _, emotion, names in triples]


def _scores(emotion: EmotionReading, labels: tuple[str, ...]) -> tuple[MoodScore, ...]:
    refuse_unknown(labels, MOOD_PLACES)
    scores = mood_scores(emotion.affect)
    wanted = [(label, score) for label, score in scores.items() if label in labels]
    return tuple(MoodScore(label=label, score=score) for label, score in wanted)
