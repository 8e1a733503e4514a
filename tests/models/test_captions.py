"""BLIP in batches, against transformers' own way, one photo at a time."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoTokenizer, BlipForConditionalGeneration
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

from sightsong.core.affect import Affect, Emotion, EmotionReading
from sightsong.core.catalogue import Task
from sightsong.core.models import Photo
from workers.models.full import captions, pixels
from workers.models.full.captions import NEW_TOKENS, BlipCaptioner

SIZES = ((640, 480), (200, 333), (31, 500), (384, 384), (1024, 64))


def photos(count: int = len(SIZES)) -> list[Photo]:
    rng = np.random.default_rng(7)
    shapes = [SIZES[i % len(SIZES)] for i in range(count)]
    return [
        Photo(pixels=rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        for width, height in shapes
    ]


def emotion(name: Emotion, *, share: float = 0.5, arousal: float = 0.5) -> EmotionReading:
    rest = (1 - share) / 5
    shares = dict.fromkeys(Emotion, rest) | {name: share}
    return EmotionReading(distribution=shares, affect=Affect(valence=0.3, arousal=arousal))


EMOTIONS = [emotion(name) for name in list(Emotion)[: len(SIZES)]]


class PlainBlip:
    """The reference: transformers' model, processor and greedy search."""

    def __init__(self, checkpoint, dtype: torch.dtype) -> None:
        self.model = BlipForConditionalGeneration.from_pretrained(
            checkpoint.folder, local_files_only=True, dtype=dtype
        ).eval()
        self.processor = BlipImageProcessorPil()
        self.tokenizer = AutoTokenizer.from_pretrained(checkpoint.folder, local_files_only=True)

    def pixels(self, photo: Photo) -> torch.Tensor:
        image = Image.fromarray(photo.pixels)
        return self.processor(image, return_tensors="pt")["pixel_values"].to(self.model.dtype)

    @torch.inference_mode()
    def caption(self, photo: Photo, prefix: str = "") -> str:
        tokens = self.tokenizer(prefix, return_tensors="pt")["input_ids"]
        written = self.model.generate(
            pixel_values=self.pixels(photo),
            input_ids=tokens,
            max_new_tokens=NEW_TOKENS,
            num_beams=1,
            do_sample=False,
        )
        return self.tokenizer.decode(written[0], skip_special_tokens=True).strip()

    @torch.inference_mode()
    def seen(self, photo: Photo) -> torch.Tensor:
        return self.model.vision_model(self.pixels(photo)).last_hidden_state


@pytest.fixture(scope="module")
def plain(found) -> PlainBlip:
    return PlainBlip(found[Task.CAPTION], torch.float32)


@pytest.fixture(scope="module")
def captioner(found, fp32) -> BlipCaptioner:
    return BlipCaptioner(found[Task.CAPTION], fp32)


def test_pixels_are_those_of_the_published_processor(captioner, plain, fp32):
    ours = pixels.batch(photos(), captioner.view, fp32)
    theirs = torch.cat([plain.pixels(photo) for photo in photos()])
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_plain_captions_of_a_batch_are_token_for_token_those_of_one_photo_at_a_time(
    captioner, plain
):
    ours = [pair.plain for pair in captioner.caption(photos(), EMOTIONS)]
    assert ours == [plain.caption(photo) for photo in photos()]


def test_emotional_captions_are_those_of_the_published_way_with_the_same_beginning(
    captioner, plain
):
    ours = [pair.emotional for pair in captioner.caption(photos(), EMOTIONS)]
    beginnings = [captions.PREFIX.format(feeling=captions.feeling(one)) for one in EMOTIONS]
    pairs = zip(photos(), beginnings, strict=True)
    assert ours == [plain.caption(photo, beginning) for photo, beginning in pairs]
    assert all(text.startswith(begin) for text, begin in zip(ours, beginnings, strict=True))


def test_what_the_encoder_sees_in_bf16_is_what_the_published_way_sees_in_fp32(found, bf16, plain):
    ours = BlipCaptioner(found[Task.CAPTION], bf16)
    seen = ours.see(photos()).float()
    theirs = torch.cat([plain.seen(photo) for photo in photos()])
    assert float(torch.cosine_similarity(seen, theirs, dim=-1).min()) >= 0.999


def test_a_batch_larger_than_one_pass_is_taken_in_parts(captioner):
    many = photos(captioner.part + 3)
    together = captioner.caption(many, [EMOTIONS[0]] * len(many))
    alone = [captioner.caption([photo], EMOTIONS[:1])[0] for photo in many]
    assert together == alone


def test_without_a_feeling_both_captions_are_the_plain_one(found, fp32, captioner):
    only_plain = BlipCaptioner(found[Task.CAPTION], fp32, is_emotional=False)
    expected = [pair.plain for pair in captioner.caption(photos(), EMOTIONS)]
    written = only_plain.caption(photos(), EMOTIONS)
    assert [pair.plain for pair in written] == expected
    assert [pair.emotional for pair in written] == expected


def test_a_caption_ends_at_its_end_token_while_others_go_on(captioner, fp32):
    """The end token is made one that the first caption writes, and the longer ones do not."""
    written = _tokens(captioner, limits=captions.Limits(end_token=102, new_tokens=6))
    end = written[0][3]
    cut = _tokens(captioner, limits=captions.Limits(end_token=end, new_tokens=6))
    for full, short in zip(written, cut, strict=True):
        expected = full[: full.index(end, 1)] if end in full[1:] else full
        assert short == expected
    assert len(cut[0]) <= 3


def _tokens(captioner: BlipCaptioner, *, limits: captions.Limits) -> Sequence[list[int]]:
    with torch.inference_mode():
        seen = captioner.see(photos())
        return captioner.decoder.greedy(seen, [[30522]] * len(SIZES), limits)


@pytest.mark.parametrize(
    ("reading", "word"),
    [
        (emotion(Emotion.JOY, arousal=0.5), "joyful"),
        (emotion(Emotion.JOY, arousal=-0.5), "peaceful"),
        (emotion(Emotion.SADNESS, arousal=-0.2), "melancholic"),
        (emotion(Emotion.FEAR, share=0.2, arousal=0.5), "lively"),
        (emotion(Emotion.FEAR, share=0.2, arousal=-0.5), "calm"),
    ],
)
def test_the_feeling_is_the_likeliest_emotion_or_if_none_is_sure_the_place_on_the_plane(
    reading, word
):
    assert captions.feeling(reading) == word
