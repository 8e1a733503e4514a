"""Checkpoints of the real architectures with random weights: for tests, benchmarks and dry runs.

    python -m workers.models.random_checkpoints --size real --tokenizers DIR OUT

makes a models folder that the full profile loads exactly as it loads published weights. Its answers
mean nothing; its shapes, files and speed are those of the real thing. The tokenizers are the real
ones (folders `clip`, `bert` and `roberta`), and so is the face detector if one is given.
"""

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from transformers import (
    BlipConfig,
    BlipForConditionalGeneration,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPModel,
    PreTrainedModel,
    ViTConfig,
    ViTForImageClassification,
)

from sightsong.adapters import weights
from sightsong.core import catalogue
from sightsong.core.catalogue import ModelSpec

Size = Literal["tiny", "real"]

_FER_LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
_SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
_SMALL_HEADS = _SMALL | {"num_attention_heads": 4}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a checkpoint is made up."""

    spec: ModelSpec
    model: type[PreTrainedModel]
    config: Callable[[Size], Any]
    tokenizer: str | None  #: Folder of the tokenizer.


def _clip(size: Size) -> CLIPConfig:
    if size == "real":
        return CLIPConfig()  # the defaults are ViT-B/32's
    return CLIPConfig(
        projection_dim=16,
        text_config=_SMALL_HEADS | {"projection_dim": 16},
        vision_config=_SMALL_HEADS | {"projection_dim": 16},
    )


def _blip(size: Size) -> BlipConfig:
    tokens = {"bos_token_id": 30522, "eos_token_id": 2, "pad_token_id": 0, "sep_token_id": 102}
    if size == "real":
        return BlipConfig(
            vision_config={"image_size": 384},
            text_config=tokens | {"encoder_hidden_size": 768, "num_attention_heads": 12},
        )
    small = _SMALL_HEADS | {"max_position_embeddings": 64}
    return BlipConfig(
        vision_config=_SMALL_HEADS | {"image_size": 384, "patch_size": 32},
        text_config=small | tokens | {"encoder_hidden_size": 32},
    )


def _clap(size: Size) -> ClapConfig:
    if size == "real":  # HTS-AT base, as larger_clap_music has it
        audio = {
            "hidden_size": 1024,
            "patch_embeds_hidden_size": 128,
            "depths": [2, 2, 12, 2],
            "num_attention_heads": [4, 8, 16, 32],
        }
        return ClapConfig(audio_config=audio)
    audio = {
        "hidden_size": 64,
        "patch_embeds_hidden_size": 8,
        "depths": [1, 1, 1, 1],
        "num_attention_heads": [1, 2, 2, 4],
    }
    return ClapConfig(text_config=_SMALL_HEADS, audio_config=audio, projection_dim=16)


def _vit(size: Size) -> ViTConfig:
    labels = dict(enumerate(_FER_LABELS))
    if size == "real":
        return ViTConfig(id2label=labels)
    return ViTConfig(**_SMALL_HEADS, id2label=labels)


RECIPES = (
    Recipe(spec=catalogue.CLIP, model=CLIPModel, config=_clip, tokenizer="clip"),
    Recipe(
        spec=catalogue.BLIP,
        model=BlipForConditionalGeneration,
        config=_blip,
        tokenizer="bert",
    ),
    Recipe(spec=catalogue.CLAP_MUSIC, model=ClapModel, config=_clap, tokenizer="roberta"),
    Recipe(spec=catalogue.FER, model=ViTForImageClassification, config=_vit, tokenizer=None),
)


def make(
    out: Path, *, tokenizers: Path, size: Size = "tiny", detector: Path | None = None, seed: int = 0
) -> None:
    """Make a models folder with random weights and a `models.lock`.

    Args:
        out: the folder; made if it is not there.
        tokenizers: folder with `clip`, `bert` and `roberta` in it.
        size: `real` for the published shapes (2 GB), `tiny` for shapes that tests can afford.
        detector: YuNet's ONNX file; without it no faces can be found.
        seed: of the weights.
    """
    torch.manual_seed(seed)
    specs = []
    for recipe in RECIPES:
        folder = out / recipe.spec.repository
        folder.mkdir(parents=True, exist_ok=True)
        _write(recipe, size, folder, tokenizers)
        specs.append(recipe.spec)
    if detector is not None:
        target = out / catalogue.YUNET.repository / catalogue.YUNET.weights
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(detector, target)
        specs.append(catalogue.YUNET)
    weights.lock_folder(out, dict.fromkeys(specs, catalogue.RANDOM))


def _write(recipe: Recipe, size: Size, folder: Path, tokenizers: Path) -> None:
    model = recipe.model(recipe.config(size)).eval()
    _spread(model)
    # Under the names of published files, which are not always those of the modules.
    model.save_pretrained(folder)
    if recipe.spec.task is catalogue.Task.MUSIC:
        ClapFeatureExtractor(
            feature_size=64, truncation="rand_trunc", padding="repeatpad"
        ).save_pretrained(folder)
    if recipe.tokenizer:
        for file in (tokenizers / recipe.tokenizer).iterdir():
            shutil.copyfile(file, folder / file.name)


def _spread(model: nn.Module) -> None:
    """Make random embeddings tell one thing from another: fresh layers answer all alike."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "LayerNorm" not in name and "norm" not in name.lower() and parameter.dim() > 1:
                parameter.mul_(2.0)


def main() -> None:
    """Make a folder from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", choices=["tiny", "real"], default="tiny")
    parser.add_argument("--tokenizers", type=Path, required=True)
    parser.add_argument("--detector", type=Path, help="YuNet's ONNX file")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    make(
        wanted.out,
        tokenizers=wanted.tokenizers,
        size=wanted.size,
        detector=wanted.detector,
        seed=wanted.seed,
    )


if __name__ == "__main__":
    main()
