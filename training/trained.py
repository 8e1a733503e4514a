"""A trained classifier, and the folder that it lies in.

config.json               as transformers writes it where the architecture is one of theirs (the
                          worker's `SIGHTSONG_EMOTION_CHECKPOINT` reads it), else `model_type` of
                          ours; `id2label`; `sightsong`: architecture, temperature, what was trained
model.safetensors         the temperature is in the last layer already: logits need none
preprocessor_config.json  side, filter, mean and deviation of what the network takes
README.md                 the model card
model.onnx                the same network: `pixel_values` float32 (n, 3, side, side) to `logits`
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

CONFIG, WEIGHTS, PREPARATION = "config.json", "model.safetensors", "preprocessor_config.json"
CARD, ONNX = "README.md", "model.onnx"


class Architecture(StrEnum):
    """Which network."""

    RESNET50 = "resnet50"
    EFFICIENTNET_B0 = "efficientnet-b0"
    CONVNEXT_TINY = "convnext-tiny"
    VGG16 = "vgg16"
    SMALL = "small"  #: Ours: a few convolutions, for small pictures and small machines.


@dataclass(frozen=True, kw_only=True)
class Input:
    """What a network takes: a square of the whole photo (both sides resized, bilinear)."""

    side_px: int
    is_grey: bool = False  #: All three channels are given the same luma.
    mean: tuple[float, float, float]  #: Of pixels in 0 .. 1, by channel.
    deviation: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A network with all that is needed to use it. Affect outputs follow those of the classes."""

    network: Any  #: torch module: float32 (n, 3, side, side), scaled, to logits float32 (n, k).
    architecture: Architecture
    input: Input
    classes: tuple[str, ...]
    has_affect: bool = False  #: Two more outputs, valence and arousal before tanh.
    temperature: float = 1.0  #: What logits are divided by; fitted on the valid part.
    facts: Mapping[str, Any]  #: For the card: data set, plan, figures, commands.
