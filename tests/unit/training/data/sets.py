"""The smallest data set of each form."""

from pathlib import Path

import numpy as np

from tests.unit.training.data import drawn, faces
from training.data import generated

VOTES = "Usage,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def emotion6(folder: Path) -> Path:
    generated.make(folder / "set", each=1, side_px=16)
    return folder / "set"


def ferplus_npz(folder: Path) -> Path:
    columns = VOTES.split(",")[1:]
    np.savez(
        folder / "ferplus_train.npz",
        images=np.zeros((1, 48, 48), np.uint8),
        votes=np.array([[10, *[0] * 9]]),
        vote_columns=np.array(columns),
    )
    return folder


def fer2013(folder: Path) -> Path:
    (folder / "fer2013.csv").write_text(
        f"emotion,pixels,Usage\n{faces.row(0, 1)}\n", encoding="utf-8"
    )
    return folder


def fer2013_file(folder: Path) -> Path:
    return fer2013(folder) / "fer2013.csv"


def ferplus_tables(folder: Path) -> Path:
    (folder / "fer2013new.csv").write_text(
        f"{VOTES}\nTraining,10,0,0,0,0,0,0,0,0,0\n", encoding="utf-8"
    )
    return fer2013(folder)


def folders(folder: Path) -> Path:
    drawn.save(folder / "happy" / "a.png")
    return folder


def oasis(folder: Path) -> Path:
    drawn.save(folder / "images" / "Lake 1.jpg")
    (folder / "OASIS.csv").write_text(
        "Theme,Valence_mean,Arousal_mean\nLake 1,4,4\n", encoding="utf-8"
    )
    return folder


def table(folder: Path) -> Path:
    (folder / "labels.csv").write_text("file,valence,arousal\nhappy/a.png,0,0\n", encoding="utf-8")
    return folders(folder)
