"""Bytes of a photo to pixels: checked, upright, RGB, small, and free of metadata.

Every file, however broken or hostile, ends in pixels or in one of our own errors. Only JPEG, PNG
and WebP decoders are ever asked, so that no file reaches Pillow's PostScript, PDF or FITS code.
"""

import warnings
from typing import BinaryIO

import numpy as np
from PIL import Image

from sightsong.adapters import image_header
from sightsong.core import errors
from sightsong.core.models import Pixels

_ORIENTATION_TAG = 0x0112
_SHARED_WITH_LARGER = 256  # 16-bit steps in one 8-bit step
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to the turn that undoes it; 1 is upright."""


def decode_photo(stream: BinaryIO, *, max_pixels: int, max_side: int = 1024) -> Pixels:
    """Decode the first frame of a photo, upright, on white where it is transparent.

    White stands behind transparent parts because that is what paper and most viewers show. Colour
    profiles are not applied: the pixels are taken as sRGB.

    Args:
        stream: seekable, at the start of a JPEG, PNG or WebP file.
        max_pixels: the most that the header may claim; checked before anything is decoded.
        max_side: longer sides are reduced to this, keeping the shape.

    Returns:
        uint8, (height, width, 3), RGB, contiguous and of its own memory.

    Raises:
        UnsupportedImage: the bytes are of no format that is read; not retried.
        BrokenImage: the bytes are damaged; not retried.
        TooManyPixels: the header claims more than `max_pixels`; not retried.
    """
    with warnings.catch_warnings():
        # Pillow warns of odd metadata, which is dropped here anyway.
        warnings.simplefilter("ignore")
        with image_header.open_image(stream, max_pixels=max_pixels) as image:
            try:
                return _pixels(image, max_side)
            except image_header.BOMB as error:
                raise errors.TooManyPixels from error
            except image_header.DAMAGE as error:
                raise errors.BrokenImage from error


def _pixels(image: Image.Image, max_side: int) -> Pixels:
    scale = max_side / max(image.size)
    if scale < 1:
        # Lets the JPEG decoder skip detail that would be thrown away; other formats ignore it.
        image.draft(None, (round(image.width * scale) or 1, round(image.height * scale) or 1))
    # Before the EXIF is read: for a PNG that loads the pixels too, and its handler would hide that
    # they are damaged.
    image.load()
    turn = _TURNS.get(_orientation(image))
    small = _rgb(image)
    small.thumbnail((max_side, max_side), Image.Resampling.BICUBIC)
    upright = small if turn is None else small.transpose(turn)
    return np.array(upright, dtype=np.uint8)


def _orientation(image: Image.Image) -> int:
    """Read the EXIF orientation; a photo with damaged EXIF counts as upright."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except image_header.DAMAGE:
        return 1
    return value if isinstance(value, int) else 1


def _rgb(image: Image.Image) -> Image.Image:
    """Convert any mode that the three formats have to opaque 8-bit RGB."""
    if image.mode.startswith("I"):
        deep = np.asarray(image).astype(np.int64) // _SHARED_WITH_LARGER
        return Image.fromarray(deep.clip(0, 255).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")
