"""Regenerate every demo track and photo: `python -m demo` (a few minutes, no network)."""

import sys
from pathlib import Path

from demo.music import tracks
from demo.pictures import photos

HERE = Path(__file__).parent


def main() -> int:
    """Write `demo/library/*.ogg` and `demo/photos/*.jpg`, telling each file and its size."""
    written = [*tracks.write_library(HERE / "library"), *photos.write_photos(HERE / "photos")]
    for path in written:
        sys.stdout.write(f"{path.stat().st_size / 1024:7.1f} KiB  {path.relative_to(HERE)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
