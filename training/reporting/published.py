"""Figures that others published, each with what it was measured on.

A figure stands beside ours only where classes and data are the same kind; whether it can be
compared is said with each. The two papers were not at hand when this was written: what is quoted
through others, or from memory, says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """Which data a figure belongs to."""

    EMOTION6 = "Emotion6"
    FER_2013 = "FER-2013"
    FER_PLUS = "FER+"
    OASIS = "OASIS"
    VGMIDI = "VGMIDI"


@dataclass(frozen=True, kw_only=True)
class Published:
    """What somebody measured."""

    who: str
    field: Field
    figures: Mapping[str, float]  #: By the names of the JSON: `top_1`, `kl`, `pearson` …
    measured_on: str
    note: str
    same_part: str = ""  #: Ours that is the same data by the same protocol; empty: none is.

    def is_comparable(self, part: str) -> bool:
        """Whether a figure of ours on this part may be held against it."""
        return self.same_part == part != ""


def beside(field: Field | None) -> tuple[Published, ...]:
    """List what others measured on the same kind of data."""
    return tuple(one for one in PUBLISHED if one.field is field)


PUBLISHED: tuple[Published, ...] = (
    Published(
        who="MoodLens AI: ResNet-50, trunk frozen, KL divergence",
        field=Field.EMOTION6,
        figures={"top_1": 0.6162, "top_2": 0.7955, "kl": 0.16, "pearson": 0.60},
        measured_on="297 photos, the 15 % for validation of a split by chance (seed 42)",
        note=(
            "The best of 30 epochs, chosen on those same photos. Its notebook leaves `neutral` out "
            "without bringing the six shares to a sum of 1, which makes the divergence smaller "
            "than on whole distributions, as ours are."
        ),
    ),
    Published(
        who="Peng et al., CVPR 2015, who made Emotion6",
        field=Field.EMOTION6,
        figures={"top_1": 0.6472},
        measured_on="Emotion6, by a split of the authors",
        note="As MoodLens quotes it; the paper itself was not at hand.",
    ),
    Published(
        who="Moodify: VGG16 and ResNet-50, class weights, augmentation",
        field=Field.FER_2013,
        figures={"top_1": 0.66},
        measured_on="FER-2013, its own single labels, seven classes",
        note="As the project tells it; which part it was measured on is not known to us.",
    ),
    Published(
        who="People (Goodfellow et al. 2013)",
        field=Field.FER_2013,
        figures={"top_1": 0.65},
        measured_on="FER-2013, its own single labels, seven classes",
        note="Plus or minus 5 points; quoted from memory. The labels themselves are that noisy.",
    ),
    Published(
        who="mini-Xception (Arriaga et al.), trained on FER-2013",
        field=Field.FER_PLUS,
        figures={"top_1": 0.632, "macro_recall": 0.65, "kl": 0.84},
        measured_on=(
            "FER+ valid: 3,520 faces with six or more votes in the seven classes; 62.2 % on the "
            "3,249 that repeat no training face"
        ),
        same_part="valid",
        note=(
            "58,423 weights. Trained on FER-2013's own labels, so that part of the difference is "
            "what FER+ calls the same faces. 127 of the faces have tied votes: there it was "
            "counted by the first class in FER+'s order, ours counts in parts."
        ),
    ),
    Published(
        who="Barsoum et al. 2016, who made FER+: VGG13 on 64 x 64, votes drawn by lot",
        field=Field.FER_PLUS,
        figures={"top_1": 0.8499},
        measured_on="FER+ test: another part than ours, eight classes with contempt",
        note="Mean of several runs; quoted from memory.",
    ),
)
