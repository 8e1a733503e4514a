"""Lite photo affect on real photos: people's ratings, and the same photo in other forms."""

import csv
import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from workers.models.lite import photo


@pytest.fixture(scope="module")
def rated(shared):
    """Every twentieth photo of OASIS, with its ratings."""
    folder = shared / "photos" / "oasis"
    with (folder / "oasis.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::20]
    return [
        (Image.open(folder / row["file"]).convert("RGB"), row["valence_mean"], row["arousal_mean"])
        for row in rows
    ]


def read(image: Image.Image) -> tuple[float, float]:
    affect = photo.read(np.asarray(image)).affect
    return affect.valence, affect.arousal


def compressed(image: Image.Image) -> Image.Image:
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=50)
    return Image.open(kept).convert("RGB")


def smaller(image: Image.Image) -> Image.Image:
    return image.resize((image.width * 4 // 5, image.height * 4 // 5), Image.Resampling.LANCZOS)


def larger(image: Image.Image) -> Image.Image:
    return image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("other", [compressed, smaller, larger, ImageOps.mirror])
def test_a_photo_reads_nearly_alike_in_another_form(rated, other):
    plain = np.array([read(image) for image, _, _ in rated])
    changed = np.array([read(other(image)) for image, _, _ in rated])
    for scale in (0, 1):
        assert np.corrcoef(plain[:, scale], changed[:, scale])[0, 1] > 0.9
    assert np.abs(plain - changed).mean() < 0.06


def test_the_weights_belong_to_these_features(rated):
    """These photos were fitted on: this tells that nothing is mixed up, not how good it is."""
    plain = np.array([read(image) for image, _, _ in rated])
    people = np.array([(float(valence), float(arousal)) for _, valence, arousal in rated])
    for scale in (0, 1):
        assert np.corrcoef(plain[:, scale], people[:, scale])[0, 1] > 0.4
