"""Faces in photos: YuNet finds them, and all faces of a batch are read in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import Face
from sightsong.core.catalogue import Checkpoint
from sightsong.core.errors import ModelsMissing
from sightsong.core.models import ModelCard, Photo, Pixels
from workers.models.full.expression import ExpressionModel

#: How sure YuNet must be. On 420 photos of OASIS 0.8 finds faces in 82 of 125 photos of people
#: (many show backs or helmets) and, apart from animals' faces, in 1 of 242 others, a statue; 0.7
#: finds 91 and 6, and 0.9, OpenCV's own choice, 54 and none.
SCORE = 0.8
#: Overlap (intersection over union) from which two boxes are one face; OpenCV's own choice.
OVERLAP = 0.3
#: Longest sides that faces are looked for at. YuNet was trained on faces of 10 to 300 px: where
#: the first look finds none, a second on a smaller copy sees the face that fills the photo.
LOOKS_PX = (640, 320)
#: Faces of a photo that are read; in a crowd the largest.
MOST_FACES = 32
#: Shortest side of a face that is read: FER-2013 has 48 px, and a third of that shows nothing.
LEAST_PX = 16

#: Boxes before overlapping ones are dropped; OpenCV's own choice.
_CANDIDATES = 5000
#: Side of a crop in box sides: YuNet's boxes reach from brow to chin, and FER-2013 shows more.
_MARGIN = 1.2
#: Least side of what YuNet is given. At 32 px or less OpenCV 4.10 to 4.14 reads memory of others
#: and finds boxes of any size, other ones each time.
_CANVAS_PX = 64
#: Columns of a detection: x, y, width, height, ten of landmarks, score.
_SCORE_COLUMN = 14

Row = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Box:
    """A face in the photo's own pixels, within the photo."""

    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def sides(self) -> tuple[float, float]:
        return self.right - self.left, self.bottom - self.top

    @property
    def area(self) -> float:
        width, height = self.sides
        return width * height


class YunetFaces:
    """Photo to faces with their expressions."""

    def __init__(self, checkpoint: Checkpoint, expression: ExpressionModel) -> None:
        """Load the detector.

        Args:
            checkpoint: of YuNet.
            expression: reads the faces; its device's threads are the detector's too.

        Raises:
            ModelsMissing: OpenCV cannot read the detector.
        """
        cv2.setNumThreads(expression.device.threads)
        self.card = _card(checkpoint, expression.card)
        self._expression = expression
        try:
            self._detector = cv2.FaceDetectorYN.create(
                str(checkpoint.weights),
                "",
                (LOOKS_PX[0], LOOKS_PX[0]),
                SCORE,
                OVERLAP,
                _CANDIDATES,
            )
        except cv2.error as error:
            raise ModelsMissing(
                f"OpenCV {cv2.__version__} cannot read {checkpoint.weights.name} of "
                f"{checkpoint.spec.repository}; run `sightsong models pull`"
            ) from error

    def find(self, photos: Sequence[Photo]) -> list[tuple[Face, ...]]:
        """Find the faces of each photo, largest first."""
        found = [self._detect(photo.pixels) for photo in photos]
        crops = [
            _crop(photo.pixels, box)
            for photo, boxes in zip(photos, found, strict=True)
            for box in boxes
        ]
        read = iter(self._expression.read(crops))
        return [
            tuple(_face(box, photo.pixels.shape, next(read)) for box in boxes)
            for photo, boxes in zip(photos, found, strict=True)
        ]

    def _detect(self, photo: Pixels) -> list[_Box]:
        """Find boxes, largest first, none too small to be read."""
        looks = (self._look(photo, side_px) for side_px in LOOKS_PX)
        boxes = next((boxes for boxes in looks if boxes), [])
        return sorted(boxes, key=lambda box: (-box.area, box.left, box.top))[:MOST_FACES]

    def _look(self, photo: Pixels, side_px: int) -> list[_Box]:
        height, width = photo.shape[:2]
        scale = min(1.0, side_px / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA) if scale < 1 else photo
        rows = self._rows(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        stretch = np.array([width / size[0], height / size[1]])
        boxes = [_within(row, stretch, width, height) for row in rows]
        return [box for box in boxes if min(box.sides) >= LEAST_PX]

    def _rows(self, photo: Pixels) -> NDArray[np.float64]:
        """Run YuNet: (n, 15), in the photo's pixels."""
        height, width = photo.shape[:2]
        below, beside = max(0, _CANVAS_PX - height), max(0, _CANVAS_PX - width)
        canvas = cv2.copyMakeBorder(photo, 0, below, 0, beside, cv2.BORDER_CONSTANT)
        self._detector.setInputSize((width + beside, height + below))
        _, rows = self._detector.detect(canvas)
        found = np.zeros((0, _SCORE_COLUMN + 1)) if rows is None else rows.astype(np.float64)
        return found[np.isfinite(found).all(axis=1)]


def _within(row: Row, stretch: Row, width: int, height: int) -> _Box:
    """Bring a detection to the photo's pixels; what reaches beyond its edges is cut off."""
    left, top = row[0:2] * stretch
    right, bottom = (row[0:2] + row[2:4]) * stretch
    return _Box(
        left=float(min(max(left, 0), width)),
        top=float(min(max(top, 0), height)),
        right=float(min(max(right, 0), width)),
        bottom=float(min(max(bottom, 0), height)),
        score=float(min(max(row[_SCORE_COLUMN], 0), 1)),
    )


def _crop(photo: Pixels, box: _Box) -> Pixels:
    """Cut a square around a face, as far as the photo goes, in grey: FER-2013 has no colours."""
    height, width = photo.shape[:2]
    half = max(box.sides) * _MARGIN / 2
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    left, right = max(0, round(x - half)), min(width, round(x + half))
    top, bottom = max(0, round(y - half)), min(height, round(y + half))
    grey = cv2.cvtColor(np.ascontiguousarray(photo[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    crop: Pixels = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    return crop


def _face(box: _Box, shape: tuple[int, ...], distribution: dict[str, float]) -> Face:
    height, width = shape[:2]
    return Face(
        x=box.left / width,
        y=box.top / height,
        width=(box.right - box.left) / width,
        height=(box.bottom - box.top) / height,
        score=box.score,
        distribution=distribution,
    )


def _card(detector: Checkpoint, expression: ModelCard) -> ModelCard:
    """One card for both models: an answer depends on both."""
    spec = detector.spec
    return ModelCard(
        id=f"{spec.repository} + {expression.id}",
        revision=f"{detector.revision} + {expression.revision}",
        task="faces",
        licence=f"{spec.licence} + {expression.licence}",
        source=f"{spec.source} + {expression.source}",
    )
