"""Square copies of a photo, as the models want them: made where it is decoded, ahead of a model.

Pillow resamples, and smooths when it reduces: the pixels are those that the published processors of
these models make. Nothing here needs torch.
"""

import numpy as np
from PIL import Image

from sightsong.core.models import Filter, Fit, Photo, Pixels, View

_FILTERS = {
    Filter.BILINEAR: Image.Resampling.BILINEAR,
    Filter.BICUBIC: Image.Resampling.BICUBIC,
}

#: Times its short side that a photo may be long before its ends are left out ahead of the rest.
_LONGEST = 8


def make_view(pixels: Pixels, view: View) -> Pixels:
    """Make a square copy.

    Args:
        pixels: uint8, (height, width, 3), RGB; of any size.
        view: which.

    Returns:
        uint8, (side, side, 3), RGB, contiguous.
    """
    image = _bounded(Image.fromarray(np.ascontiguousarray(pixels)), view.fit)
    side = view.side_px
    size = (side, side) if view.fit is Fit.SQUASH else _covering(image.width, image.height, side)
    small = image.resize(size, _FILTERS[view.filter])
    left, above = (small.width - side) // 2, (small.height - side) // 2
    return np.asarray(small.crop((left, above, left + side, above + side)), dtype=np.uint8)


def view_of(photo: Photo, view: View) -> Pixels:
    """Take the copy that a photo brought along, or make it now."""
    made = photo.views.get(view)
    return make_view(photo.pixels, view) if made is None else made


def _bounded(image: Image.Image, fit: Fit) -> Image.Image:
    """Take the middle of a very long photo: else one of 1 x 1,024 px would swell to 150 MB."""
    most = _LONGEST * min(image.size)
    if fit is Fit.SQUASH or max(image.size) <= most:
        return image
    width, height = min(image.width, most), min(image.height, most)
    left, above = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, above, left + width, above + height))


def _covering(width: int, height: int, side: int) -> tuple[int, int]:
    """The size with the same shape whose short side is that; the long one is cut, not rounded."""
    if width <= height:
        return side, int(side * height / width)
    return int(side * width / height), side
