"""What is true of a photo, measured another way than captions do: in HSV, with wide borders."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightsong.core.affect import Affect, Face

SURE_FACE, PERHAPS_FACE, SURE_LOOK = 0.85, 0.8, 0.6
LOOKS = {
    "angry": "anger",
    "disgusted": "disgust",
    "frightened": "fear",
    "happy": "joy",
    "sad": "sadness",
    "surprised": "surprise",
    "neutral": "neutral",
}


class Scene:
    """A photo, and what else its caption was told."""

    def __init__(self, photo: NDArray[np.uint8], affect: Affect, faces: Sequence[Face]) -> None:
        small = Image.fromarray(photo).resize((120, 96), Image.Resampling.BILINEAR)
        rgb = np.asarray(small).astype(float) / 255
        self.aspect = photo.shape[1] / photo.shape[0]
        self.affect = affect
        self.sure = [face for face in faces if face.score >= SURE_FACE]
        self.doubtful = [face for face in faces if PERHAPS_FACE <= face.score < SURE_FACE]
        self.grey = np.asarray(small.convert("L")).astype(float) / 255
        self.hue = np.asarray(small.convert("HSV"))[..., 0].astype(float) * 360 / 255
        self.value = rgb.max(axis=2)
        self.chroma = self.value - rgb.min(axis=2)
        self.saturation = self.chroma / np.maximum(self.value, 1e-9)
        down, across = np.gradient(self.grey)
        # In pixels of the photo, whose shape the small copy has lost.
        self.across, self.down = abs(across) * 120 / photo.shape[1], abs(down) * 96 / photo.shape[0]
        self.edges = np.hypot(across, down) > 0.05

    def looks(self, word: str) -> int:
        """How many of the sure faces look so."""
        shares = [face.distribution.get(LOOKS[word], 0) for face in self.sure]
        return sum(share >= SURE_LOOK for share in shares)

    def area(self, name: str) -> NDArray[np.bool_]:
        """Where the photo may be said to have a colour; regions overlap, as words do."""
        hue, value, chroma, saturation = self.hue, self.value, self.chroma, self.saturation
        warm = (hue < 85) | (hue > 325)
        return {
            "black": value < 0.36,
            "white": (value > 0.75) & (saturation < 0.25),
            "grey": (chroma < 0.25) & (value > 0.05),
            "red": ((hue < 32) | (hue > 325)) & (saturation > 0.2),
            "pink": ((hue < 42) | (hue > 280)) & (value > 0.5),
            "orange": (hue < 55) & (saturation > 0.25),
            "brown": warm & (value < 0.85) & (saturation > 0.06),
            "beige": warm & (value > 0.4) & (saturation < 0.6),
            "yellow": (hue > 30) & (hue < 85) & (saturation > 0.2),
            "green": (hue > 45) & (hue < 190) & (saturation > 0.04),
            "teal": (hue > 125) & (hue < 225) & (saturation > 0.04),
            "blue": (hue > 165) & (hue < 285) & (saturation > 0.04),
            "purple": (hue > 215) & (hue < 355) & (saturation > 0.03),
        }[name]

    def share(self, name: str) -> float:
        """Share of the photo that may be said to be of a colour."""
        return float(self.area(name).mean())

    def vivid(self, name: str) -> float:
        """The same of what is vivid."""
        return float((self.area(name) & (self.chroma > 0.25)).mean())

    @property
    def strength(self) -> float:
        """Mean chroma of what has a colour, 0 .. 1."""
        coloured = self.chroma[self.chroma > 0.09]
        return float(coloured.mean()) if coloured.size else 0.0

    @property
    def middle(self) -> float:
        """How much brighter the middle quarter is than the whole, -1 .. 1."""
        return float(self.grey[24:72, 30:90].mean() - self.grey.mean())

    @property
    def above(self) -> float:
        """How much brighter the upper half is than the lower, -1 .. 1."""
        return float(self.grey[:48].mean() - self.grey[48:].mean())

    @property
    def left(self) -> float:
        """How much brighter the left half is than the right, -1 .. 1."""
        return float(self.grey[:, :60].mean() - self.grey[:, 60:].mean())

    @property
    def middle_edges(self) -> float:
        """Part of the edges that lie in the middle quarter, 0 .. 1."""
        return float(self.edges[24:72, 30:90].sum() / max(self.edges.sum(), 1))

    @property
    def mirrored(self) -> float:
        """Correlation with the mirror image."""
        return float(np.corrcoef(self.grey.ravel(), self.grey[:, ::-1].ravel())[0, 1])

    @property
    def rim_spread(self) -> float:
        """Standard deviation along the edges of the photo, in grey."""
        rim = [self.grey[:6], self.grey[-6:], self.grey[:, :6], self.grey[:, -6:]]
        return float(np.concatenate([side.ravel() for side in rim]).std())
