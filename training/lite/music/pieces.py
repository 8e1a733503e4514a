"""Piano pieces that listeners rated: the table of VGMIDI and its MIDI files."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.errors import DataRefused

TABLE = "vgmidi.csv"
#: The folder of the pieces, in one that holds other data sets beside it.
_FOLDER = "music_affect"
#: What stands in the table of the pieces whose MIDI file the source itself names.
_SURE = "listed"
#: Single games stand under this.
_NO_SERIES = "Other"
_COLUMNS = ("file", "series", "game", "valence_mean", "arousal_mean", "mapping")
_MOST_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Rated pieces. What belongs to piece i stands at place i of each field."""

    midi: tuple[Path, ...]
    series: tuple[str, ...]  #: The games that each is of: pieces of one series are alike.
    ratings: NDArray[np.float64]  #: (n, 2), mean valence and arousal in [-1, 1].

    def __len__(self) -> int:
        """How many there are."""
        return len(self.midi)


def read(data: Path) -> Pieces:
    """Read the table of a folder; pieces whose file was guessed are left out.

    Args:
        data: the folder of the pieces, or the one that it lies in as `music_affect`.

    Raises:
        DataRefused: there is no such table, or files or figures are missing; names them.
    """
    folder = data / _FOLDER if (data / _FOLDER).is_dir() else data
    rows = [row for row in _rows(folder) if row["mapping"] == _SURE]
    if not rows:
        raise DataRefused(f"{folder / TABLE} has no row whose mapping is `{_SURE}`.")
    _refuse([trouble for row in rows if (trouble := _trouble(row, folder))], folder)
    ratings = [[float(row["valence_mean"]), float(row["arousal_mean"])] for row in rows]
    return Pieces(
        midi=tuple(folder / row["file"] for row in rows),
        series=tuple(row["game" if row["series"] == _NO_SERIES else "series"] for row in rows),
        ratings=np.array(ratings),
    )


def _rows(folder: Path) -> list[dict[str, str]]:
    try:
        with (folder / TABLE).open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file, restval="")
            missing = [name for name in _COLUMNS if name not in (table.fieldnames or ())]
            rows = list(table)
    except FileNotFoundError as error:
        raise DataRefused(
            f"There is no {TABLE} in {folder}. Lite music wants the rated pieces of VGMIDI: a "
            f"folder with {TABLE} and the MIDI files that it names."
        ) from error
    if missing:
        raise DataRefused(f"{folder / TABLE} has no column {', '.join(missing)}.")
    return rows


def _trouble(row: Mapping[str, str], folder: Path) -> str | None:
    if not (folder / row["file"]).is_file():
        return f"{row['file']}: there is no such file"
    for name in ("valence_mean", "arousal_mean"):
        if not _is_rating(row[name]):
            return f"{row['file']}: {name} is {row[name]!r}, and not a number from -1 to 1"
    return None


def _is_rating(said: str) -> bool:
    try:
        return -1 <= float(said) <= 1
    except ValueError:
        return False


def _refuse(troubles: list[str], folder: Path) -> None:
    if troubles:
        shown = "\n".join(f"  {trouble}" for trouble in troubles[:_MOST_SHOWN])
        raise DataRefused(
            f"{folder / TABLE} has {len(troubles)} rows that cannot be used:\n{shown}"
        )
