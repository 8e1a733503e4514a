"""Faces of the lite profile: found by two small networks, read by a third."""

from collections.abc import Sequence

from sightsong.core.affect import Face
from sightsong.core.models import ModelCard, Photo
from workers.models.lite import greys
from workers.models.lite.detection import Detector, Found, framed
from workers.models.lite.expressions import Expressions

#: Places are rounded to this many decimals: the last bits of a sum differ between processors.
_DIGITS = 4


class LiteFaces:
    """Photo to faces with their expressions."""

    card = ModelCard(
        id="sightsong/lite-faces",
        revision="1",
        task="faces",
        licence="MIT",
        source="three networks of ours, trained on FER+ and on photos without people",
    )

    def __init__(
        self, detector: Detector | None = None, expressions: Expressions | None = None
    ) -> None:
        """Load the networks, a few milliseconds.

        Raises:
            ModelsMissing: one of them is not there, or cannot be read.
        """
        self._detector = detector or Detector()
        self._expressions = expressions or Expressions()

    def find(self, photos: Sequence[Photo]) -> list[tuple[Face, ...]]:
        """Find the faces of each photo, largest first."""
        return [self._find(photo) for photo in photos]

    def _find(self, photo: Photo) -> tuple[Face, ...]:
        grey = greys.grey_of(photo.pixels)
        found = self._detector.find(grey)
        read = self._expressions.read([greys.cut(grey, framed(one.square)) for one in found])
        return tuple(
            _face(one, grey.shape, shares) for one, shares in zip(found, read, strict=True)
        )


def _face(found: Found, shape: tuple[int, ...], shares: dict[str, float]) -> Face:
    """Bring a box to shares of the photo; what reaches beyond its edges is cut off."""
    height, width = shape[:2]
    left, right = _within(found.square.left, found.square.side, width)
    top, bottom = _within(found.square.top, found.square.side, height)
    return Face(
        x=round(left, _DIGITS),
        y=round(top, _DIGITS),
        width=round(right - left, _DIGITS),
        height=round(bottom - top, _DIGITS),
        score=found.score,
        distribution=shares,
    )


def _within(begin: float, side: float, whole: int) -> tuple[float, float]:
    return max(0.0, begin) / whole, min(float(whole), begin + side) / whole
