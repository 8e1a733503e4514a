"""How photos become the input of a classifier, from the folder that the classifier lies in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sightsong.adapters.weights import own
from sightsong.core.models import Filter, Fit, Photo, Pixels, View
from workers.media import views
from workers.models.scales import IMAGENET, Scale, Triple

_SIDE_PX = 224
#: More has no classifier of ours; a batch of such squares would not fit into memory.
_MOST_SIDE_PX = 1024
#: Pillow's numbers of the filters, as preprocessor files have them.
_FILTERS = {2: Filter.BILINEAR, 3: Filter.BICUBIC}
#: From this side on such models take the whole photo, squashed (transformers' ConvNeXt processor).
_SQUASHED_FROM_PX = 384


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How photos become this model's input."""

    view: View
    crop_px: int  #: The middle of the view that the model sees.
    is_grey: bool = False  #: The model takes three times the luma.
    scale: Scale

    def squares(self, photos: Sequence[Photo]) -> list[Pixels]:
        """Cut what the model sees of each photo: uint8, (crop, crop, 3), RGB."""
        off = (self.view.side_px - self.crop_px) // 2
        middle = slice(off, off + self.crop_px)
        cut = (views.view_of(photo, self.view)[middle, middle] for photo in photos)
        return [_grey(square) if self.is_grey else square for square in cut]


def read_preparation(folder: Path) -> Preparation:
    """Read how photos are prepared; without a file, or where it is silent, as for ImageNet.

    Raises:
        ConfigurationError: the file asks for what is not done here.
    """
    path = folder / own.PREPARATION
    wanted = own.read_object(path) if path.is_file() else {}
    try:
        side, crop, fit = _sizes(wanted)
        view = View(side_px=side, fit=fit, filter=_FILTERS[wanted.get("resample", 2)])
        return Preparation(
            view=view,
            crop_px=crop,
            is_grey=bool(wanted.get("do_grayscale", False)),
            scale=_scale(wanted),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise own.unusable(f"{path.name} asks for what is not supported ({error!r})") from error


def _sizes(wanted: Mapping[str, Any]) -> tuple[int, int, Fit]:
    """The side of the view, of the middle that is seen, and whether the shape is kept."""
    side, crop, fit = _wanted_sizes(wanted)
    if not 0 < crop <= side <= _MOST_SIDE_PX:
        raise ValueError(f"crop_size is larger than size, or size than {_MOST_SIDE_PX}")
    return side, crop, fit


def _wanted_sizes(wanted: Mapping[str, Any]) -> tuple[int, int, Fit]:
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
    return int(size["height"] if isinstance(size, Mapping) else size)


def _scale(wanted: Mapping[str, Any]) -> Scale:
    mean = _triple(wanted.get("image_mean", IMAGENET.mean))
    deviation = _triple(wanted.get("image_std", IMAGENET.deviation))
    if not np.isfinite((mean, deviation)).all() or min(map(abs, deviation)) <= 0:
        raise ValueError("image_mean or image_std is no scale")
    return Scale(mean=mean, deviation=deviation)


def _triple(values: Sequence[float]) -> Triple:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _grey(square: Pixels) -> Pixels:
    luma = cv2.cvtColor(np.ascontiguousarray(square), cv2.COLOR_RGB2GRAY)
    grey: Pixels = cv2.cvtColor(luma, cv2.COLOR_GRAY2RGB)
    return grey
