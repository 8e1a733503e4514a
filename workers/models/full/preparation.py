"""How photos become the input of a classifier, from the folder that the classifier lies in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightsong.core.errors import ConfigurationError
from sightsong.core.models import Filter, Fit, View
from workers.models.full import pixels

#: What names the folder.
SETTING = "SIGHTSONG_EMOTION_CHECKPOINT"

_SIDE_PX = 224
#: Pillow's numbers of the filters, as preprocessor files have them.
_FILTERS = {2: Filter.BILINEAR, 3: Filter.BICUBIC}
#: From this side on such models take the whole photo, squashed (transformers' ConvNeXt processor).
_SQUASHED_FROM_PX = 384


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How photos become this model's input."""

    view: View
    crop_px: int  #: The middle of the view that the model sees.
    scale: pixels.Scale


def read_preparation(folder: Path) -> Preparation:
    """Read how photos are prepared; without a file, or where it is silent, as for ImageNet.

    Raises:
        ConfigurationError: the file asks for what is not done here.
    """
    path = folder / "preprocessor_config.json"
    wanted = read_object(path) if path.is_file() else {}
    try:
        side, crop, fit = _sizes(wanted)
        view = View(side_px=side, fit=fit, filter=_FILTERS[wanted.get("resample", 2)])
        mean, deviation = (
            _triple(wanted.get(f"image_{name}", usual))
            for name, usual in (("mean", pixels.IMAGENET.mean), ("std", pixels.IMAGENET.deviation))
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise unusable(f"{path.name} asks for what is not supported ({error!r})") from error
    return Preparation(view=view, crop_px=crop, scale=pixels.Scale(mean=mean, deviation=deviation))


def read_object(path: Path) -> Mapping[str, Any]:
    """Read a JSON object.

    Raises:
        ConfigurationError: the file is not there, or no such thing.
    """
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise unusable(f"{path} cannot be read") from error
    if not isinstance(values, dict):
        raise unusable(f"{path.name} is no JSON object")
    return values


def unusable(reason: str) -> ConfigurationError:
    """Say what is wrong with the folder."""
    return ConfigurationError(f"{SETTING}: {reason}")


def _sizes(wanted: Mapping[str, Any]) -> tuple[int, int, Fit]:
    """The side of the view, of the middle that is seen, and whether the shape is kept."""
    size = wanted.get("size", _SIDE_PX)
    if isinstance(size, Mapping) and "height" in size:
        side = int(size["height"])
        if side != int(size["width"]):
            raise ValueError("size is no square")
        return side, _crop(wanted, side), Fit.SQUASH
    side = int(size["shortest_edge"] if isinstance(size, Mapping) else size)
    share = wanted.get("crop_pct")
    if share is None:
        return side, _crop(wanted, side), Fit.CROP
    if side >= _SQUASHED_FROM_PX:
        return side, side, Fit.SQUASH
    return int(side / share), side, Fit.CROP


def _crop(wanted: Mapping[str, Any], side: int) -> int:
    size = wanted.get("crop_size", side) if wanted.get("do_center_crop", True) else side
    crop = int(size["height"] if isinstance(size, Mapping) else size)
    if not 0 < crop <= side:
        raise ValueError("crop_size is larger than size")
    return crop


def _triple(values: Sequence[float]) -> pixels.Triple:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
