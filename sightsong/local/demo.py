"""What the demo plays with: the bundled library and photos, or the user's own."""

import hashlib
from importlib import resources
from pathlib import Path

from sightsong.adapters.settings import default_data_dir
from sightsong.core.errors import ConfigurationError

_PHOTO_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def library(folder: Path | None) -> Path:
    """The folder of music to use: the user's, or the bundled one.

    Raises:
        ConfigurationError: there is no such folder.
    """
    chosen = (folder or _bundled("library")).resolve()
    if not chosen.is_dir():
        raise ConfigurationError(f"there is no folder {chosen}")
    return chosen


def photos(given: list[Path]) -> list[Path]:
    """The photos to try: the user's, or the bundled ones.

    Raises:
        ConfigurationError: a photo is not there.
    """
    if not given:
        bundled = _bundled("photos")
        return sorted(path for path in bundled.glob("*") if path.suffix in _PHOTO_ENDINGS)
    for path in given:
        if not path.is_file():
            raise ConfigurationError(f"there is no photo {path}")
    return given


def data_dir(library_folder: Path) -> Path:
    """A data folder for each library, so that demo tracks never mix with the user's own."""
    name = hashlib.sha256(str(library_folder.resolve()).encode()).hexdigest()[:8]
    return default_data_dir() / f"demo-{name}"


def _bundled(name: str) -> Path:
    # The wheel is installed as plain files, so that a resource is a path that a service can read.
    return Path(str(resources.files("demo").joinpath(name)))
