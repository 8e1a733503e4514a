"""Small networks of ours, run by OpenCV: no torch is needed."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sightsong.core.errors import ModelsMissing

FOLDER = Path(__file__).parent / "weights"

#: float32, (n, 1, side, side): squares as `greys.standardised` makes them.
Squares = NDArray[np.float32]


class Network:
    """Squares to numbers. One thread at a time."""

    def __init__(self, path: Path) -> None:
        """Load it.

        Raises:
            ModelsMissing: the file is not there, or OpenCV cannot read it.
        """
        try:
            self._net = cv2.dnn.readNetFromONNX(np.fromfile(path, dtype=np.uint8))
        except (OSError, cv2.error) as error:
            raise ModelsMissing(
                f"OpenCV {cv2.__version__} cannot read {path}, which is part of Sightsong; "
                "install it anew"
            ) from error

    def run(self, squares: Squares) -> NDArray[np.float32]:
        """Run it: float32, (n, outputs)."""
        self._net.setInput(squares)
        outputs: NDArray[np.float32] = self._net.forward()
        return np.array(outputs, dtype=np.float32)
