"""What a folder of `train emotion` says of its classifier (its layout: `training/trained.py`)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.errors import RunRefused
from training.trained import CONFIG, Input


@dataclass(frozen=True, kw_only=True)
class Described:
    """A classifier, without its weights."""

    architecture: str
    classes: tuple[str, ...]
    has_affect: bool
    input: Input
    temperature: float | None  #: In the weights already; None: not told.

    @property
    def outputs(self) -> int:
        """How many numbers it gives for each picture."""
        return len(self.classes) + 2 * self.has_affect


def is_ours(folder: Path) -> bool:
    """Whether a classifier was trained here: its config.json has what others' lack.

    Raises:
        RunRefused: there is no config.json, or it cannot be read.
    """
    return isinstance(_read(folder / CONFIG).get("sightsong"), dict)


def describe(folder: Path) -> Described:
    """Read what config.json says under `sightsong`, and the labels.

    Raises:
        RunRefused: it is not there, or of no classifier of ours.
    """
    path = folder / CONFIG
    config = _read(path)
    try:
        own, labels = config["sightsong"], config["id2label"]
        return Described(
            architecture=str(own["architecture"]),
            classes=tuple(str(labels[str(at)]) for at in range(len(labels))),
            has_affect=bool(own["affect"]),
            input=_input(own),
            temperature=float(own["temperature"]) if "temperature" in own else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunRefused(f"{path} is of no classifier of ours ({error!r})") from error


def _read(path: Path) -> Mapping[str, Any]:
    try:
        config = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise RunRefused(
            f"{path.parent} holds no {path.name}: name the folder of a run, its best/, or "
            "lite-faces, lite-photos or lite-music"
        ) from error
    except (OSError, ValueError) as error:
        raise RunRefused(f"{path} cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise RunRefused(f"{path} is no JSON object")
    return config


def _input(own: Mapping[str, Any]) -> Input:
    red, green, blue = (float(value) for value in own["mean"])
    reds, greens, blues = (float(value) for value in own["deviation"])
    return Input(
        side_px=int(own["side_px"]),
        is_grey=bool(own["grey"]),
        mean=(red, green, blue),
        deviation=(reds, greens, blues),
    )
