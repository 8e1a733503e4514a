"""BLIP: a photo to two captions, one plain and one that begins with its feeling."""

from collections.abc import Mapping, Sequence

import torch
from transformers import BlipConfig, BlipForConditionalGeneration

from sightsong.core.affect import Emotion, EmotionReading
from sightsong.core.catalogue import Checkpoint
from sightsong.core.models import Filter, Fit, Photo, View
from sightsong.core.photos import Captions
from workers.device import Device
from workers.models.full import loading, pixels
from workers.models.full.batching import in_parts
from workers.models.full.blip_decoder import Decoder, Limits
from workers.models.full.blip_vision import VisionEncoder

#: Tokens that a caption may add to its beginning; published captions have 8 to 15.
NEW_TOKENS = 20

PREFIX = "a {feeling} photo of"
#: Photos that one pass of the encoder takes on a CPU, and on a GPU.
_PART, _PART_CUDA = 8, 32
#: Below this the likeliest emotion is not sure enough to be said.
_SURE = 0.35

_FEELINGS: Mapping[Emotion, tuple[str, str]] = {
    Emotion.ANGER: ("grim", "furious"),
    Emotion.DISGUST: ("repellent", "disgusting"),
    Emotion.FEAR: ("haunting", "frightening"),
    Emotion.JOY: ("peaceful", "joyful"),
    Emotion.SADNESS: ("melancholic", "tragic"),
    Emotion.SURPRISE: ("curious", "surprising"),
}
"""How each emotion is said of a calm and of a stirring photo; each word goes with "a"."""


def feeling(emotion: EmotionReading) -> str:
    """Choose the word for a photo's feeling; by its place on the plane where no emotion is sure."""
    is_stirring = emotion.affect.arousal > 0
    if emotion.confidence >= _SURE:
        return _FEELINGS[emotion.dominant][is_stirring]
    if emotion.affect.valence > 0:
        return "lively" if is_stirring else "calm"
    return "tense" if is_stirring else "gloomy"


class BlipCaptioner:
    """Photo to sentences, both from one pass of the vision encoder and in one batch."""

    view = View(side_px=384, fit=Fit.SQUASH, filter=Filter.BICUBIC)

    def __init__(
        self, checkpoint: Checkpoint, device: Device, *, is_emotional: bool = True
    ) -> None:
        """Load the weights.

        Args:
            checkpoint: of `BlipForConditionalGeneration`.
            device: where it runs.
            is_emotional: whether to write the second caption; without it both are the plain one.
        """
        self.card = loading.card(checkpoint, task="caption")
        self._device = device
        self._is_emotional = is_emotional
        self.part = _PART_CUDA if device.is_cuda else _PART
        model = loading.load(BlipForConditionalGeneration, BlipConfig, checkpoint, device)
        self._vision = VisionEncoder(model.vision_model)
        self.decoder = Decoder(model.text_decoder)
        self._tokenizer = loading.read_tokenizer(checkpoint)
        words = model.config.text_config
        self._begin = [words.bos_token_id]
        self._limits = Limits(end_token=words.sep_token_id, new_tokens=NEW_TOKENS)

    def caption(
        self, photos: Sequence[Photo], emotions: Sequence[EmotionReading]
    ) -> list[Captions]:
        """Describe each photo, plainly and beginning with its feeling."""
        return in_parts(self._describe, list(zip(photos, emotions, strict=True)), most=self.part)

    def _describe(self, batch: Sequence[tuple[Photo, EmotionReading]]) -> list[Captions]:
        prompts = [prompt for _, emotion in batch for prompt in self._prompts(emotion)]
        with torch.inference_mode():
            seen = self.see([photo for photo, _ in batch])
            written = self.decoder.greedy(seen, prompts, self._limits)
        texts = [self._text(tokens) for tokens in written]
        per = len(texts) // len(batch)
        return [
            Captions(plain=texts[at], emotional=texts[at + per - 1])
            for at in range(0, len(texts), per)
        ]

    def see(self, photos: Sequence[Photo]) -> torch.Tensor:
        """Run the vision encoder: (n, 577, d); the part of a caption that costs most."""
        batch = pixels.batch(photos, self.view, self._device)
        return self._vision(batch)

    def _prompts(self, emotion: EmotionReading) -> list[list[int]]:
        if not self._is_emotional:
            return [self._begin]
        prefix = PREFIX.format(feeling=feeling(emotion))
        words = self._tokenizer(prefix, add_special_tokens=False)["input_ids"]
        return [self._begin, [*self._begin, *words]]

    def _text(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return text.strip()
