"""Photos: the look at the header in the API, then the decoding in a worker, with a model's view."""

import io

import numpy as np
from PIL import Image

from sightsong.adapters import image_header
from sightsong.core.errors import InputError
from sightsong.core.models import Filter, Fit, View
from tests.fuzz.door import Door
from workers.media import images, views

_MOST_PIXELS = 250_000
_MOST_SIDE = 64
_VIEW = View(side_px=8, fit=Fit.CROP, filter=Filter.BILINEAR)
_TYPES = ("image/jpeg", "image/png", "image/webp")


def knock(content: bytes) -> bool:
    """Read the header of a photo and decode it; refused or not, within its bounds."""
    try:
        header = image_header.read_header(content, max_pixels=_MOST_PIXELS)
        pixels = images.decode_photo(
            io.BytesIO(content), max_pixels=_MOST_PIXELS, max_side=_MOST_SIDE
        )
    except InputError:
        return False
    assert header.media_type in _TYPES
    assert 0 < header.width * header.height <= _MOST_PIXELS
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert 0 < max(pixels.shape[:2]) <= _MOST_SIDE
    assert views.make_view(pixels, _VIEW).shape == (8, 8, 3)
    return True


def seeds() -> dict[str, bytes]:
    """Small photos of each format and mode, with and without metadata."""
    colours = np.arange(12 * 10 * 4, dtype=np.uint8).reshape(10, 12, 4)
    picture = Image.fromarray(colours)
    turned = Image.Exif()
    turned[0x0112] = 6
    return {
        "jpeg": _saved(picture.convert("RGB"), "JPEG"),
        "jpeg-turned": _saved(picture.convert("RGB"), "JPEG", exif=turned),
        "jpeg-progressive": _saved(picture.convert("RGB"), "JPEG", progressive=True),
        "jpeg-grey": _saved(picture.convert("L"), "JPEG", comment=b"hello"),
        "jpeg-cmyk": _saved(picture.convert("CMYK"), "JPEG"),
        "png-clear": _saved(picture, "PNG", exif=turned),
        "png-palette": _saved(picture.convert("P"), "PNG", transparency=3),
        "png-deep": _saved(Image.fromarray(colours[..., 0].astype(np.uint16) * 257), "PNG"),
        "png-moving": _saved(picture, "PNG", save_all=True, append_images=[picture.rotate(90)]),
        "webp": _saved(picture, "WEBP"),
        "webp-exact": _saved(picture, "WEBP", lossless=True, exif=turned),
        "webp-moving": _saved(picture, "WEBP", save_all=True, append_images=[picture.rotate(90)]),
    }


def _saved(picture: Image.Image, kind: str, **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **more)
    return file.getvalue()


DOOR = Door(
    knock=knock,
    seeds=seeds,
    words=(
        *(b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"zTXt"),
        *(b"RIFF", b"WEBPVP8 ", b"WEBPVP8L", b"WEBPVP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF"),
        *(b"\xff\xd8", b"\xff\xc0", b"\xff\xc2", b"\xff\xda", b"\xff\xe1", b"Exif\0\0", b"MPF\0"),
    ),
)
