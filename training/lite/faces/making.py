"""Both networks of the lite profile's faces, made again from the data folder by one command.

Data: `faces/` (FER+, npz) and `photos/oasis/` (photos without people, for what is no face).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.fitting import loop
from training.lite.faces import confirming, expressions, graph, others, reading, reporting
from training.lite.faces.networks import Residual
from training.lite.faces.others import Squares
from training.lite.faces.reading import Faces, Parts
from training.plans import Course
from workers.models.lite.detection import WEIGHTS as CONFIRMING
from workers.models.lite.expressions import WEIGHTS as EXPRESSIONS
from workers.models.lite.greys import SIDE_PX

#: What was learned and how well it does, beside the weights.
REPORT = "faces.json"
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Courses:
    """How long each network learns."""

    expressions: Course = expressions.COURSE
    confirming: Course = confirming.COURSE


def make(data: Path, folder: Path, *, say: Say, courses: Courses | None = None) -> dict[str, Any]:
    """Let both networks learn, write them, and report on them as they were written.

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
    folder.mkdir(parents=True, exist_ok=True)
    confirmed = _confirming(data, parts, course=chosen.confirming, say=say)
    graph.write(confirmed, folder / CONFIRMING.name, side=SIDE_PX)
    learned = expressions.learn(parts, course=chosen.expressions, watch=_Told("expressions", say))
    graph.write(learned.network, folder / EXPRESSIONS.name, side=SIDE_PX)
    report = reporting.report(parts, learned, folder / EXPRESSIONS.name)
    (folder / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return report


def _confirming(data: Path, parts: Parts, *, course: Course, say: Say) -> Residual:
    scenes = others.without_people(others.scenes(data))
    say(f"faces: cutting what is none from {len(scenes)} photos without people")
    material = confirming.Material(
        faces=_sure(parts.train), others=others.gather(scenes, seed=course.seed)
    )
    return confirming.learn(material, course=course, watch=_Told("faces", say))


def _sure(faces: Faces) -> Squares:
    """Faces that most raters saw an expression in: the others may be no faces."""
    return faces.squares[faces.votes >= reading.FEWEST_VOTES]


class _Told:
    """Tells of each epoch in a line."""

    def __init__(self, name: str, say: Say) -> None:
        self._name, self._say = name, say

    def step(self, done: int, total: int, loss: float) -> None:
        """Hear of a step."""

    def epoch(self, line: loop.Line) -> None:
        """Hear of an epoch."""
        figures = ", ".join(f"{name} {value:.4g}" for name, value in line.items())
        self._say(f"{self._name}: {figures}")
