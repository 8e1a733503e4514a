"""Write the pictures as JPEG files.

The pixels depend only on this package and on the numpy, scipy and Pillow that run it: same
versions, same bytes.
"""

from pathlib import Path

from demo.pictures import meadow, neon, storm, sunset

PHOTOS = {
    "sunset-sea": sunset.draw,
    "storm": storm.draw,
    "neon-night": neon.draw,
    "spring-meadow": meadow.draw,
}

_QUALITY = 85


def write_photos(folder: Path) -> list[Path]:
    """Draw every photo into `folder`; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, draw in PHOTOS.items():
        path = folder / f"{name}.jpg"
        draw().save(path, quality=_QUALITY, optimize=True, progressive=True)
        written.append(path)
    return written
