"""CLIP equals transformers' own path at batch 1, and sees each photo once."""

import gc
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
import torch
from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizerFast

from sightsong.core.catalogue import Task
from sightsong.core.models import Photo, Pixels, View
from workers.media.views import make_view
from workers.models.full import pixels
from workers.models.full.clip import MOST_TOKENS, Clip

SIZES = [(500, 400), (64, 200), (224, 224), (1024, 300), (7, 9)]
TEXTS = (
    "a photo of a dog",
    "",
    "an anxious scene with rain running down a window under a grey sky in the evening",
    " ".join(["waves"] * 200),
    "dog",
    "Zwei Möwen am Strand — 海辺 ☀",
)


def noise(width: int, height: int) -> Pixels:
    rng = np.random.default_rng(width * 10_000 + height)
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def photos() -> list[Photo]:
    return [Photo(pixels=noise(*size)) for size in SIZES]


class CountedViews(Mapping[View, Pixels]):
    """Views that count how often they are taken."""

    def __init__(self, views: Mapping[View, Pixels]) -> None:
        self._views = views
        self.taken = 0

    def __getitem__(self, view: View) -> Pixels:
        self.taken += 1
        return self._views[view]

    def __iter__(self) -> Iterator[View]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)


@pytest.fixture(scope="module")
def folder(found):
    return found[Task.VISION].folder


@pytest.fixture(scope="module")
def clip(found, fp32):
    return Clip(found[Task.VISION], fp32)


@pytest.fixture(scope="module")
def plain(folder):
    return CLIPModel.from_pretrained(folder).eval()


@pytest.fixture(scope="module")
def plain_images(plain):
    """Each photo as transformers embeds it, by itself, in fp32: unit rows."""
    processor = CLIPImageProcessorPil()
    with torch.inference_mode():
        rows = [
            plain.get_image_features(**processor(noise(*size), return_tensors="pt")).pooler_output
            for size in SIZES
        ]
    return unit(rows)


@pytest.fixture(scope="module")
def plain_texts(plain, folder):
    """Each text as transformers embeds it, by itself, in fp32: unit rows."""
    tokenizer = CLIPTokenizerFast.from_pretrained(folder)
    with torch.inference_mode():
        rows = [
            plain.get_text_features(
                **tokenizer([text], truncation=True, max_length=77, return_tensors="pt")
            ).pooler_output
            for text in TEXTS
        ]
    return unit(rows)


def unit(rows: list[torch.Tensor]) -> np.ndarray:
    return torch.nn.functional.normalize(torch.cat(rows), dim=-1).numpy()


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    assert one.dtype == np.float32
    assert np.allclose(np.linalg.norm(one, axis=1), 1, atol=1e-5)
    return (one.astype(np.float64) * other).sum(axis=1)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pixels_are_normalised_as_the_published_processor_does(clip, fp32, size):
    expected = CLIPImageProcessorPil()(noise(*size), return_tensors="pt")["pixel_values"]
    ours = pixels.batch([Photo(pixels=noise(*size))], clip.view, fp32)
    assert ours.dtype == torch.float32
    assert torch.allclose(ours, expected, rtol=0, atol=1e-6)


def test_photos_of_mixed_sizes_in_one_batch_are_embedded_as_each_alone(clip, plain_images):
    assert cosines(clip.image(photos()), plain_images).min() >= 0.9999


def test_texts_of_mixed_lengths_in_one_batch_are_embedded_as_each_alone(clip, plain_texts):
    assert cosines(clip.text(TEXTS), plain_texts).min() >= 0.9999


def test_bf16_keeps_the_embeddings(found, bf16, plain_images, plain_texts):
    clip = Clip(found[Task.VISION], bf16)
    assert cosines(clip.image(photos()), plain_images).min() >= 0.999
    assert cosines(clip.text(TEXTS), plain_texts).min() >= 0.999


def test_random_weights_still_tell_photos_and_texts_apart(plain_images, plain_texts):
    for rows in (plain_images, plain_texts):
        alike = rows @ rows.T - np.eye(len(rows))
        assert alike.max() < 0.999


def test_a_text_is_read_up_to_its_77th_token(clip):
    fits, tail = MOST_TOKENS - 2, MOST_TOKENS + 40
    words = ["sea"] * (fits - 1)
    one, cut, other = clip.text(
        [
            " ".join([*words, "dog"]),
            " ".join([*words, "dog", *["cat"] * tail]),
            " ".join([*words, "cat"]),
        ]
    )
    assert np.allclose(one, cut, atol=1e-6)
    assert not np.allclose(one, other, atol=1e-3)


def test_a_photo_is_seen_once_however_many_models_ask(clip):
    views = CountedViews({clip.view: make_view(noise(50, 40), clip.view)})
    photo = Photo(pixels=noise(50, 40), views=views)
    first = clip.image([photo, photo])
    again = clip.image([photo])
    assert views.taken == 1
    assert np.array_equal(first[0], first[1])
    assert np.array_equal(first[0], again[0])


def test_a_view_that_a_photo_brings_is_the_one_that_is_seen(clip):
    made = make_view(noise(50, 40), clip.view)
    brought = Photo(pixels=noise(9, 9), views={clip.view: made})
    assert np.allclose(clip.image([brought]), clip.image([Photo(pixels=noise(50, 40))]), atol=1e-6)


def test_a_photo_is_forgotten_with_its_last_owner(found, fp32):
    clip = Clip(found[Task.VISION], fp32)
    alive = photos()[:2]
    clip.image(alive)
    photo = alive.pop()
    assert photo in clip._seen  # noqa: SLF001 (what is kept shows nowhere else)
    del photo
    gc.collect()
    assert list(clip._seen) == alive  # noqa: SLF001


def test_no_photos_and_no_texts_are_empty_arrays(clip):
    assert clip.image([]).shape == clip.text([]).shape == (0, clip.dimension)


def test_what_prompts_share_is_their_mean_direction(clip):
    rows = clip.text(TEXTS[:3]).astype(np.float64).mean(axis=0)
    expected = rows / np.linalg.norm(rows)
    assert np.allclose(clip.together(TEXTS[:3]), expected, atol=1e-6)


def test_a_card_names_checkpoint_and_task(clip):
    card = clip.card("moods")
    assert (card.id, card.revision, card.task) == (
        "openai/clip-vit-base-patch32",
        "random",
        "moods",
    )
