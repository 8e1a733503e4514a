"""The loop: steps, epochs, the best epoch, and what is kept so that it can go on."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.errors import RunRefused
from training.fitting import stepping
from training.fitting.averaging import Average
from training.fitting.examples import Examples, order
from training.fitting.losses import Loss
from training.fitting.places import Place, choose
from training.fitting.stepping import Stepper
from training.plans import Course

Line = dict[str, float]
Floats = NDArray[np.float32]


class Prepares(Protocol):
    """Turns a batch of stored inputs into one for the network."""

    def __call__(
        self, stored: torch.Tensor, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """Prepare a batch; with a generator vary it by chance."""
        ...


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is to be learned, from what."""

    train: Examples
    valid: Examples  #: Chooses the epoch.
    loss: Loss
    prepare: Prepares
    #: Outputs and targets of the valid part to figures for the log.
    figures: Callable[[Floats, Floats], Mapping[str, float]] | None = None
    choose_by: str = "valid_loss"  #: The figure that is smallest at the best epoch.
    is_trunk: Callable[[str], bool] = field(default=lambda _: False)  #: By a parameter's name.


class Watch(Protocol):
    """Is told how far it is."""

    def step(self, done: int, total: int, loss: float) -> None:
        """Hear of a step; `done` and `total` count those of the whole course."""
        ...

    def epoch(self, line: Line) -> None:
        """Hear of an epoch that is over: what the log says of it."""
        ...


class Unwatched:
    """Nobody is told."""

    def step(self, done: int, total: int, loss: float) -> None:
        """Hear of a step."""

    def epoch(self, line: Line) -> None:
        """Hear of an epoch that is over."""


class Keep(Protocol):
    """Keeps a state so that a run can go on after it was stopped."""

    def load(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
        """Read what was kept last: tensors by name, and facts; None where nothing was."""
        ...

    def save(self, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
        """Keep a state in place of the last one; all of it or nothing."""
        ...


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """How it went. The network itself has the weights of the best epoch."""

    lines: tuple[Line, ...]  #: Of every epoch.
    best: Line  #: Of the best.
    place: str  #: Device and arithmetic.


def fit(
    network: nn.Module,
    task: Task,
    course: Course,
    *,
    watch: Watch | None = None,
    keep: Keep | None = None,
) -> Fitted:
    """Let a network learn; it ends in evaluation mode, on the CPU, with its best weights.

    The same network, task, course and number of threads give the same weights on one machine;
    with `keep`, also when it was stopped in between and is called again.

    Raises:
        PlanRefused: the device or precision is not there.
        RunRefused: the loss is no longer a number.
    """
    place = choose(course)
    run = _Run(network, task, course, place=place, watch=watch or Unwatched())
    if keep is not None and (kept := keep.load()) is not None:
        run.restore(*kept)
    while not run.is_over:
        run.learn_epoch()
        if keep is not None:
            keep.save(*run.state())
    return run.end()


class _Run:
    def __init__(
        self, network: nn.Module, task: Task, course: Course, *, place: Place, watch: Watch
    ) -> None:
        self._network = network.to(place.device, memory_format=torch.channels_last)
        self._task, self._course, self._place, self._watch = task, course, place, watch
        per_epoch = _steps(len(task.train), course.batch)
        self._stepper = Stepper(
            self._network, course, place=place, is_trunk=task.is_trunk, per_epoch=per_epoch
        )
        self._average = Average(self._network, decay=course.average)
        self._per_epoch = per_epoch
        self._lines: list[Line] = []
        self._best: Line = {}
        self._best_weights: dict[str, torch.Tensor] = {}

    @property
    def is_over(self) -> bool:
        done = len(self._lines)
        if done >= self._course.epochs:
            return True
        waited = done - int(self._best.get("epoch", done))
        return 0 < self._course.patience <= waited

    def learn_epoch(self) -> None:
        epoch = len(self._lines) + 1
        # All chance of an epoch hangs on seed and epoch alone: so it can begin with any epoch.
        torch.manual_seed(self._course.seed * 100_003 + epoch)
        learned = self._learn(epoch)
        line = {"epoch": float(epoch), "train_loss": learned, **self._examine()}
        self._lines.append(line)
        by = self._task.choose_by
        if not self._best or line[by] < self._best[by]:
            self._best = line
            weights = self._average.network.state_dict()
            self._best_weights = {name: value.clone() for name, value in weights.items()}
        self._watch.epoch(line)

    def _learn(self, epoch: int) -> float:
        task, course = self._task, self._course
        generator = torch.Generator(self._place.device).manual_seed(course.seed * 1009 + epoch)
        places = order(task.train, seed=course.seed, epoch=epoch)
        self._network.train()
        total, begun = torch.zeros((), device=self._place.device), (epoch - 1) * self._per_epoch
        for number in range(self._per_epoch):
            chosen = places[number * course.batch : (number + 1) * course.batch]
            batch = stepping.batch_of(task.train, chosen, self._place)
            inputs = task.prepare(batch.inputs, generator)
            step = begun + number
            loss = self._stepper.step(inputs, batch, task.loss, step=step)
            self._average.follow(self._network, step=step)
            total += loss * len(chosen)
            self._watch.step(step + 1, course.epochs * self._per_epoch, float(loss))
        return float(total) / min(len(places), self._per_epoch * course.batch)

    def _examine(self) -> Line:
        outputs, task = (
            read(self._average.network, self._task.valid, self._task.prepare),
            self._task,
        )
        weights = task.valid.weights
        counts = np.ones(len(task.valid), np.float32) if weights is None else weights
        tensors = (torch.from_numpy(array) for array in (outputs, task.valid.targets, counts))
        line = {"valid_loss": float(task.loss(*tensors))}
        if not math.isfinite(line["valid_loss"]):
            raise RunRefused("the loss of the valid part is no number; try a lower --rate")
        if task.figures is not None:
            line |= {
                name: float(v) for name, v in task.figures(outputs, task.valid.targets).items()
            }
        return line

    def state(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        parts = {
            "network": self._network.state_dict(),
            "average": self._average.network.state_dict(),
            "best": self._best_weights,
            "optimiser": self._stepper.tensors(),
        }
        tensors = {
            f"{part}.{name}": tensor for part, own in parts.items() for name, tensor in own.items()
        }
        return tensors, {"lines": self._lines, "best": self._best, **self._stepper.facts()}

    def restore(self, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
        self._lines, self._best = list(facts["lines"]), dict(facts["best"])
        self._network.load_state_dict(_of(tensors, "network"))
        self._average.network.load_state_dict(_of(tensors, "average"))
        device = self._place.device
        self._best_weights = {n: t.to(device) for n, t in _of(tensors, "best").items()}
        self._stepper.restore(_of(tensors, "optimiser"), facts)

    def end(self) -> Fitted:
        if self._best_weights:
            self._network.load_state_dict(self._best_weights)
        self._network.to("cpu", memory_format=torch.contiguous_format).eval()
        return Fitted(lines=tuple(self._lines), best=self._best, place=self._place.name)


def _steps(examples: int, batch: int) -> int:
    """Steps of an epoch. A last batch of one is left out: norms can make nothing of it."""
    whole, rest = divmod(examples, batch)
    return max(whole + (rest > 1), 1)


def _of(tensors: Mapping[str, torch.Tensor], part: str) -> dict[str, torch.Tensor]:
    begin = f"{part}."
    return {n.removeprefix(begin): t for n, t in tensors.items() if n.startswith(begin)}


def read(network: nn.Module, examples: Examples, prepare: Prepares, *, batch: int = 256) -> Floats:
    """Tell what a network makes of examples, as they are; float32, (n, outputs).

    It runs in float32, where the network is, and is left in evaluation mode.
    """
    device = next(network.parameters()).device
    place = Place(device=device, dtype=None)
    network.eval()
    rows = []
    with torch.inference_mode():
        for begin in range(0, len(examples), batch):
            chosen = np.arange(begin, min(begin + batch, len(examples)))
            inputs = prepare(stepping.batch_of(examples, chosen, place).inputs)
            rows.append(network(inputs).float().cpu().numpy())
    return np.concatenate(rows)
