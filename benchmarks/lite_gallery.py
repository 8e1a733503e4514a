"""A page of photos with what was read from them and the music that was chosen: to be looked at.

    python -m benchmarks.lite_gallery PHOTOS OUT [--music FOLDER] [--count 10] [--only NAME ...]
        [--ratings CSV]

Starts a service of its own on a free port, takes the music in, sends the photos and writes
`OUT/index.html`, one file that needs no other. `--ratings` is a table with `file`, `valence_mean`,
`arousal_mean` (1 .. 7) and `theme`, as OASIS has it. To look at it as a picture:

    chromium --headless --screenshot=OUT/page.png --window-size=1500,3000 OUT/index.html
"""

import argparse
import csv
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.gallery_page import Shown, page
from benchmarks.throwaway import service_settings
from sightsong.client import Client
from sightsong.local import service

ROOT = Path(__file__).parents[1]
_POLL_S = 0.3
_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}


def main() -> None:
    """Answer and write."""
    asked = _arguments()
    photos = _chosen(asked.photos, asked.only, asked.count)
    ratings = _ratings(asked.ratings)
    with (
        service_settings() as config,
        service.running(config, tell=print) as running,
        Client(running.base_url) as client,
    ):
        running.wait_until_ready(client, timeout_s=120)
        _ingest(client, asked.music)
        shown = [_shown(client, photo, ratings.get(photo.name)) for photo in photos]
    asked.out.mkdir(parents=True, exist_ok=True)
    target = asked.out / "index.html"
    target.write_text(page(shown, heading=f"{len(shown)} photos by the lite profile"))
    print(f"{len(shown)} photos, {target.stat().st_size / 1e6:.1f} MB: {target}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", type=Path, help="a folder of photos")
    parser.add_argument("out", type=Path, help="a folder outside the repository")
    parser.add_argument("--music", type=Path, default=ROOT / "demo" / "library")
    parser.add_argument("--count", type=int, default=10, help="photos, spread over the folder")
    parser.add_argument("--only", nargs="*", default=(), help="file names")
    parser.add_argument("--ratings", type=Path, help="what people said of the photos")
    return parser.parse_args()


def _chosen(folder: Path, only: list[str], count: int) -> list[Path]:
    if only:
        return [folder / name for name in only]
    photos = sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)
    if not photos:
        raise SystemExit(f"{folder} has no photos")
    count = min(count, len(photos))
    return [photos[i * len(photos) // count] for i in range(count)]


def _ratings(table: Path | None) -> dict[str, Mapping[str, str]]:
    if table is None:
        return {}
    with table.open(newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def _ingest(client: Client, music: Path) -> None:
    job = client.ingest(music)
    while not client.ingest_status(job["id"])["done"] or client.indexes()["stale"]:
        time.sleep(_POLL_S)


def _shown(client: Client, photo: Path, rating: Mapping[str, str] | None) -> Shown:
    job = client.wait(client.submit_photo(photo, top_k=3)["id"], timeout_s=120)
    if job["result"] is None:
        raise SystemExit(f"{photo.name}: {job['error']}")
    if rating is None:
        return Shown(photo=photo, answer=job["result"])
    valence, arousal = ((float(rating[f"{name}_mean"]) - 4) / 3 for name in ("valence", "arousal"))
    return Shown(
        photo=photo, answer=job["result"], title=rating["theme"], people=(valence, arousal)
    )


if __name__ == "__main__":
    main()
