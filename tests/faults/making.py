"""Photos that a run sends: small, so that there are many in a short time."""

import io
from pathlib import Path

from PIL import Image

DEMO_PHOTOS = sorted((Path(__file__).parents[2] / "demo" / "photos").glob("*.jpg"))
_SIDES_PX = (96, 256, 640)


def photos(sides_px: tuple[int, ...] = _SIDES_PX) -> list[bytes]:
    """Those of the demo in several sizes."""
    made = []
    for path in DEMO_PHOTOS:
        for side in sides_px:
            with Image.open(path) as image:
                image.thumbnail((side, side))
                made.append(_jpeg(image))
    return made


def plain(rgb: tuple[int, int, int]) -> bytes:
    """A photo of one colour."""
    return _jpeg(Image.new("RGB", (64, 64), rgb))


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()
