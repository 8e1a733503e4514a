"""Where the pictures of a data set are: in memory, or in files that are decoded when asked for."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters import image_header
from sightsong.core import errors
from sightsong.core.models import Pixels
from training.errors import DataRefused
from training.samples import Chosen, Pictures
from workers.media import images

#: A photo may claim so many; the service's own limit is of this size, too.
MAX_PIXELS = 50_000_000
#: Longer sides are reduced to this: no network here takes more, and decoding takes far less.
_MAX_SIDE_PX = 512
_CHANNELS = 3
#: How the names of picture files end; other files in a folder are passed over.
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


class InMemory:
    """Pictures of one size that are all in memory.

    Args:
        values: uint8, (n, height, width) grey, or (n, height, width, 3) RGB.
    """

    def __init__(self, values: NDArray[np.uint8]) -> None:
        self.values = values

    def __len__(self) -> int:
        """How many there are."""
        return len(self.values)

    def __getitem__(self, at: int) -> Pixels:
        """Give one; a grey one with three equal channels."""
        value = self.values[at]
        if value.ndim == _CHANNELS:
            return np.array(value)
        return np.repeat(value[:, :, np.newaxis], _CHANNELS, axis=2)


class Files:
    """Pictures in files, decoded as the service decodes a photo.

    Args:
        root: the folder that names are relative to.
        names: of the files, with `/` between folders.
    """

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self._root = root
        self._names = tuple(names)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._names)

    def __getitem__(self, at: int) -> Pixels:
        """Decode one, upright.

        Raises:
            DataRefused: it cannot be read or decoded; names it.
        """
        path = self._root / self._names[at]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataRefused(f"{path} cannot be read: {error.strerror or error}.") from error
        try:
            return images.decode_photo(
                io.BytesIO(content), max_pixels=MAX_PIXELS, max_side=_MAX_SIDE_PX
            )
        except errors.InputError as error:
            raise DataRefused(f"{path} cannot be decoded: {error}") from error


def in_memory(pictures: Pictures) -> NDArray[np.uint8] | None:
    """Give pictures as one array, where they are in memory already; else None.

    Returns:
        uint8, (n, height, width) grey, or (n, height, width, 3) RGB.
    """
    if isinstance(pictures, InMemory):
        return pictures.values
    if isinstance(pictures, Chosen):
        held = in_memory(pictures.pictures)
        return None if held is None else held[pictures.places]
    return None


def wrong_with(path: Path) -> str | None:
    """Say why a file is no picture, by its first bytes; None: it looks like one."""
    try:
        with path.open("rb") as stream:
            image_header.open_image(stream, max_pixels=MAX_PIXELS)
    except (FileNotFoundError, IsADirectoryError):
        return "is not there"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    except ValueError:  # a NUL character
        return "is no name that a file can have"
    except errors.InputError as error:
        return f"cannot be decoded: {error}"
    return None
