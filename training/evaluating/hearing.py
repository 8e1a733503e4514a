"""Music: what was heard of pieces, beside what listeners said. Sound has no pictures to be read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from training.evaluating.evaluate import Subject, report
from training.evaluating.lite import Lite
from training.measuring import intervals
from training.measuring.predictions import Plane, Predictions
from training.reporting.report import Report


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Pieces, what listeners said of them, and what the model heard."""

    data: str  #: The data set's name.
    names: tuple[str, ...]
    groups: tuple[str, ...]  #: Pieces of one game are alike.
    told: Plane
    read: Plane
    ms_per_sample: float
    facts: Mapping[str, str] = field(default_factory=dict)  #: Of the model.
    notes: tuple[str, ...] = ()


#: Reads and hears the pieces of a data set; tells how many of how many are done.
Hears = Callable[[Path, Callable[[int, int], None]], Heard]


def report_of(heard: Heard, *, rounds: int = intervals.ROUNDS) -> Report:
    """Report on what was heard.

    Raises:
        DataRefused: there is nothing.
    """
    predictions = Predictions(
        names=heard.names, groups=heard.groups, read_affect=heard.read, told_affect=heard.told
    )
    subject = Subject(name=str(Lite.MUSIC), facts=heard.facts, data=heard.data, part="all")
    found = report(predictions, subject, rounds=rounds)
    return replace(found, notes=heard.notes, ms_per_sample=heard.ms_per_sample)
