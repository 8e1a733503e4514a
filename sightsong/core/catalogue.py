"""The models of the full profile: where each comes from, which files it needs, what it takes.

Known without torch and without the network, so that the command line can list and fetch them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from sightsong.core.embeddings import Space

#: Letters of a git commit, in hex; a revision that is not of this length is no commit.
COMMIT_LETTERS = 40


#: Revision of checkpoints that were made up (`workers.models.random_checkpoints`).
RANDOM = "random"


class Task(StrEnum):
    """What a checkpoint is for."""

    VISION = "vision"  #: Emotion and moods, zero-shot.
    CAPTION = "caption"
    MUSIC = "music"  #: Text and audio in one space.
    FACES = "faces"
    EXPRESSION = "expression"


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """A published checkpoint that Sightsong knows how to run."""

    repository: str  #: On the Hugging Face hub; also its folder below the models folder.
    revision: str  #: What `models pull` asks for; the commit it resolves to goes to `models.lock`.
    task: Task
    licence: str
    source: str  #: The paper and where the weights come from.
    inputs: str  #: What the model takes: the contract that preprocessing keeps.
    dimension: int | None  #: Of its embeddings, or of its classes; None: neither.
    files: tuple[str, ...]  #: Names or patterns of what is needed besides the weights.
    extras: tuple[str, ...] = ()  #: Names of what is fetched too, where the repository has it.
    weights: str = "model.safetensors"  #: What workers read.
    weights_like: str | None = None  #: Pattern of other names that the weights may have.
    pickled: str | None = "pytorch_model.bin"  #: Fetched and converted where `weights` is missing.

    def weights_among(self, names: Iterable[str]) -> str | None:
        """Choose the file with the weights: the usual name, else the last that fits the pattern."""
        there = sorted(names)
        if self.weights in there:
            return self.weights
        alike = [name for name in there if self.weights_like and _fits(name, self.weights_like)]
        return alike[-1] if alike else None

    def needed_among(self, names: Iterable[str]) -> tuple[str, ...]:
        """Choose what to fetch of a repository's files: one file of weights, and what goes with it.

        Where the weights are there only pickled, that file stands in for them.
        """
        there = sorted(names)
        weights = self.weights_among(there) or (self.pickled if self.pickled in there else None)
        others = (*self.files, *self.extras)
        chosen = [name for name in there if any(_fits(name, pattern) for pattern in others)]
        return tuple(dict.fromkeys([*([weights] if weights else []), *chosen]))

    def lacks(self, names: Iterable[str]) -> list[str]:
        """List the names and patterns of what is needed and not among these, weights first."""
        there = list(names)
        absent = [p for p in self.files if not any(_fits(name, p) for name in there)]
        return absent if self.weights_among(there) else [self.weights, *absent]


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A model as it lies on this machine, checked against `models.lock`."""

    spec: ModelSpec
    folder: Path
    revision: str  #: The commit that was fetched; what does not come from the hub says so here.
    weights_name: str = ""  #: By the lock; empty: the usual name.

    @property
    def weights(self) -> Path:
        """The file with the weights."""
        return self.folder / (self.weights_name or self.spec.weights)


def _fits(name: str, pattern: str) -> bool:
    # A star must not reach into folders: everything that is needed lies at the top.
    return "/" not in name and fnmatchcase(name, pattern)


_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")

CLIP = ModelSpec(
    repository="openai/clip-vit-base-patch32",
    revision="main",
    task=Task.VISION,
    licence="MIT",
    source="Radford et al. 2021, arXiv 2103.00020",
    inputs="224 px, short side by bicubic filter, middle square; CLIP mean and deviation",
    dimension=512,
    files=("config.json", "vocab.*", "merges.txt"),
    extras=_TOKENIZER,
)
BLIP = ModelSpec(
    repository="Salesforce/blip-image-captioning-base",
    revision="main",
    task=Task.CAPTION,
    licence="BSD-3-Clause",
    source="Li et al. 2022, arXiv 2201.12086",
    inputs="384 px, both sides by bicubic filter; CLIP mean and deviation",
    dimension=None,
    files=("config.json", "vocab.*"),
    extras=_TOKENIZER,
)
CLAP_MUSIC = ModelSpec(
    repository="laion/larger_clap_music",
    revision="main",
    task=Task.MUSIC,
    licence="Apache-2.0",
    source="Wu et al. 2023, arXiv 2211.06687",
    inputs="10 s of mono sound at 48 kHz as 1,001 x 64 log-mel; text of at most 77 tokens",
    dimension=512,
    files=("config.json", "preprocessor_config.json", "vocab.*", "merges.txt"),
    extras=_TOKENIZER,
)
CLAP_GENERAL = replace(CLAP_MUSIC, repository="laion/clap-htsat-unfused")
YUNET = ModelSpec(
    repository="opencv/face_detection_yunet",
    revision="main",
    task=Task.FACES,
    licence="MIT",
    source="Wu, Peng and Yu 2023, doi 10.1007/s11633-023-1423-y; OpenCV Zoo",
    inputs="BGR pixels of any size that is a multiple of 32 after padding",
    dimension=None,
    files=(),
    weights="face_detection_yunet_2023mar.onnx",
    weights_like="face_detection_yunet_20[0-9][0-9][a-z][a-z][a-z].onnx",
    pickled=None,
)
FER = ModelSpec(
    repository="trpakov/vit-face-expression",
    revision="main",
    task=Task.EXPRESSION,
    licence="Apache-2.0",
    source="ViT-B/16 (Dosovitskiy et al. 2021) tuned on FER-2013",
    inputs="a face, 224 px, both sides by bilinear filter; mean and deviation 0.5",
    dimension=7,
    files=("config.json",),
)

#: What can stand behind `SIGHTSONG_CLAP`; the first unless told otherwise.
CLAPS: Mapping[str, ModelSpec] = {spec.repository: spec for spec in (CLAP_MUSIC, CLAP_GENERAL)}


def full_models(clap: str = CLAP_MUSIC.repository) -> tuple[ModelSpec, ...]:
    """List what the full profile needs, with the CLAP of that name."""
    return (CLIP, YUNET, FER, BLIP, CLAPS[clap])


def space_of(checkpoint: Checkpoint) -> Space:
    """Name the space that a text and audio model embeds in: the model at its revision."""
    revision = checkpoint.revision
    short = revision[:12] if len(revision) == COMMIT_LETTERS else revision
    return Space(f"{checkpoint.spec.repository}@{short}")
