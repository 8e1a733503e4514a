"""A plan's network: built, with the weights of a backbone where one is given."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from safetensors.torch import load_file

from training.errors import PlanRefused
from training.networks.classifier import Classifier
from training.networks.small import small
from training.networks.theirs import KINDS, theirs
from training.networks.vgg import vgg16
from training.plans import Network
from training.trained import CONFIG, PREPARATION, WEIGHTS, Architecture, Input

#: Sides of pictures that the architectures were made for, and a middling one for ours.
SIDES = {
    Architecture.RESNET50: 224,
    Architecture.EFFICIENTNET_B0: 224,
    Architecture.CONVNEXT_TINY: 224,
    Architecture.VGG16: 224,
    Architecture.SMALL: 64,
}
#: Of ImageNet's training pictures, as nearly every network trained on them takes it.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: Of grey pictures, where nothing else is known.
GREY_MEAN, GREY_DEVIATION = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)

#: What transformers and torch raise of settings that make no network.
_ODD_SETTINGS = (ValueError, TypeError, KeyError, AttributeError, RuntimeError, ArithmeticError)


@dataclass(frozen=True, kw_only=True)
class Built:
    """A network, and how it wants its pictures."""

    network: Classifier
    input: Input


def build(wanted: Network, outputs: int) -> Built:
    """Make a plan's network.

    Raises:
        PlanRefused: what goes not together; a backbone that is not there, or of another kind.
    """
    if wanted.frozen and wanted.backbone is None:
        raise PlanRefused(
            "a frozen trunk with random weights learns next to nothing; give --backbone FOLDER, or "
            "leave --frozen out"
        )
    settings = _settings(wanted) if wanted.backbone else None
    network = make(wanted, outputs, settings=settings)
    if wanted.backbone is not None:
        _load_trunk(network, wanted.backbone)
    return Built(network=network, input=_input(wanted))


def make(wanted: Network, outputs: int, *, settings: Mapping[str, Any] | None) -> Classifier:
    """Make a network with random weights, of certain settings, or of the usual ones.

    Raises:
        PlanRefused: the settings make no such network.
    """
    own = dict(settings or {})
    try:
        if wanted.architecture in KINDS:
            return theirs(wanted.architecture, outputs, settings=settings, dropout=wanted.dropout)
        if wanted.architecture is Architecture.VGG16:
            return vgg16(outputs, dropout=wanted.dropout, **own)
        return small(outputs, dropout=wanted.dropout, **({"is_grey": wanted.grey} | own))
    except (*_ODD_SETTINGS, StrictDataclassError) as error:
        raise PlanRefused(f"{CONFIG} makes no {wanted.architecture}: {error}") from error


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        PlanRefused: it is not there, or no such thing.
    """
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise PlanRefused(f"{path} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise PlanRefused(f"{path} is no JSON object")
    return values


def _settings(wanted: Network) -> Mapping[str, Any] | None:
    """What the backbone's configuration says of its shape; None: the usual one."""
    values = read_object(wanted.backbone / CONFIG) if wanted.backbone else {}
    own = values.get("sightsong", {})
    theirs_is = KINDS[wanted.architecture].model_type if wanted.architecture in KINDS else None
    found = own.get("architecture") or values.get("model_type") or values.get("architecture")
    if found not in {wanted.architecture.value, theirs_is}:
        raise PlanRefused(
            f"--backbone holds {found!r}, not {wanted.architecture}; say --architecture for what "
            f"it is ({', '.join(Architecture)})"
        )
    return values if theirs_is else own.get("settings")


def _load_trunk(network: Classifier, folder: Path) -> None:
    try:
        tensors = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise PlanRefused(
            f"--backbone: {folder / WEIGHTS} cannot be read ({error}); weights must be safetensors"
        ) from error
    wanted = network.trunk.state_dict()
    found = {name: tensor for name, tensor in _own_names(network, tensors) if name in wanted}
    absent = sorted(set(wanted) - set(found))
    if absent:
        raise PlanRefused(f"--backbone lacks {len(absent)} tensors, for instance {absent[0]}")
    try:
        network.trunk.load_state_dict(found)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise PlanRefused(f"--backbone does not fit {network.architecture}: {reason}") from error


def _own_names(
    network: Classifier, tensors: Mapping[str, torch.Tensor]
) -> list[tuple[str, torch.Tensor]]:
    """A trunk's tensors by the names that they have here."""
    kind = KINDS.get(network.architecture)
    begins = (f"{kind.model_type}.", "") if kind else ("trunk.layers.", "features.")
    own = "body." if kind else "layers."
    chosen = next((one for one in begins if any(n.startswith(one) for n in tensors)), begins[0])
    return [
        (own + name.removeprefix(chosen), tensor)
        for name, tensor in tensors.items()
        if name.startswith(chosen)
    ]


def _input(wanted: Network) -> Input:
    mean, deviation = (GREY_MEAN, GREY_DEVIATION) if wanted.grey else (MEAN, DEVIATION)
    if wanted.backbone is not None and (wanted.backbone / PREPARATION).is_file():
        values = read_object(wanted.backbone / PREPARATION)
        mean = _triple(values.get("image_mean", mean))
        deviation = _triple(values.get("image_std", deviation))
    return Input(
        side_px=wanted.side_px or SIDES[wanted.architecture],
        is_grey=wanted.grey,
        mean=mean,
        deviation=deviation,
    )


def _triple(values: Any) -> tuple[float, float, float]:  # noqa: ANN401 - of JSON
    try:
        red, green, blue = (float(value) for value in values)
    except (TypeError, ValueError) as error:
        raise PlanRefused(
            f"{PREPARATION} of --backbone: {values!r} are no three figures"
        ) from error
    return red, green, blue
