"""The networks of the lite profile's faces, made again from the data folder by one command.

Data: `faces/` (FER+, npz) and `photos/oasis/` (photos without people, for what is no face).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.fitting import loop
from training.lite.faces import (
    confirming,
    expressions,
    graph,
    others,
    reading,
    reporting,
    scanning,
    unseen,
)
from training.lite.faces.networks import Residual
from training.lite.faces.others import Squares
from training.lite.faces.reading import Faces
from training.plans import Course
from workers.models.lite import detection
from workers.models.lite import expressions as reader
from workers.models.lite import scanning as scanner
from workers.models.lite.greys import SIDE_PX, Grey
from workers.models.lite.scanning import Scanner

#: What was learned and how well it does, beside the weights.
REPORT = "faces.json"
#: What the second network learns from reaches below what it is asked in use.
_EVIDENCE, _MOST = scanner.EVIDENCE - 2.5, 100
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Courses:
    """How long each network learns."""

    scanning: Course = scanning.COURSE
    confirming: Course = confirming.COURSE
    expressions: Course = expressions.COURSE


def make(data: Path, folder: Path, *, say: Say, courses: Courses | None = None) -> dict[str, Any]:
    """Let the networks learn, write them, and report on the last as it was written.

    Args:
        data: the data folder.
        folder: for the weights and the report.
        say: is told how it goes, a line at a time.
        courses: for trials; None: those that the committed weights were made by.

    Returns:
        The report, JSON values.

    Raises:
        DataRefused: the data is not there, or is something else.
        RunRefused: a loss is no longer a number.
    """
    chosen = courses or Courses()
    parts = reading.read(data)
    scenes = unseen.parted(others.without_people(others.scenes(data)))
    folder.mkdir(parents=True, exist_ok=True)
    photos = [scene.grey() for scene in scenes.train]
    make_detector(sure(parts.train), photos, folder, courses=chosen, say=say)
    learned = expressions.learn(parts, course=chosen.expressions, watch=Told("expressions", say))
    graph.write(learned.network, folder / reader.WEIGHTS.name, side=SIDE_PX)
    report = reporting.report(parts, learned, folder / reader.WEIGHTS.name)
    report["photos_without_people"] = unseen.taken(folder, scenes.kept_back)
    (folder / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return report


def make_detector(
    faces: Squares, photos: Sequence[Grey], folder: Path, *, courses: Courses, say: Say
) -> Residual:
    """Let the two networks that find faces learn, and write them.

    Args:
        faces: uint8, (n, 48, 48).
        photos: without people.
        folder: for the weights.
        courses: how long each learns.
        say: is told how it goes.

    Returns:
        The second of them.
    """
    say(f"faces: {len(faces)} faces, {len(photos)} photos without any")
    first = scanning.learn(faces, photos, course=courses.scanning, watch=Told("scanner", say))
    graph.write(first, folder / scanner.WEIGHTS.name)
    scan = Scanner(folder / scanner.WEIGHTS.name, evidence=_EVIDENCE, most=_MOST).scan
    material = confirming.Material(
        faces=faces, others=others.gather(photos, scan, seed=courses.confirming.seed)
    )
    say(f"confirmer: {len(material.others.finds)} finds that are none")
    second = confirming.learn(material, course=courses.confirming, watch=Told("confirmer", say))
    graph.write(second, folder / detection.WEIGHTS.name, side=SIDE_PX)
    return second


def sure(faces: Faces) -> Squares:
    """Take faces that most raters saw an expression in: the others may be no faces."""
    return faces.squares[faces.votes >= reading.FEWEST_VOTES]


class Told:
    """Tells of each epoch in a line."""

    def __init__(self, name: str, say: Say) -> None:
        self._name, self._say = name, say

    def step(self, done: int, total: int, loss: float) -> None:
        """Hear of a step."""

    def epoch(self, line: loop.Line) -> None:
        """Hear of an epoch."""
        figures = ", ".join(f"{name} {value:.4g}" for name, value in line.items())
        self._say(f"{self._name}: {figures}")
