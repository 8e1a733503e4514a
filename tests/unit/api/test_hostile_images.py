"""Images that are damaged, lying or absurd: each is taken or refused, none breaks the door."""

import csv
import zlib
from collections import Counter
from pathlib import Path

import pytest

from api import errors
from sightsong.adapters.image_header import read_header
from sightsong.core.errors import BrokenImage, TooManyPixels, UnsupportedImage
from tests.unit.api.asking import image_bytes

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "hostile" / "images"
REFUSALS = {
    "unsupported_image": 415,
    "image_too_large": 413,
    "image_broken": 422,
    "too_many_pixels": 422,
    "invalid_request": 422,  # an empty file
}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of hostile images is not here")
@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow warns of what it reads in spite of
def test_every_hostile_image_is_taken_or_refused_with_a_documented_code(make):
    with (CORPUS / "manifest.csv").open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    caller = make(max_image_bytes=20 * 2**20, max_image_pixels=40_000_000, queue_limit=10_000)
    ends: Counter[str] = Counter()
    for name in names:
        answer = caller.submit((CORPUS / name).read_bytes())
        end = "accepted" if answer.status_code == 202 else answer.json()["code"]
        assert end == "accepted" or REFUSALS[end] == answer.status_code, name
        ends[end] += 1

    assert len(names) > 500
    assert ends["accepted"] > 0
    assert ends["unsupported_image"] > 0


def test_every_refusal_of_an_image_is_in_the_table():
    assert {code: errors.STATUS[code] for code in REFUSALS} == REFUSALS


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("MPO", "image/jpeg")],
)
def test_a_header_tells_kind_and_size(kind, media_type):
    header = read_header(image_bytes(kind, (31, 17)), max_pixels=31 * 17)

    assert (header.media_type, header.width, header.height) == (media_type, 31, 17)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO"])
def test_other_kinds_are_not_even_opened(kind):
    with pytest.raises(UnsupportedImage):
        read_header(image_bytes(kind, (16, 16)), max_pixels=10**6)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_header_that_is_cut_short_is_called_broken(kind):
    with pytest.raises(BrokenImage):
        read_header(image_bytes(kind)[:16], max_pixels=10**6)


@pytest.mark.parametrize("side", [7_000, 12_000, 60_000])
def test_a_bomb_is_refused_by_its_header_alone(side):
    png = bytearray(image_bytes("PNG"))
    png[16:24] = side.to_bytes(4, "big") * 2
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
    with pytest.raises(TooManyPixels):
        read_header(bytes(png), max_pixels=40_000_000)


def test_an_image_without_pixels_is_broken():
    jpeg = bytearray(image_bytes("JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = bytes(4)
    with pytest.raises(BrokenImage):
        read_header(bytes(jpeg), max_pixels=10**6)
