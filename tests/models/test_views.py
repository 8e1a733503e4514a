"""The square copies of a photo are the pixels that transformers' own processors make."""

import subprocess
import sys

import numpy as np
import pytest
from transformers import BlipImageProcessorPil, CLIPImageProcessorPil, ViTImageProcessorPil

from sightsong.core.models import Filter, Fit, Photo, View
from workers.media.views import make_view, view_of

SIZES = [(500, 400), (400, 500), (224, 224), (100, 37), (1024, 300), (3, 5), (1, 1)]
VIEWS = {
    "clip": (View(side_px=224, fit=Fit.CROP, filter=Filter.BICUBIC), CLIPImageProcessorPil),
    "blip": (View(side_px=384, fit=Fit.SQUASH, filter=Filter.BICUBIC), BlipImageProcessorPil),
    "vit": (View(side_px=224, fit=Fit.SQUASH, filter=Filter.BILINEAR), ViTImageProcessorPil),
}


def noise(width: int, height: int) -> np.ndarray:
    rng = np.random.default_rng(width * 10_000 + height)
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_to_the_pixel_what_the_published_processor_makes(name, size):
    view, processor = VIEWS[name]
    pixels = noise(*size)
    plain = processor(do_rescale=False, do_normalize=False)(
        pixels, input_data_format="channels_last"
    )
    expected = np.moveaxis(np.asarray(plain["pixel_values"][0]), 0, -1)
    made = make_view(pixels, view)
    assert made.dtype == np.uint8
    assert np.array_equal(made, expected)


def test_of_a_very_long_photo_the_middle_is_seen():
    pixels = np.zeros((4, 4000, 3), dtype=np.uint8)
    pixels[:, 1990:2010] = 200
    view, _ = VIEWS["clip"]
    made = make_view(pixels, view)
    assert made.shape == (224, 224, 3)
    assert made.min() == made.max() == 200


def test_a_photo_brings_its_view_along_or_it_is_made():
    view, _ = VIEWS["vit"]
    pixels, brought = noise(30, 20), noise(224, 224)
    assert view_of(Photo(pixels=pixels, views={view: brought}), view) is brought
    assert np.array_equal(view_of(Photo(pixels=pixels), view), make_view(pixels, view))


def test_making_views_needs_no_torch():
    code = "import sys, workers.media.views; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
