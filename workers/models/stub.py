"""A profile of stubs: deterministic, without weights; what a photo or track is, its bytes decide.

For tests of everything around the models, and for trying the service's machinery by itself.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import Affect, Emotion, EmotionReading, Face
from sightsong.core.embeddings import Space, unit
from sightsong.core.models import (
    Heard,
    Listener,
    ModelCard,
    Photo,
    Profile,
    TrackReading,
    Waveform,
    nothing,
)
from sightsong.core.photos import Captions, MoodScore

SPACE = Space("sightsong/stub@1")
DIMENSION = 8


def _card(task: str) -> ModelCard:
    return ModelCard(id="sightsong/stub", revision="1", task=task, licence="MIT", source="stub")


class StubEmotion:
    """Bright photos are joyful, dark ones sad."""

    card = _card("emotion")

    def predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        """Read the mean brightness of each photo as valence."""
        return [_emotion(float(photo.pixels.mean()) / 127.5 - 1.0) for photo in photos]


def _emotion(valence: float) -> EmotionReading:
    joy = (valence + 1.0) / 2.0
    shares = dict.fromkeys(Emotion, 0.0) | {Emotion.JOY: joy, Emotion.SADNESS: 1.0 - joy}
    return EmotionReading(distribution=shares, affect=Affect(valence=valence, arousal=0.0))


class StubFaces:
    """Sees no faces."""

    card = _card("faces")

    def find(self, photos: Sequence[Photo]) -> list[tuple[Face, ...]]:
        """Find nothing."""
        return [() for _ in photos]


class StubMoods:
    """Knows two moods."""

    card = _card("moods")
    labels: tuple[str, ...] = ("happy", "sad")

    def score(
        self,
        photos: Sequence[Photo],
        emotions: Sequence[EmotionReading],
        labels: Sequence[tuple[str, ...]],
    ) -> list[tuple[MoodScore, ...]]:
        """Score `happy` by joy and every other mood by sadness."""
        pairs = zip(emotions, labels, strict=True)
        return [_moods(emotion, names or self.labels) for emotion, names in pairs]


def _moods(emotion: EmotionReading, labels: tuple[str, ...]) -> tuple[MoodScore, ...]:
    by = {name: Emotion.JOY if name == "happy" else Emotion.SADNESS for name in labels}
    scores = [MoodScore(label=name, score=emotion.distribution[by[name]]) for name in labels]
    return tuple(sorted(scores, key=lambda mood: -mood.score))


class StubCaptions:
    """Tells the size of a photo."""

    card = _card("caption")

    def caption(
        self, photos: Sequence[Photo], emotions: Sequence[EmotionReading]
    ) -> list[Captions]:
        """Say how large each photo is and which emotion leads."""
        return [
            Captions(
                plain=f"A photo of {photo.pixels.shape[1]} by {photo.pixels.shape[0]} pixels.",
                emotional=f"A photo that speaks of {emotion.dominant}.",
            )
            for photo, emotion in zip(photos, emotions, strict=True)
        ]


class StubText:
    """Places a text by its letters."""

    card = _card("text")
    space = SPACE

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Count letters into the dimensions of the space: float32, (n, 8), unit norm."""
        return unit(np.array([_letters(text) for text in texts]).reshape(-1, DIMENSION))

    def feel(self, texts: Sequence[str]) -> list[Affect | None]:
        """Feel joy where it is named, and nothing else."""
        return [Affect(valence=1.0, arousal=0.0) if "joy" in text else None for text in texts]

    def understands(self, text: str) -> bool:
        """Whether there are any letters."""
        return any(letter.isalpha() for letter in text)


def _letters(text: str) -> list[float]:
    return [1.0 + sum(ord(letter) % DIMENSION == axis for letter in text) for axis in range(8)]


@dataclass(frozen=True, kw_only=True)
class StubListener:
    """Hears how loud a track is over time, in windows of 10 s, the last as long as it is."""

    def hear(self, blocks: Iterable[Waveform], *, rate_hz: int) -> Heard:
        """Listen to one whole track of one sample or more."""
        sound, window = np.concatenate(list(blocks)), 10 * rate_hz
        starts = range(0, len(sound), window)
        loudness = float(np.abs(sound).mean())
        return Heard(
            duration_s=len(sound) / rate_hz,
            window_starts_s=tuple(at / rate_hz for at in starts),
            windows=unit(np.stack([_levels(sound[at : at + window]) for at in starts])),
            affect=Affect(valence=min(1.0, 2.0 * loudness), arousal=0.0),
            descriptors={"loudness": round(loudness, 4)},
        )


def _levels(window: Waveform) -> NDArray[np.float64]:
    parts = np.array_split(np.abs(window), DIMENSION)
    return np.array([1e-3 + float(part.mean()) if part.size else 1e-3 for part in parts])


class StubAudio:
    """Places a track by its loudness over time."""

    card = _card("audio")
    space = SPACE
    listener: Listener = StubListener()

    def read(
        self, heard: Sequence[Heard], *, between: Callable[[], None] = nothing
    ) -> list[TrackReading]:
        """Give each track the mean of its windows."""
        return [_read(one) for one in heard]


def _read(heard: Heard) -> TrackReading:
    return TrackReading(
        vector=unit(heard.windows.mean(axis=0)),
        windows=heard.windows,
        window_starts_s=heard.window_starts_s,
        affect=heard.affect,
        descriptors=heard.descriptors,
    )


def stub_profile() -> Profile:
    """One stub for each task."""
    return Profile(
        name="stub",
        device="cpu",
        photo_side_px=64,
        emotion=StubEmotion(),
        faces=StubFaces(),
        moods=StubMoods(),
        caption=StubCaptions(),
        text=StubText(),
        audio=StubAudio(),
    )
