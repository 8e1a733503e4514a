"""OASIS: photos with the valence and arousal that about 200 people each felt (Kurdi et al. 2017).

Read are the published `OASIS.csv` with the photos in `images/` (or beside it) under their theme's
name, and a table of the same ratings with a column `file`. Ratings run from 1 to 7. The photos of
one theme ("Lake 1", "Lake 2") are one group: a model that has seen one knows the others too well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data import rows
from training.data.pictures import Files, wrong_with
from training.data.problems import Problems
from training.errors import DataRefused
from training.samples import Samples

NAME = "OASIS"
_LOW, _HIGH = 1.0, 7.0  # the ends of the raters' scale
_TABLES = ("oasis.csv", "OASIS.csv")
_FOLDERS = (".", "images", "Images")
_RATED = ("theme", "valence_mean", "arousal_mean")
#: What the number of raters is called; the second by the published table.
_COUNTS = ("n", "valence_n")


@dataclass(frozen=True, kw_only=True)
class _Rated:
    """A photo with its ratings."""

    file: str
    theme: str
    valence: float  #: -1 .. 1.
    arousal: float
    raters: float  #: Of valence; NaN: not told.


def table_of(path: Path) -> Path | None:
    """Find the table of OASIS in a folder, or take the file itself; None: there is none."""
    if path.is_file():
        return path if path.name in _TABLES else None
    return next((path / name for name in _TABLES if (path / name).is_file()), None)


def read(path: Path, problems: Problems | None = None) -> Samples:
    """Read photos and ratings.

    Args:
        path: the folder with the table, or the table itself.
        problems: where to put what is wrong with rows; None: it is raised.

    Raises:
        DataRefused: there is no such table, or it holds something else.
    """
    table = table_of(path)
    if table is None:
        raise DataRefused(f"There is no {' or '.join(_TABLES)} at {path}.")
    noted = Problems(f"{NAME} at {path}") if problems is None else problems
    rated = list(_rated(table, noted))
    if problems is None:
        noted.settle()
    raters = np.array([row.raters for row in rated], np.float32)
    return Samples(
        name=NAME,
        pictures=Files(table.parent, [row.file for row in rated]),
        names=tuple(row.file for row in rated),
        affect=np.array([(row.valence, row.arousal) for row in rated], np.float32).reshape(-1, 2),
        raters=None if np.isnan(raters).any() else raters,
        groups=tuple(row.theme for row in rated),
    )


def theme_of(name: str) -> str:
    """Name the theme of a photo: its title without the number, in small letters."""
    return re.sub(r"\s*\d+\s*$", "", name.strip()).lower()


def _rated(path: Path, problems: Problems) -> Iterator[_Rated]:
    """Read the rows that are right, and note what is wrong with the others."""
    table = rows.open_table(path)
    lack = rows.lacking(path, table, _RATED)
    if lack:
        raise lack
    once = rows.Once(problems)
    for row in table.rows:
        read = _row(row, path.parent, problems)
        if read is not None and once.is_new(read.file, row.line):
            yield read


def _row(row: rows.Row, folder: Path, problems: Problems) -> _Rated | None:
    valence = row.number("valence_mean", problems, low=_LOW, high=_HIGH)
    arousal = row.number("arousal_mean", problems, low=_LOW, high=_HIGH)
    title = row.values.get("theme", "")
    wanted = row.values.get("file") or f"{title}.jpg"
    file = _find(folder, wanted)
    wrong = wrong_with(folder / file)
    if wrong:
        problems.add(f"line {row.line}: {file} {wrong}; mend the file, or take the line out")
    if wrong or valence is None or arousal is None:
        return None
    return _Rated(
        file=file,
        theme=theme_of(title),
        valence=_scaled(valence),
        arousal=_scaled(arousal),
        raters=_raters(row, problems),
    )


def _raters(row: rows.Row, problems: Problems) -> float:
    for column in _COUNTS:
        if row.values.get(column):
            return row.number(column, problems, low=1) or float("nan")
    return float("nan")


def _find(folder: Path, name: str) -> str:
    """Find a photo, relative to the table's folder; the plain name where it is nowhere."""
    tried = (name if within == "." else f"{within}/{name}" for within in _FOLDERS)
    return next((file for file in tried if (folder / file).is_file()), name)


def _scaled(rating: float) -> float:
    return (2 * rating - _LOW - _HIGH) / (_HIGH - _LOW)
