"""Photos the usual way: one at a time, eager fp32, one BLIP caption, then its CLAP text vector.

    python -m benchmarks.seed_way --models-dir DIR [--photos FOLDER] [--count 8]

This is the baseline of `benchmarks.full_photos`: how the demos that go from a photo to music by a
caption do it, with the published classes of `transformers`. Prints photos per minute.
"""

import argparse
import time
from pathlib import Path

import torch
from PIL import Image
from transformers import AutoTokenizer, BlipForConditionalGeneration, ClapTextModelWithProjection
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

from sightsong.core import catalogue

#: Tokens of a caption, here and in the service.
CAPTION_TOKENS = 20


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    seed = SeedWay(asked.models_dir)
    paths = sorted(asked.photos.glob("*.jpg"))
    seed.answer(paths[0])  # warm up
    began = time.perf_counter()
    for i in range(asked.count):
        seed.answer(paths[i % len(paths)])
    print(f"{60 * asked.count / (time.perf_counter() - began):.2f}")


class SeedWay:
    """Photo to caption to vector, as plainly as can be."""

    def __init__(self, models_dir: Path) -> None:
        blip = models_dir / catalogue.BLIP.repository
        clap = models_dir / catalogue.CLAP_MUSIC.repository
        plain = {"local_files_only": True, "attn_implementation": "eager"}
        self._blip = BlipForConditionalGeneration.from_pretrained(blip, **plain).eval()
        self._clap = ClapTextModelWithProjection.from_pretrained(clap, **plain).eval()
        self._pixels = BlipImageProcessorPil()
        self._words = AutoTokenizer.from_pretrained(blip, local_files_only=True)
        self._terms = AutoTokenizer.from_pretrained(clap, local_files_only=True)

    @torch.no_grad()
    def answer(self, path: Path) -> tuple[str, torch.Tensor]:
        """Caption a photo and embed `caption, atmospheric, mood, cinematic`."""
        inputs = self._pixels(Image.open(path).convert("RGB"), return_tensors="pt")
        tokens = self._blip.generate(
            **inputs, min_new_tokens=CAPTION_TOKENS, max_new_tokens=CAPTION_TOKENS, num_beams=1
        )
        caption = self._words.decode(tokens[0], skip_special_tokens=True)
        terms = self._terms(
            f"{caption}, atmospheric, mood, cinematic",
            truncation=True,
            max_length=77,
            return_tensors="pt",
        )
        return caption, self._clap(**terms).text_embeds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--photos", type=Path, default=Path(__file__).parents[1] / "demo/photos")
    parser.add_argument("--count", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
