"""Mood labels and faces of the lite profile."""

from collections.abc import Mapping, Sequence

from sightsong.core.affect import EmotionReading, Face
from sightsong.core.models import ModelCard, Pixels
from sightsong.core.moods import mood_scores


class LiteMoods:
    """Photo to mood labels by their nearness to its place on the affect plane."""

    card = ModelCard(
        id="sightsong/lite-moods",
        revision="1",
        task="moods",
        licence="MIT",
        source="26 labels placed by hand on the plane of valence and arousal",
    )

    def score(
        self, photos: Sequence[Pixels], emotions: Sequence[EmotionReading]
    ) -> list[Mapping[str, float]]:
        """Score the mood labels for each photo, highest first, 0 .. 1."""
        pairs = zip(photos, emotions, strict=True)
        return [mood_scores(emotion.affect) for _, emotion in pairs]


class LiteFaces:
    """No faces: this form of the lite profile does not look for any."""

    card = ModelCard(
        id="sightsong/lite-no-faces",
        revision="1",
        task="faces",
        licence="MIT",
        source="does not look for faces and finds none",
    )

    def find(self, photos: Sequence[Pixels]) -> list[tuple[Face, ...]]:
        """Find no face in any photo."""
        return [() for _ in photos]
