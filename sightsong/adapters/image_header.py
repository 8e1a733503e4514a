"""Image headers: what kind of image some bytes are and how large, without decoding a pixel."""

import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image

from sightsong.core.errors import BrokenImage, TooManyPixels, UnsupportedImage

#: The only decoders that uploads may reach: no Ghostscript behind EPS, no FITS, no PDF.
FORMATS = ("JPEG", "PNG", "WEBP")

_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with further pictures behind it; its first one is a plain JPEG
    "PNG": "image/png",
    "WEBP": "image/webp",
}
#: What Pillow's parsers raise on damaged headers: besides OSError whatever they trip over.
_PARSE_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


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
    opened = _open(content)
    width, height = opened.size
    if width < 1 or height < 1:
        raise BrokenImage("The image has no pixels.")
    if width * height > max_pixels:
        raise TooManyPixels(
            f"The image has {width} x {height} pixels; at most {max_pixels:,} are taken."
        )
    return ImageHeader(media_type=_MEDIA_TYPES[opened.format or ""], width=width, height=height)


def _open(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels from error
    except _PARSE_ERRORS as error:
        if _looks_supported(content):
            raise BrokenImage from error
        raise UnsupportedImage from error


def _looks_supported(content: bytes) -> bool:
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return is_webp or content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
