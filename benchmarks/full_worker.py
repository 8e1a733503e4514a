"""The full profile with all of its models, or with captions and text only: for benchmarks.

    python -m benchmarks.full_worker --work captions      run a worker so, as a service would
    python -m benchmarks.full_worker --work all --bare 64   photos per minute of a bare batched loop

The bare loop decodes beforehand and sees no queue and no database: what it does is the same.
"""

import argparse
import itertools
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.nothing import NoLibrary
from sightsong.adapters import logs, memory, settings, wiring
from sightsong.core import models
from sightsong.core.affect import EmotionReading
from sightsong.core.catalogue import Task
from sightsong.core.photos import Captions
from workers import app, device
from workers.media import images, views
from workers.models.full.captions import BlipCaptioner
from workers.models.full.text import ClapText
from workers.models.stub import stub_profile
from workers.pipeline import PhotoPipeline, PhotoWish

_WISH = PhotoWish()


def main() -> None:
    """Run a worker, or the bare loop."""
    asked = _arguments()
    config = settings.load()
    if asked.bare:
        print(f"{_bare(load(config, asked.work), asked.photos, asked.bare, asked.batch):.2f}")
        return
    logs.setup("worker")
    app.serve(config, lambda config: load(config, asked.work))


def load(config: settings.Settings, work: str) -> models.Profile:
    """Load the full profile; with `captions` as work, only what a caption and its vector take."""
    if work == "all":
        profile = app.load_profile(config)
        return replace(profile, caption=Numbered(profile.caption))
    found = wiring.find_models(config)
    place = device.choose(config.device, precision=config.precision, threads=config.model_threads)
    captions = BlipCaptioner(found[Task.CAPTION], place, is_emotional=False)
    text = ClapText(found[Task.MUSIC], place)
    return replace(
        stub_profile(),
        name="full",
        device=place.name,
        photo_side_px=1024,
        views=(captions.view,),
        has_seeing_captions=True,
        caption=Numbered(captions),
        text=text,
        audio=_silent(text),
    )


def _silent(text: ClapText) -> models.AudioModel:
    """An audio model that is never asked, in the space of the text."""
    audio = stub_profile().audio
    audio.space = text.space
    return audio


class Numbered:
    """A captioner whose captions all differ, as those of real photos do and random weights' do not.

    Vectors of phrases that recur are remembered, and the vector of a caption must be paid for.
    """

    def __init__(self, captioner: models.CaptionModel) -> None:
        self.card = captioner.card
        self._captioner = captioner
        self._count = itertools.count()

    def caption(
        self, photos: Sequence[models.Photo], emotions: Sequence[EmotionReading]
    ) -> list[Captions]:
        """Caption the photos, and number the plain captions."""
        written = self._captioner.caption(photos, emotions)
        return [replace(pair, plain=f"{next(self._count)} {pair.plain}") for pair in written]


def _bare(profile: models.Profile, folder: Path, count: int, size: int) -> float:
    pipeline = PhotoPipeline(profile, NoLibrary(), memory.open_stores().tracks)
    photos = [_decoded(path, profile) for path in sorted(folder.glob("*.jpg"))]
    # Photos anew: models remember what they made of one.
    anew = [replace(photos[i % len(photos)]) for i in range(count)]
    batches = [anew[at : at + size] for at in range(0, count - size + 1, size)]
    pipeline.answer(batches[0], [_WISH] * size)  # warm up
    began = time.perf_counter()
    for batch in batches[1:]:
        pipeline.answer(batch, [_WISH] * size)
    return 60 * size * (len(batches) - 1) / (time.perf_counter() - began)


def _decoded(path: Path, profile: models.Profile) -> models.Photo:
    with path.open("rb") as file:
        pixels = images.decode_photo(file, max_pixels=10**8, max_side=profile.photo_side_px)
    made = {view: views.make_view(pixels, view) for view in profile.views}
    return models.Photo(pixels=pixels, views=made)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", choices=["captions", "all"], default="all")
    parser.add_argument("--bare", type=int, default=0, help="photos of the bare loop")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--photos", type=Path, default=Path(__file__).parents[1] / "demo/photos")
    return parser.parse_args()


if __name__ == "__main__":
    main()
