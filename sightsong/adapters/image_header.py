"""Image headers: what kind of image some bytes are and how large, without decoding a pixel.

Both the door and the workers open uploads here and nowhere else, so that no byte reaches a decoder
that the other would have refused.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from sightsong.core import sniff
from sightsong.core.errors import BrokenImage, TooManyPixels, UnsupportedImage

#: The only decoders that uploads may reach: no Ghostscript behind EPS, no FITS, no PDF.
_FORMATS = ("JPEG", "PNG", "WEBP")

#: What Pillow raises on damaged bytes: besides OSError whatever its parsers trip over.
DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,  # Pillow's word for a header that cannot be parsed
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
#: What it raises, or warns of, when a header claims more pixels than anybody should decode.
BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, kw_only=True)
class ImageHeader:
    """What an image says of itself."""

    media_type: str  #: As its bytes show, whatever the sender claims.
    width: int
    height: int


def read_header(content: bytes, *, max_pixels: int) -> ImageHeader:
    """Read the header of a JPEG, PNG or WebP.

    Raises:
        UnsupportedImage: the bytes are none of these.
        BrokenImage: they begin like one, but the header is damaged.
        TooManyPixels: the image is larger than `max_pixels`.
    """
    opened = open_image(io.BytesIO(content), max_pixels=max_pixels)
    width, height = opened.size
    return ImageHeader(media_type=sniff.media_type(content), width=width, height=height)


def open_image(stream: BinaryIO, *, max_pixels: int) -> Image.Image:
    """Open a JPEG, PNG or WebP of a bearable size; nothing is decoded yet.

    Args:
        stream: seekable, at its start.
        max_pixels: the most that the header may claim.

    Raises:
        UnsupportedImage: the bytes are none of these.
        BrokenImage: they begin like one, but the header is damaged.
        TooManyPixels: the image is larger than `max_pixels`.
    """
    head = stream.read(sniff.HEAD_BYTES)
    stream.seek(0)
    if sniff.media_type(head) == sniff.UNKNOWN:
        raise UnsupportedImage
    try:
        opened = Image.open(stream, formats=_FORMATS)
    except BOMB as error:
        raise TooManyPixels from error
    except DAMAGE as error:
        raise BrokenImage from error
    _check_size(opened, max_pixels)
    return opened


def _check_size(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise BrokenImage("The image has no pixels.")
    if width * height > max_pixels:
        raise TooManyPixels(
            f"The image has {width} x {height} pixels; at most {max_pixels:,} are taken."
        )
