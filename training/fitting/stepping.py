"""One step: a batch, the loss, the gradients, the new weights."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.errors import RunRefused
from training.fitting.examples import Examples
from training.fitting.losses import Loss
from training.fitting.places import Place
from training.fitting.schedule import share_of_rate
from training.plans import Course, Optimiser

_MOMENTUM = 0.9


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some examples, where the network is."""

    inputs: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor


def batch_of(examples: Examples, places: NDArray[np.int64], place: Place) -> Batch:
    """Bring some examples to the device."""
    weights = examples.weights
    counts = np.ones(len(places), np.float32) if weights is None else weights[places]
    inputs, targets, counted = (
        torch.from_numpy(np.ascontiguousarray(array)).to(place.device)
        for array in (examples.inputs[places], examples.targets[places], counts)
    )
    return Batch(inputs=inputs, targets=targets, weights=counted)


class Stepper:
    """Moves a network's weights."""

    def __init__(
        self,
        network: nn.Module,
        course: Course,
        *,
        place: Place,
        is_trunk: Callable[[str], bool],
        per_epoch: int,
    ) -> None:
        self._per_epoch = per_epoch
        self._network, self._course, self._place = network, course, place
        self._optimiser = _optimiser(network, course, is_trunk)
        self._scaler = torch.amp.GradScaler(place.device.type, enabled=place.scales)

    def step(self, inputs: torch.Tensor, batch: Batch, loss: Loss, *, step: int) -> torch.Tensor:
        """Learn from one batch.

        Returns:
            The loss, a scalar on the device, without gradient.

        Raises:
            RunRefused: it is no number.
        """
        self._set_rates(step)
        with self._place.arithmetic():
            outputs = self._network(inputs)
        found = loss(outputs.float(), batch.targets, batch.weights)
        if not torch.isfinite(found):
            raise RunRefused(
                f"the loss of step {step + 1} is no number; try a lower --rate, more "
                "--warmup-epochs, or --precision fp32"
            )
        self._optimiser.zero_grad(set_to_none=True)
        self._scaler.scale(found).backward()
        if self._course.clip:
            self._scaler.unscale_(self._optimiser)
            nn.utils.clip_grad_norm_(self._network.parameters(), self._course.clip)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        return found.detach()

    def tensors(self) -> dict[str, torch.Tensor]:
        """What the optimiser remembers, by parameter and name."""
        state = self._optimiser.state_dict()["state"]
        return {f"{at}.{name}": value for at, own in state.items() for name, value in own.items()}

    def facts(self) -> dict[str, Any]:
        """What else must be kept, as JSON takes it."""
        return {"scaler": self._scaler.state_dict()}

    def restore(self, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
        """Go on from what `tensors` and `facts` told."""
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in tensors.items():
            at, _, name = key.partition(".")
            state.setdefault(int(at), {})[name] = value
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})
        if self._place.scales:
            self._scaler.load_state_dict(facts["scaler"])

    def _set_rates(self, step: int) -> None:
        course, per_epoch = self._course, self._per_epoch
        share = share_of_rate(
            step, steps=course.epochs * per_epoch, warmup=round(course.warmup_epochs * per_epoch)
        )
        for group in self._optimiser.param_groups:
            group["lr"] = group["highest"] * share


def _optimiser(
    network: nn.Module, course: Course, is_trunk: Callable[[str], bool]
) -> torch.optim.Optimizer:
    groups = list(_groups(network, course, is_trunk))
    if course.optimiser is Optimiser.SGD:
        return torch.optim.SGD(groups, lr=course.rate, momentum=_MOMENTUM, nesterov=True)
    return torch.optim.AdamW(groups, lr=course.rate)


def _groups(
    network: nn.Module, course: Course, is_trunk: Callable[[str], bool]
) -> Iterator[dict[str, Any]]:
    """Parameters by rate and decay: the trunk learns slower, norms and biases do not decay."""
    sorted_out: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            kind = (is_trunk(name), parameter.dim() > 1)
            sorted_out.setdefault(kind, []).append(parameter)
    for (slow, decays), parameters in sorted_out.items():
        rate = course.rate * (course.trunk_rate if slow else 1.0)
        decay = course.decay if decays else 0.0
        yield {"params": parameters, "highest": rate, "lr": rate, "weight_decay": decay}
