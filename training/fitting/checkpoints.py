"""Trained classifiers to folders and back; what lies in a folder is told in `training.trained`.

Weights are safetensors, all else is JSON: nothing that is read can run. The last layer is divided
by the temperature before it is written, so that whoever reads a folder needs to know of none.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from training.errors import PlanRefused, RunRefused
from training.networks.building import make, read_object
from training.networks.classifier import Classifier
from training.networks.theirs import KINDS
from training.plans import Network
from training.trained import CONFIG, PREPARATION, WEIGHTS, Architecture, Input, Trained

_BILINEAR = 2  #: Pillow's number, as preprocessor files have it.
_AFFECT = "affect"


def write(trained: Trained, folder: Path) -> None:
    """Write a classifier: config, weights and preparation. The card and ONNX are others' work.

    Raises:
        RunRefused: the disk does not take it.
    """
    network: Classifier = trained.network
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # `save_file` would make a file that nobody but its owner may read: no service of another's.
        content = save(_tensors(trained), metadata={"format": "pt"})
        (folder / WEIGHTS).write_bytes(content)
        _write_json(folder / CONFIG, _config(trained, network))
        _write_json(folder / PREPARATION, _preparation(trained.input))
    except (OSError, SafetensorError) as error:
        raise RunRefused(f"{folder} cannot be written: {error}") from error


def read(folder: Path) -> Trained:
    """Read a classifier. Its temperature is 1: the fitted one is in the weights already.

    Raises:
        RunRefused: the folder holds none, or a broken one; says what is wrong.
    """
    try:
        values = read_object(folder / CONFIG)
        own = values["sightsong"]
        architecture = Architecture(own["architecture"])
        classes = tuple(values["id2label"][str(at)] for at in range(len(values["id2label"])))
        has_affect = bool(own["affect"])
        taken = Input(
            side_px=int(own["side_px"]),
            is_grey=bool(own["grey"]),
            mean=tuple(own["mean"]),
            deviation=tuple(own["deviation"]),
        )
        network = _network(folder, values, architecture, len(classes) + 2 * has_affect)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunRefused(f"{folder / CONFIG} is of no classifier of ours ({error!r})") from error
    except PlanRefused as error:
        raise RunRefused(f"{folder}: {error}") from error
    return Trained(
        network=network,
        architecture=architecture,
        input=taken,
        classes=classes,
        has_affect=has_affect,
        facts={"temperature": own["temperature"], **own["facts"]},
    )


def _tensors(trained: Trained) -> dict[str, torch.Tensor]:
    """All tensors by the names of the file."""
    network: Classifier = trained.network
    kind = KINDS.get(trained.architecture)
    tensors = {name: value.detach().cpu() for name, value in network.state_dict().items()}
    count = len(trained.classes)
    for name in ("head.weight", "head.bias"):
        tensors[name] = tensors[name].clone()
        tensors[name][:count] /= trained.temperature
    if kind is None:
        return {name: value.contiguous() for name, value in tensors.items()}
    named = {}
    for name, value in tensors.items():
        begin, _, rest = name.partition(".")
        if begin == "trunk":
            named[f"{kind.model_type}.{rest.removeprefix('body.')}"] = value.contiguous()
            continue
        named[f"{kind.head}.{rest}"] = value[:count].contiguous()
        if trained.has_affect:
            named[f"{_AFFECT}.{rest}"] = value[count:].contiguous()
    return named


def _network(
    folder: Path, values: Mapping[str, Any], architecture: Architecture, outputs: int
) -> Classifier:
    kind = KINDS.get(architecture)
    settings = values if kind else values["sightsong"]["settings"]
    wanted = Network(architecture=architecture, dropout=0.0)
    network = make(wanted, outputs, settings=settings)
    try:
        tensors = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise RunRefused(f"{folder / WEIGHTS} cannot be read: {error}") from error
    try:
        network.load_state_dict(_own_names(tensors, architecture))
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise RunRefused(f"{folder / WEIGHTS} does not fit {CONFIG}: {reason}") from error
    network.eval()
    return network


def _own_names(
    tensors: Mapping[str, torch.Tensor], architecture: Architecture
) -> dict[str, torch.Tensor]:
    kind = KINDS.get(architecture)
    if kind is None:
        return dict(tensors)
    named = {}
    for name, value in tensors.items():
        if name.startswith(f"{kind.model_type}."):
            named["trunk.body" + name.removeprefix(kind.model_type)] = value
        elif name.startswith(f"{kind.head}."):
            rest = name.removeprefix(f"{kind.head}.")
            affect = tensors.get(f"{_AFFECT}.{rest}")
            named[f"head.{rest}"] = value if affect is None else torch.cat([value, affect])
        elif not name.startswith(f"{_AFFECT}."):
            named[name] = value  # of nothing that we know: refused by its name
    return named


def _config(trained: Trained, network: Classifier) -> dict[str, Any]:
    kind = KINDS.get(trained.architecture)
    labels = {
        "id2label": {str(at): name for at, name in enumerate(trained.classes)},
        "label2id": {name: at for at, name in enumerate(trained.classes)},
    }
    taken = trained.input
    own: dict[str, Any] = {
        "architecture": trained.architecture.value,
        "affect": trained.has_affect,
        "temperature": trained.temperature,
        "side_px": taken.side_px,
        "grey": taken.is_grey,
        "mean": list(taken.mean),
        "deviation": list(taken.deviation),
        "facts": dict(trained.facts),
    }
    if kind is None:
        model_type = f"sightsong-{trained.architecture.value}"
        return (
            {"model_type": model_type}
            | labels
            | {"sightsong": own | {"settings": network.settings}}
        )
    shape = {name: value for name, value in network.settings.items() if name != "sightsong"}
    return shape | {"architectures": [kind.name]} | labels | {"sightsong": own}


def _preparation(taken: Input) -> dict[str, Any]:
    """How pixels are prepared, in the words of transformers' files."""
    return {
        "do_resize": True,
        "size": {"height": taken.side_px, "width": taken.side_px},
        "resample": _BILINEAR,
        "do_center_crop": False,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(taken.mean),
        "image_std": list(taken.deviation),
        "do_grayscale": taken.is_grey,
    }


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
