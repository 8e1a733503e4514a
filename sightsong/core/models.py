"""What a model is to the rest: a card, and one verb. A profile is one model for each task.

The torch models, the lite models and the stubs of the tests all fit behind these.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import Affect, EmotionReading, Face
from sightsong.core.embeddings import Space
from sightsong.core.fingerprints import Fingerprint, nothing_heard
from sightsong.core.photos import Captions, MoodScore

#: uint8, (height, width, 3), RGB.
Pixels = NDArray[np.uint8]
#: float32, (n_samples,), mono, in [-1, 1], at the rate that the receiving model names.
Waveform = NDArray[np.float32]


class Fit(StrEnum):
    """How a photo of any shape becomes a square."""

    CROP = "crop"  #: The short side to the wanted size, then the middle.
    SQUASH = "squash"  #: Both sides to the wanted size; the shape is not kept.


class Filter(StrEnum):
    """How pixels are resampled (Pillow's filters of these names, which smooth when reducing)."""

    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


@dataclass(frozen=True, kw_only=True)
class View:
    """The square copy of a photo that a model takes; made where the photo is decoded."""

    side_px: int
    fit: Fit
    filter: Filter


@dataclass(frozen=True, kw_only=True, eq=False)
class Photo:
    """A decoded photo. Each is itself only: models may remember by it what they computed."""

    pixels: Pixels  #: Upright, no side longer than the profile's `photo_side_px`.
    views: Mapping[View, Pixels] = field(default_factory=dict)  #: uint8, (side, side, 3), RGB.


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a model is, for receipts and docs."""

    id: str  #: For instance `sightsong/lite-photo`.
    revision: str
    task: str  #: `emotion`, `faces`, `moods`, `caption`, `text`, `audio`.
    licence: str
    source: str  #: Where it or its formulas come from.


def nothing() -> None:
    """Do nothing between two batches."""


class EmotionModel(Protocol):
    """Photo to emotion."""

    card: ModelCard

    def predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        """Read the emotion of each photo."""
        ...


class FaceModel(Protocol):
    """Photo to faces with their expressions."""

    card: ModelCard

    def find(self, photos: Sequence[Photo]) -> list[tuple[Face, ...]]:
        """Find the faces of each photo, largest first."""
        ...


class MoodModel(Protocol):
    """Photo to mood labels."""

    card: ModelCard
    labels: tuple[str, ...]  #: Those of a photo whose sender names none.

    def score(
        self,
        photos: Sequence[Photo],
        emotions: Sequence[EmotionReading],
        labels: Sequence[tuple[str, ...]],
    ) -> list[tuple[MoodScore, ...]]:
        """Score mood labels for each photo, highest first.

        Args:
            photos: of any size.
            emotions: what the emotion model read, one for each photo.
            labels: which to score, for each photo; none: this model's own.

        Raises:
            UnknownMood: this model scores its own labels only, and one is not of them; not retried.
        """
        ...


class CaptionModel(Protocol):
    """Photo to sentences."""

    card: ModelCard

    def caption(
        self, photos: Sequence[Photo], emotions: Sequence[EmotionReading]
    ) -> list[Captions]:
        """Describe each photo, plainly and with its emotion."""
        ...


class TextModel(Protocol):
    """Words to the space that music is embedded in."""

    card: ModelCard
    space: Space

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32, (n, d), unit norm."""
        ...

    def feel(self, texts: Sequence[str]) -> list[Affect | None]:
        """Read what each text feels like; None where this model cannot tell."""
        ...

    def understands(self, text: str) -> bool:
        """Whether a text says anything to this model. Cheap: any thread may ask."""
        ...


@dataclass(frozen=True, kw_only=True)
class TrackReading:
    """What was heard in one track."""

    vector: NDArray[np.float32]  #: (d,), unit norm: the whole track.
    windows: NDArray[np.float32]  #: (n, d), unit norm.
    window_starts_s: tuple[float, ...]
    affect: Affect
    descriptors: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A track as an audio model wants it: what was made of its sound, in another process."""

    duration_s: float
    window_starts_s: tuple[float, ...]  #: Of the windows that are not near-silent.
    windows: NDArray[np.float32]  #: (n, …): what the model reads of each window.
    affect: Affect
    descriptors: Mapping[str, float]
    fingerprint: Fingerprint = field(default_factory=nothing_heard)


class Listener(Protocol):
    """Sound to what an audio model reads. It is pickled to the processes that decode: plain values.

    It hears a track as it comes, so that hours take the memory of minutes.
    """

    def hear(self, blocks: Iterable[Waveform], *, rate_hz: int) -> Heard:
        """Listen to one whole track.

        Args:
            blocks: float32, (n_samples,), mono, in [-1, 1]; of any length, one after another.
            rate_hz: their sample rate.

        Raises:
            SilentAudio: no ten seconds are louder than -60 dB; not retried.
            AudioTooShort: there is less than a fifth of a second; not retried.
            InputError: whatever the blocks raise.
        """
        ...


class AudioModel(Protocol):
    """Music to the same space as the text model's."""

    card: ModelCard
    space: Space
    listener: Listener  #: Makes what `read` expects.

    def read(
        self, heard: Sequence[Heard], *, between: Callable[[], None] = nothing
    ) -> list[TrackReading]:
        """Embed whole tracks, their windows in common batches.

        Args:
            heard: of any number of windows each, at least one.
            between: called between two batches of windows: what is more urgent runs there.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One model for each task; a whole way to answer."""

    name: str  #: `lite`, `full` or `tiny`.
    device: str  #: The device really in use.
    photo_side_px: int  #: Longest side that its models make use of; photos are decoded to that.
    views: tuple[View, ...] = ()  #: Copies of a photo that its models ask for.
    has_seeing_captions: bool = False  #: Whether captions tell what is in a photo; then they query.
    shares_cores: bool = False  #: Whether models run on all cores that tracks are decoded on.
    has_fixed_moods: bool = False  #: Whether moods are scored by its own labels only.
    emotion: EmotionModel
    faces: FaceModel
    moods: MoodModel
    caption: CaptionModel
    text: TextModel
    audio: AudioModel

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """The cards of all models, in the order in which a photo meets them."""
        return (
            self.emotion.card,
            self.faces.card,
            self.moods.card,
            self.caption.card,
            self.text.card,
            self.audio.card,
        )
