"""The folder of an emotion classifier of the user's own: what lies in it, and what can run it.

config.json               `model_type`; `id2label`, the classes; `sightsong.affect`: whether
                          valence and arousal follow them, before tanh
model.safetensors         for torch
model.onnx                for onnxruntime: one file, with the weights in it
preprocessor_config.json  where pixels are not prepared as for ImageNet
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

from sightsong.core.errors import ConfigurationError

#: What names the folder, and what chooses between the two files.
FOLDER_SETTING = "SIGHTSONG_EMOTION_CHECKPOINT"
RUNTIME_SETTING = "SIGHTSONG_EMOTION_RUNTIME"

CONFIG, PREPARATION = "config.json", "preprocessor_config.json"
#: Where a run keeps its classifier.
BEST = "best"
#: `model_type` of the networks that torch can run here; the others come as ONNX.
TORCH_KINDS = ("resnet", "efficientnet", "convnext")
#: Longest description, in bytes: a hundred times what one of six classes has.
_MOST_JSON = 1024 * 1024
#: Letters of a `model_type` that receipts repeat.
_LONGEST_KIND = 40


class Runtime(StrEnum):
    """What runs a classifier."""

    TORCH = "torch"
    ONNX = "onnx"


_WEIGHTS = {Runtime.TORCH: "model.safetensors", Runtime.ONNX: "model.onnx"}


@dataclass(frozen=True, kw_only=True)
class OwnClassifier:
    """A classifier that was found, and what is to run it."""

    folder: Path
    runtime: Runtime
    config: Mapping[str, Any]  #: What `config.json` says.

    @property
    def kind(self) -> str:
        """What network it is, as its folder says."""
        return str(self.config.get("model_type", "a network"))[:_LONGEST_KIND]

    @property
    def name(self) -> str:
        """What to call it: its folder, or the run that it is the best of."""
        path = self.folder.resolve()
        return path.parent.name if path.name == BEST else path.name

    @property
    def weights(self) -> Path:
        """The file of its weights."""
        return self.folder / _WEIGHTS[self.runtime]

    @property
    def files(self) -> tuple[Path, ...]:
        """All of the folder that an answer depends on."""
        described = (self.folder / name for name in (CONFIG, PREPARATION))
        return (*(path for path in described if path.is_file()), self.weights)


class Chosen(Protocol):
    """What the settings say of it."""

    @property
    def emotion_checkpoint(self) -> Path | None:
        """Its folder."""

    @property
    def emotion_runtime(self) -> Literal["auto", "torch", "onnx"]:
        """What is to run it."""

    @property
    def profile(self) -> str:
        """`full` brings torch."""


def classifier_of(settings: Chosen) -> OwnClassifier | None:
    """Find the classifier that settings name; None: the profile reads emotions itself.

    Raises:
        ConfigurationError: the folder that they name holds none that can be run.
    """
    return own_classifier(
        settings.emotion_checkpoint,
        wanted=settings.emotion_runtime,
        has_torch=settings.profile == "full",
    )


def own_classifier(
    folder: Path | None, *, wanted: Literal["auto", "torch", "onnx"] = "auto", has_torch: bool
) -> OwnClassifier | None:
    """Find a classifier, and choose what runs it.

    Args:
        folder: where it lies, or the run that it came of; None: there is none.
        wanted: `auto`: torch where the profile has it and it knows the network, else onnxruntime.
        has_torch: whether the profile brings torch.

    Raises:
        ConfigurationError: the folder holds none, or not for what is wanted; says what to do.
    """
    if folder is None:
        return None
    best = folder / BEST
    if not (folder / CONFIG).is_file() and (best / CONFIG).is_file():
        folder = best
    config = read_object(folder / CONFIG)
    kind = config.get("model_type")
    # One that only reads affect has no head that transformers would know.
    knows = has_torch and kind in TORCH_KINDS and config.get("id2label") != {}
    there = {runtime for runtime, name in _WEIGHTS.items() if (folder / name).is_file()}
    if wanted == "auto":
        use_torch = knows and (Runtime.TORCH in there or Runtime.ONNX not in there)
        runtime = Runtime.TORCH if use_torch else Runtime.ONNX
    else:
        runtime = Runtime(wanted)
    if runtime is Runtime.TORCH and not knows:
        raise ConfigurationError(f"{RUNTIME_SETTING}: {_why_no_torch(kind, has_torch=has_torch)}")
    if runtime not in there:
        raise unusable(_absent(folder, runtime, kind))
    return OwnClassifier(folder=folder, runtime=runtime, config=config)


def read_object(path: Path) -> Mapping[str, Any]:
    """Read a JSON object of the folder.

    Raises:
        ConfigurationError: the file is not there, or no such thing.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_JSON + 1)
        values = json.loads(content) if len(content) <= _MOST_JSON else None
    except (OSError, ValueError, RecursionError) as error:
        raise unusable(f"{path} cannot be read") from error
    if not isinstance(values, dict):
        raise unusable(f"{path.name} is no JSON object, or a very long one")
    return values


def unusable(reason: str) -> ConfigurationError:
    """Say what is wrong with the folder."""
    return ConfigurationError(f"{FOLDER_SETTING}: {reason}")


def _why_no_torch(kind: object, *, has_torch: bool) -> str:
    if not has_torch:
        return "the lite profile brings no torch; set it to onnx or auto"
    known = ", ".join(TORCH_KINDS)
    return f"model_type is {kind!r}; with torch it may be {known}; set it to onnx or auto"


def _absent(folder: Path, runtime: Runtime, kind: object) -> str:
    name = _WEIGHTS[runtime]
    if runtime is Runtime.TORCH:
        return f"{folder / name} is not there"
    there = f"{folder / name} is not there; `sightsong train export {folder}` writes it"
    return there if kind in TORCH_KINDS else f"model_type is {kind!r}, which runs as ONNX: {there}"
