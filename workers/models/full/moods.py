"""Moods of a photo: CLIP compares it with labels, the caller's or its own."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sightsong.core import embeddings
from sightsong.core.affect import EmotionReading
from sightsong.core.models import Photo
from sightsong.core.photos import MoodScore
from workers.models.full import prompts
from workers.models.full.clip import Clip
from workers.models.shares import softmax

#: float32, (n, d), unit norm: one row for each label.
Words = NDArray[np.float32]


class ClipMoods:
    """Photo to mood labels of any kind."""

    labels: tuple[str, ...] = prompts.MOOD_LABELS

    def __init__(self, clip: Clip) -> None:
        card = clip.card("moods")
        self.card = replace(card, revision=f"{card.revision}+{prompts.moods_digest()}")
        self._clip = clip
        self._own = self._embedded(self.labels)

    def score(
        self,
        photos: Sequence[Photo],
        emotions: Sequence[EmotionReading],
        labels: Sequence[tuple[str, ...]],
    ) -> list[tuple[MoodScore, ...]]:
        """Score mood labels for each photo, highest first; of equals in the order of the alphabet.

        Args:
            photos: of any size.
            emotions: one for each photo; not looked at, for CLIP sees the photo itself.
            labels: which to compare, for each photo; none: this model's own.
        """
        words = {names: self._embedded(names) for names in set(labels) if names}
        words[()] = words[self.labels] = self._own
        triples = list(zip(self._clip.image(photos), emotions, labels, strict=True))
        return [_scores(image, names or self.labels, words[names]) for image, _, names in triples]

    def _embedded(self, labels: Sequence[str]) -> Words:
        # All of them at once fill the batches of the encoder, which remembers each.
        self._clip.text([prompt for label in labels for prompt in prompts.mood_prompts(label)])
        return np.stack([self._clip.together(prompts.mood_prompts(label)) for label in labels])


def _scores(
    image: NDArray[np.float32], labels: Sequence[str], words: Words
) -> tuple[MoodScore, ...]:
    similarities = embeddings.cosine(image, words)
    shares = softmax(similarities / prompts.MOOD_TEMPERATURE)
    scores = (
        MoodScore(label=label, score=share, similarity=float(similarity))
        for label, share, similarity in zip(labels, shares, similarities, strict=True)
    )
    return tuple(sorted(scores, key=lambda mood: (-mood.score, mood.label)))
