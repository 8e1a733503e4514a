"""A whole run: a data set and a plan to a classifier in a folder."""

import functools
import hashlib
import importlib.metadata
import platform
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from training.errors import PlanRefused
from training.fitting import checkpoints, places
from training.fitting.augmenting import Prepare
from training.fitting.examples import Examples
from training.fitting.figures import figures, temperature
from training.fitting.folder import RunFolder, parts_told
from training.fitting.frozen import DrawView, features
from training.fitting.keeping import Kept
from training.fitting.loop import Fitted, Line, Task, Watch, fit, read
from training.fitting.losses import Objective
from training.fitting.pictures import squares
from training.fitting.targets import Targets, class_weights, even_chances, targets_of
from training.networks.building import Built, build
from training.plans import Plan, files
from training.samples import Parted, Places, Samples
from training.trained import Trained

_LIBRARIES = ("sightsong", "torch", "transformers", "numpy")
_SPILL = ".pictures.npy"


class RunWatch(Watch, Protocol):
    """Is told how far a run is, from the first picture on."""

    def preparing(self, what: str, done: int, total: int) -> None:
        """Hear how far something is that comes before the first epoch."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ready:
    """All that a run learns with."""

    built: Built
    targets: Targets  #: Of the valid part.
    train: Examples  #: Pictures.
    valid: Examples
    objective: Objective


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a run is asked for."""

    samples: Samples
    parted: Parted
    plan: Plan
    commands: tuple[str, ...] = ()  #: That make it again; for the card.
    goes_on: bool = False  #: With what an earlier, stopped call has kept.


def train(wanted: Wanted, run: RunFolder, *, watch: RunWatch) -> Trained:
    """Learn, and write the classifier of the best epoch into the folder of the run.

    The folder of a new run is written to only once all is there to learn from.

    Raises:
        PlanRefused: the plan asks for what there is not.
        DataRefused: a picture cannot be decoded.
        RunRefused: the folder, or the loss.
    """
    if not wanted.goes_on:
        run.check_free()
    torch.manual_seed(wanted.plan.course.seed)
    place = places.choose(wanted.plan.course)
    spill = run.path.with_name(f".{run.path.name}{_SPILL}")  # in a folder that has room
    try:
        ready = _ready(wanted, spill, watch)
        if not wanted.goes_on:
            run.begin(wanted.plan)
        learned = {"train": ready.train, "valid": ready.valid}
        run.settle(parts_told(wanted.samples, wanted.parted, learned))
        kept = Kept(run.path)
        state = kept.load()
        run.cut_log(epochs=len(state[1]["lines"]) if state else 0)
        fitted = _fit(ready, wanted.plan, place=place, kept=kept, watch=_Logged(watch, run))
        trained = _trained(ready, wanted, fitted)
    finally:
        spill.unlink(missing_ok=True)
    checkpoints.write(trained, run.best)
    return trained


def _ready(wanted: Wanted, spill: Path, watch: RunWatch) -> Ready:
    plan, samples, parted = wanted.plan, wanted.samples, wanted.parted
    if not len(parted.train) or not len(parted.valid):
        raise PlanRefused(
            f"{samples.name} has too few pictures for these parts ({len(parted.train)} to learn "
            f"from, {len(parted.valid)} to choose by); let --valid be more"
        )
    targets = targets_of(samples, plan.aim)
    built = build(plan.network, targets.outputs)
    chosen = Samples.at(samples, [*parted.train, *parted.valid])
    pixels = squares(
        chosen.pictures,
        built.input.side_px,
        spill=spill,
        told=functools.partial(watch.preparing, "decoding pictures"),
    )
    cut = len(parted.train)
    own = samples.shares[parted.train] if samples.shares is not None else None
    chances = even_chances(own) if plan.aim.balanced and own is not None else None
    weights = class_weights(own) if plan.aim.class_weights and own is not None else None
    return Ready(
        built=built,
        targets=_at(targets, parted.valid),
        train=_examples(pixels[:cut], _at(targets, parted.train), chances),
        valid=_examples(pixels[cut:], _at(targets, parted.valid), None),
        objective=Objective(aim=plan.aim, classes=len(targets.classes), class_weights=weights),
    )


def _at(targets: Targets, chosen: Places) -> Targets:
    weights = None if targets.weights is None else targets.weights[chosen]
    return replace(targets, rows=targets.rows[chosen], weights=weights)


def _examples(pixels: Any, targets: Targets, chances: Any) -> Examples:  # noqa: ANN401 - arrays
    return Examples(inputs=pixels, targets=targets.rows, weights=targets.weights, chances=chances)


def _fit(ready: Ready, plan: Plan, *, place: places.Place, kept: Kept, watch: RunWatch) -> Fitted:
    prepare = Prepare(input=ready.built.input, augment=plan.augment)
    network = ready.built.network
    task = Task(
        train=ready.train,
        valid=ready.valid,
        loss=ready.objective,
        prepare=prepare,
        figures=lambda out, told: figures(out, told, classes=ready.objective.classes),
        is_trunk=lambda name: plan.network.backbone is not None and name.startswith("trunk."),
    )
    if not plan.network.frozen:
        return fit(network, task, plan.course, watch=watch, keep=kept)
    seen = {
        part: features(
            network.trunk,
            examples,
            prepare,
            place=place,
            seed=seed,
            told=functools.partial(watch.preparing, f"seeing the {part} part"),
        )
        for part, examples, seed in (
            ("train", ready.train, plan.course.seed),
            ("valid", ready.valid, None),
        )
    }
    task = replace(task, train=seen["train"], valid=seen["valid"], prepare=DrawView())
    head = nn.Sequential(network.dropout, network.head)
    return fit(head, task, plan.course, watch=watch, keep=kept)


def _trained(ready: Ready, wanted: Wanted, fitted: Fitted) -> Trained:
    built, targets = ready.built, ready.targets
    outputs = read(built.network, ready.valid, Prepare(input=built.input))
    degrees = temperature(outputs, targets)
    count = len(targets.classes)
    outputs[:, :count] /= degrees
    found = figures(outputs, targets.rows, classes=count)
    trained = Trained(
        network=built.network,
        architecture=wanted.plan.network.architecture,
        input=built.input,
        classes=targets.classes,
        has_affect=targets.has_affect,
        temperature=degrees,
        facts={},
    )
    return replace(trained, facts=_facts(wanted, fitted, found))


def _facts(wanted: Wanted, fitted: Fitted, valid: Line) -> dict[str, Any]:
    samples, parted, plan = wanted.samples, wanted.parted, wanted.plan
    counts = {part: len(getattr(parted, part)) for part in ("train", "valid", "test")}
    labels = hashlib.sha256("\n".join(samples.names).encode())
    return {
        "data": {"name": samples.name, **counts, "sha256_of_names": labels.hexdigest()},
        "plan": files.told(plan),
        "figures": {
            "of the valid part, calibrated": valid,
            "best epoch": int(fitted.best["epoch"]),
            "epochs": len(fitted.lines),
        },
        "commands": list(wanted.commands),
        "made with": {
            **{name: importlib.metadata.version(name) for name in _LIBRARIES},
            "python": platform.python_version(),
            "device": fitted.place,
        },
    }


class _Logged:
    """Writes epochs into the log of the run, and passes all on."""

    def __init__(self, watch: RunWatch, run: RunFolder) -> None:
        self._watch, self._run = watch, run
        self._since = time.monotonic()

    def preparing(self, what: str, done: int, total: int) -> None:
        self._watch.preparing(what, done, total)
        self._since = time.monotonic()

    def step(self, done: int, total: int, loss: float) -> None:
        self._watch.step(done, total, loss)

    def epoch(self, line: Line) -> None:
        before, self._since = self._since, time.monotonic()
        self._run.log({**line, "seconds": round(self._since - before, 3)})
        self._watch.epoch(line)
