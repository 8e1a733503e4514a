"""Read samples, measure what was read, report it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from training.evaluating.aligning import align
from training.evaluating.reads import Reads, read_all, unwatched
from training.measuring import intervals
from training.measuring.predictions import Predictions, beside
from training.measuring.summary import summarise
from training.reporting import published
from training.reporting.published import Field
from training.reporting.report import Report, worst
from training.samples import Places, Samples


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The samples that a model is evaluated on, and what is known of them."""

    samples: Samples
    part: str
    notes: tuple[str, ...] = ()
    slices: Mapping[str, Places] | None = None  #: Places of some samples, by what they are.


def evaluate(
    model: Reads,
    wanted: Wanted,
    *,
    told: Callable[[int, int], None] = unwatched,
    rounds: int = intervals.ROUNDS,
) -> Report:
    """Evaluate a model.

    Args:
        model: what reads.
        wanted: on which samples.
        told: hears how many of how many are read.
        rounds: drawings of the bootstrap; 1,000 give intervals that can be quoted.

    Raises:
        DataRefused: model and data have nothing in common, or a picture cannot be decoded.
        RunRefused: the model answers what is no reading.
    """
    timed = read_all(model, wanted.samples.pictures, told=told)
    aligned = align(wanted.samples, timed.reading)
    found = report(
        beside(aligned.samples, aligned.reading),
        Subject(name=model.name, facts=model.facts, data=wanted.samples.name, part=wanted.part),
        slices=_slices(wanted.slices or {}, aligned.kept),
        rounds=rounds,
    )
    notes = (*wanted.notes, *aligned.notes)
    return replace(found, notes=notes, ms_per_sample=timed.ms_per_sample)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What predictions are of."""

    name: str  #: Of the model.
    facts: Mapping[str, str]
    data: str
    part: str


def report(
    predictions: Predictions,
    subject: Subject,
    *,
    slices: Mapping[str, Places] | None = None,
    rounds: int = intervals.ROUNDS,
) -> Report:
    """Report on predictions, wherever they come from.

    Raises:
        DataRefused: there are none, or readings and data have nothing in common.
    """
    return Report(
        model=subject.name,
        facts=subject.facts,
        data=subject.data,
        part=subject.part,
        notes=(),
        summary=summarise(predictions, rounds=rounds),
        slices={
            name: summarise(predictions.at(places), rounds=rounds)
            for name, places in (slices or {}).items()
        },
        predictions=predictions,
        worst=worst(predictions),
        beside=published.beside(_field(subject.data)),
    )


def _slices(slices: Mapping[str, Places], kept: Places) -> dict[str, Places]:
    """Renumber the places of slices to those that are left; empty ones are dropped."""
    found = {name: np.flatnonzero(np.isin(kept, places)) for name, places in slices.items()}
    return {name: places for name, places in found.items() if 0 < len(places) < len(kept)}


def _field(name: str) -> Field | None:
    return next((field for field in Field if field.value == name), None)
