"""The faces of the lite profile: what is found in photos, beside another detector, and how fast.

    python -m benchmarks.lite_faces ../shared/data/photos/oasis
    python -m benchmarks.lite_faces ../shared/data/photos/oasis --yunet FILE.onnx

The folder holds photos and `oasis.csv` with `file`, `theme` and `category`. With `--yunet` faces
that YuNet finds (score 0.8, 28 px and more) are counted among those that were found here, too.
"""

import argparse
import csv
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from sightsong.core.affect import Face
from sightsong.core.models import Photo, Pixels
from workers.models.lite.detection import Detector
from workers.models.lite.expressions import Expressions
from workers.models.lite.faces import LiteFaces
from workers.models.lite.greys import grey_of

_SCORE, _LEAST_PX, _SAME = 0.8, 28, 0.3
Box = tuple[float, float, float, float]  #: Left, top, width, height, px.


def main() -> None:
    """Look at all photos of a folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--yunet", type=Path, help="YuNet's ONNX file, to compare with")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    with (chosen.photos / "oasis.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    faces, seconds = LiteFaces(), []
    with_faces: dict[str, list[str]] = defaultdict(list)
    photos, theirs, met = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        pixels = cv2.cvtColor(cv2.imread(str(chosen.photos / row["file"])), cv2.COLOR_BGR2RGB)
        began = time.process_time()
        (found,) = faces.find([Photo(pixels=pixels)])
        seconds.append(time.process_time() - began)
        photos[row["category"]] += 1
        if found:
            with_faces[row["category"]].append(row["theme"])
        if chosen.yunet:
            boxes = yunet(pixels, chosen.yunet)
            theirs[row["category"]] += len(boxes)
            met[row["category"]] += sum(is_met(box, found, pixels) for box in boxes)
    for category, count in sorted(photos.items()):
        print(f"{category}: faces in {len(with_faces[category])} of {count} photos", end="")
        print(f"; {met[category]} of {theirs[category]} of YuNet's" if chosen.yunet else "")
    print("not of people:", sorted(t for c, ts in with_faces.items() if c != "Person" for t in ts))
    print(f"a photo: median {statistics.median(seconds) * 1e3:.1f} ms, the slowest of 20 ", end="")
    print(f"{np.percentile(seconds, 95) * 1e3:.1f} ms, one core")
    steps(pixels)


def steps(pixels: Pixels) -> None:
    """Print what each step takes on one photo."""
    grey, detector, expressions = grey_of(pixels), Detector(), Expressions()
    square = np.random.default_rng(1).integers(0, 255, (48, 48)).astype(np.uint8)
    for name, work in {
        "grey": lambda: grey_of(pixels),
        "where faces are": lambda: detector.find(grey),
        "the expression of one face": lambda: expressions.read([square]),
    }.items():
        taken = []
        for _ in range(25):
            began = time.process_time()
            work()
            taken.append(time.process_time() - began)
        print(f"{name}: median {statistics.median(taken) * 1e3:.2f} ms, one core")


def yunet(pixels: Pixels, weights: Path) -> list[Box]:
    """Find faces with YuNet; where it finds none, once more on a smaller copy."""
    for share in (1.0, 0.64):
        small = cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        size = (small.shape[1], small.shape[0])
        detector = cv2.FaceDetectorYN.create(str(weights), "", size, _SCORE)
        _, rows = detector.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        boxes = [] if rows is None else [tuple((row[:4] / share).tolist()) for row in rows]
        if boxes:
            return [box for box in boxes if min(box[2:]) >= _LEAST_PX]
    return []


def is_met(box: Box, found: Sequence[Face], pixels: Pixels) -> bool:
    """Whether one of the faces that were found lies on a box."""
    height, width = pixels.shape[:2]
    ours = [
        (face.x * width, face.y * height, face.width * width, face.height * height)
        for face in found
    ]
    return any(overlap(box, own) >= _SAME for own in ours)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0 .. 1."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, across) * max(0.0, down)
    return both / (one[2] * one[3] + other[2] * other[3] - both)


if __name__ == "__main__":
    main()
