"""Photos: whatever the bytes are, there are small upright RGB pixels or one of our errors."""

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sightsong.core import errors
from workers.media.images import decode_photo

CORPUS = Path(__file__).parents[5] / "shared" / "data" / "hostile" / "images"
MOST_PIXELS = 40_000_000
LEFT_RED = np.zeros((20, 40, 3), dtype=np.uint8)
LEFT_RED[:, :20, 0] = 255


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    stream.seek(0)
    return stream


def decoded(image: Image.Image, kind: str = "PNG", **options: object) -> np.ndarray:
    return decode_photo(encoded(image, kind, **options), max_pixels=MOST_PIXELS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_format_becomes_rgb_pixels(kind):
    pixels = decoded(Image.new("RGB", (30, 20), (200, 100, 50)), kind, quality=95)
    assert pixels.shape == (20, 30, 3)
    assert pixels.dtype == np.uint8
    assert pixels.mean(axis=(0, 1)) == pytest.approx([200, 100, 50], abs=4)


@pytest.mark.parametrize(
    ("orientation", "red"),
    [
        (1, "left"),
        (2, "right"),
        (3, "right"),
        (4, "left"),
        (5, "top"),
        (6, "top"),
        (7, "bottom"),
        (8, "bottom"),
    ],
)
def test_a_photo_is_turned_upright_as_its_exif_says(orientation, red):
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decoded(Image.fromarray(LEFT_RED), "PNG", exif=exif)
    half = {
        "left": pixels[:, : pixels.shape[1] // 2],
        "right": pixels[:, pixels.shape[1] // 2 :],
        "top": pixels[: pixels.shape[0] // 2],
        "bottom": pixels[pixels.shape[0] // 2 :],
    }[red]
    assert (half[..., 0] == 255).all()
    assert (pixels[..., 0] == 255).mean() == 0.5


def test_damaged_exif_does_not_spoil_the_photo():
    pixels = decoded(Image.fromarray(LEFT_RED), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    assert pixels.shape == (20, 40, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_white_stands_behind_what_is_transparent(mode):
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0)).convert(mode)
    options = {"transparency": 0} if mode == "P" else {}
    assert (decoded(clear, **options) == 255).all()


@pytest.mark.parametrize(
    ("image", "kind", "expected"),
    [
        (Image.fromarray(np.full((4, 4), 32_768, dtype=np.uint16)), "PNG", 128),
        (Image.new("1", (4, 4), 1), "PNG", 255),
        (Image.new("L", (4, 4), 90), "PNG", 90),
        (Image.new("P", (4, 4), 0), "PNG", 0),
        (Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "JPEG", 0),
    ],
    ids=["16 bit", "1 bit", "grey", "palette", "CMYK"],
)
def test_other_modes_become_eight_bit_rgb(image, kind, expected):
    pixels = decoded(image, kind)
    assert pixels.shape[2] == 3
    assert pixels.mean() == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_long_side_is_reduced_and_the_shape_kept(kind):
    pixels = decoded(Image.new("RGB", (3000, 1500)), kind)
    assert pixels.shape == (512, 1024, 3)


def test_a_thin_strip_keeps_at_least_one_pixel():
    assert decoded(Image.new("RGB", (5000, 2))).shape == (1, 1024, 3)


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    pixels = decoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert pixels[0, 0].tolist() == [255, 0, 0]


def test_a_header_that_claims_too_much_is_refused_before_decoding():
    bomb = encoded(Image.new("1", (12_000, 12_000)))
    with pytest.raises(errors.TooManyPixels, match="12000 x 12000"):
        decode_photo(bomb, max_pixels=MOST_PIXELS)


def test_a_header_beyond_what_pillow_takes_is_refused_as_well():
    bomb = encoded(Image.new("1", (20_000, 20_000)))
    with pytest.raises(errors.TooManyPixels):
        decode_photo(bomb, max_pixels=MOST_PIXELS)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "PPM", "EPS", "PDF", "ICO"])
def test_other_formats_are_refused_by_name(kind):
    with pytest.raises(errors.UnsupportedImage):
        decoded(Image.new("RGB", (16, 16)), kind)


@pytest.mark.parametrize("content", [b"", b"\x00", b"hello, world, this is no photo"])
def test_what_is_no_image_is_refused(content):
    with pytest.raises(errors.UnsupportedImage):
        decode_photo(io.BytesIO(content), max_pixels=MOST_PIXELS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_cut_in_half_is_broken(kind):
    noise = np.random.RandomState(0).randint(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = encoded(Image.fromarray(noise), kind).getvalue()
    with pytest.raises(errors.BrokenImage):
        decode_photo(io.BytesIO(whole[: len(whole) // 2]), max_pixels=MOST_PIXELS)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_flipped_bytes_end_in_pixels_or_in_one_of_our_errors(data, kind):
    content = bytearray(encoded(Image.fromarray(LEFT_RED), kind).getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = decode_photo(io.BytesIO(bytes(content)), max_pixels=MOST_PIXELS)
    except errors.InputError:
        return
    assert pixels.ndim == 3
    assert max(pixels.shape[:2]) <= 1024


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of hostile images is not here")
def test_every_hostile_image_ends_in_pixels_or_in_one_of_our_errors():
    with (CORPUS / "manifest.csv").open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    ends: Counter[str] = Counter()
    for name in names:
        try:
            with (CORPUS / name).open("rb") as stream:
                pixels = decode_photo(stream, max_pixels=MOST_PIXELS)
            assert pixels.dtype == np.uint8, name
            ends["pixels"] += 1
        except errors.InputError as error:
            ends[error.code] += 1
    assert ends == {"pixels": 133, "unsupported_image": 384, "image_broken": 8}


@pytest.mark.parametrize("where", range(1, 20))
def test_a_png_with_one_flipped_bit_in_its_pixels_is_broken_and_not_half_shown(where):
    noise = np.random.RandomState(where).randint(0, 255, (40, 60, 3), dtype=np.uint8)
    content = bytearray(encoded(Image.fromarray(noise)).getvalue())
    start, end = content.index(b"IDAT") + 4, content.index(b"IEND") - 8
    content[start + (end - start) * where // 20] ^= 1
    with pytest.raises(errors.BrokenImage):
        decode_photo(io.BytesIO(bytes(content)), max_pixels=MOST_PIXELS)
