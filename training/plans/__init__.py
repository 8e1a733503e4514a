"""What a training run is to do, in chapters; each field says what it is for.

The words here are those of the YAML file, of the flags and of their help.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from training.trained import Architecture


class ShareLoss(StrEnum):
    """What is made small where classes are learned."""

    KL = "kl"  #: Kullback-Leibler divergence of what is read from the shares that people gave.
    CROSS_ENTROPY = "cross-entropy"  #: Only the most frequent class of each sample counts.


class AffectLoss(StrEnum):
    """What is made small where valence and arousal are learned."""

    MSE = "mse"  #: Mean squared error.
    CCC = "ccc"  #: 1 - concordance correlation (Lin 1989): also the spread must be right.


class Optimiser(StrEnum):
    """How weights are moved."""

    ADAMW = "adamw"
    SGD = "sgd"  #: With momentum 0.9 (Nesterov).


class Precision(StrEnum):
    """Which arithmetic the network runs in while it learns."""

    AUTO = "auto"  #: bf16 where the device is fast at it, else fp32.
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"  #: CUDA only; gradients are scaled.


@dataclass(frozen=True, kw_only=True)
class Data:
    """How the data set is read and shared out."""

    form: Annotated[
        str, "auto: what it looks like; or emotion6, fer2013, folders, ferplus, oasis, table"
    ] = "auto"
    neutral: Annotated[bool, "of Emotion6: keep neutral as a seventh class"] = False
    valid: Annotated[float, "share of the pictures that choose the epoch"] = 0.1
    test: Annotated[float, "share of the pictures that are kept for the report"] = 0.1
    parts_seed: Annotated[int, "another one gives other parts; parts that a set has stay"] = 0


@dataclass(frozen=True, kw_only=True)
class Network:
    """Which network learns."""

    architecture: Annotated[Architecture, "which network"] = Architecture.RESNET50
    backbone: Annotated[
        Path | None,
        "folder with weights that were trained elsewhere (config.json and model.safetensors, as "
        "transformers writes them); without it, training begins from random weights",
    ] = None
    frozen: Annotated[
        bool,
        "keep the trunk as it is and learn the head alone; what the trunk makes of each picture is "
        "computed once, so this is many times faster; needs --backbone",
    ] = False
    side_px: Annotated[
        int, "side of the square that the network takes; 0: the architecture's own"
    ] = 0
    grey: Annotated[bool, "make the pictures grey first, as faces of FER are"] = False
    dropout: Annotated[float, "share of the head's inputs that are left out at random"] = 0.2


@dataclass(frozen=True, kw_only=True)
class Course:
    """How long, how fast and in which arithmetic it learns."""

    epochs: Annotated[int, "times that every picture is seen, at most"] = 30
    batch: Annotated[int, "pictures in one step"] = 32
    optimiser: Annotated[Optimiser, "how weights are moved"] = Optimiser.ADAMW
    rate: Annotated[float, "learning rate of the head at its highest"] = 1e-3
    trunk_rate: Annotated[float, "times --rate that the trunk learns at"] = 0.1
    decay: Annotated[float, "weight decay; norms and biases have none"] = 1e-4
    warmup_epochs: Annotated[
        float, "epochs until the rate is at its highest; then half a cosine"
    ] = 1.0
    patience: Annotated[int, "epochs without a better one after which it stops; 0: never"] = 8
    average: Annotated[
        float, "decay per step of the moving average of the weights, which is what is kept; 0: none"
    ] = 0.99
    clip: Annotated[float, "longest gradient that moves weights as it is; 0: any"] = 1.0
    precision: Annotated[Precision, "arithmetic while it learns"] = Precision.AUTO
    device: Annotated[str, "auto, cpu, cuda or cuda:N"] = "auto"
    threads: Annotated[int, "threads on the CPU; 0: one for each core that it may use"] = 0
    seed: Annotated[
        int, "of the weights, the order and the augmentation; the same gives the same"
    ] = 0


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What it learns."""

    loss: Annotated[ShareLoss, "what is made small for the classes"] = ShareLoss.KL
    class_weights: Annotated[bool, "let rare classes count more in the loss"] = False
    balanced: Annotated[bool, "draw pictures of rare classes more often"] = False
    smoothing: Annotated[float, "part of each row of shares that is spread over all classes"] = 0.0
    affect: Annotated[
        AffectLoss | None,
        "learn valence and arousal too, by this loss; the data set must tell them",
    ] = None
    affect_weight: Annotated[float, "what the loss of valence and arousal counts beside 1"] = 1.0


@dataclass(frozen=True, kw_only=True)
class Augment:
    """How pictures vary while it learns; each draws anew every time."""

    flip: Annotated[bool, "mirror half of them"] = True
    shift: Annotated[float, "moved by up to this share of the side"] = 0.05
    scale: Annotated[float, "made larger or smaller by up to this share"] = 0.1
    rotate_deg: Annotated[float, "turned by up to this many degrees"] = 8.0
    light: Annotated[float, "brightness and contrast changed by up to this share, each"] = 0.2
    erase: Annotated[float, "chance that a random box of up to a third of each side is greyed"] = (
        0.2
    )
    views: Annotated[
        int, "with a frozen trunk: ways that each picture is kept in, one as it is"
    ] = 4


#: Nothing varies.
STILL = Augment(flip=False, shift=0, scale=0, rotate_deg=0, light=0, erase=0, views=1)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole run."""

    data: Data = Data()
    network: Network = Network()
    course: Course = Course()
    aim: Aim = Aim()
    augment: Augment = Augment()
