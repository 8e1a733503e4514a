"""Emotion6: photos with a distribution over six emotions and `neutral` (Peng et al., CVPR 2015).

    Emotion6/
        ground_truth.txt        a header and 1,980 lines, columns between tabs
        images/anger/1.jpg …    330 photos in each of six folders

A line names a photo (`anger/1.jpg`), its valence and arousal from 1 to 9, and the shares of those
who felt anger, disgust, fear, joy, sadness, surprise, and nothing of it. The folder is the word
that a photo was found by, not its label.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data import rows
from training.data.classes import SEVEN, SIX, as_shares
from training.data.pictures import Files, wrong_with
from training.data.problems import Problems
from training.errors import DataRefused
from training.samples import Samples

NAME = "Emotion6"
TABLE, IMAGES = "ground_truth.txt", "images"
FILE, VALENCE, AROUSAL = "image_filename", "valence", "arousal"
LOW, HIGH = 1.0, 9.0  # the ends of the raters' scale
#: The published shares are rounded to six digits; a sum further off is a mistake.
_ROUNDING = 0.01


@dataclass(frozen=True, kw_only=True)
class _Felt:
    """A photo, and what people felt before it."""

    file: str
    affect: tuple[float, float]  #: Valence and arousal, -1 .. 1.
    shares: Sequence[float]  #: By `SEVEN`.


def column_of(name: str) -> str:
    """Name the column with the shares of a class."""
    return f"prob. {name}"


def table_of(path: Path) -> Path | None:
    """Find the table of Emotion6 in a folder, or take the file itself; None: there is none."""
    table = path if path.is_file() else path / TABLE
    return table if table.name == TABLE and table.is_file() else None


def read(path: Path, problems: Problems | None = None, *, keep_neutral: bool = False) -> Samples:
    """Read photos, shares and affect.

    Args:
        path: the folder with `ground_truth.txt`, or that file.
        problems: where to put what is wrong with lines; None: it is raised.
        keep_neutral: seven classes. Else the six emotions share out what `neutral` had, each by
            its own size, and photos before which nobody felt any of the six are left out.

    Raises:
        DataRefused: there is no such table, or it holds something else.
    """
    table = table_of(path)
    if table is None:
        raise DataRefused(f"There is no {TABLE} at {path}; it comes with Emotion6.")
    noted = Problems(f"{NAME} at {path}") if problems is None else problems
    root = next(
        (table.parent / name for name in (IMAGES, "Images") if (table.parent / name).is_dir()),
        table.parent,
    )
    felt = [each for each in _felt(table, root, noted) if keep_neutral or any(each.shares[:-1])]
    if problems is None:
        noted.settle()
    kept = SEVEN if keep_neutral else SIX
    shares = np.array([each.shares for each in felt], np.float32).reshape(-1, len(SEVEN))
    return Samples(
        name=NAME,
        pictures=Files(root, [each.file for each in felt]),
        names=tuple(each.file for each in felt),
        classes=kept,
        shares=as_shares(shares[:, : len(kept)]),
        affect=np.array([each.affect for each in felt], np.float32).reshape(-1, 2),
    )


def _felt(path: Path, root: Path, problems: Problems) -> Iterator[_Felt]:
    """Read the lines that are right, and note what is wrong with the others."""
    table = rows.open_table(path, delimiter="\t")
    lack = rows.lacking(path, table, [FILE, VALENCE, AROUSAL, *map(column_of, SEVEN)])
    if lack:
        raise lack
    once = rows.Once(problems)
    for row in table.rows:
        file = row.values.get(FILE, "")
        wrong = wrong_with(root / file)
        if wrong:
            problems.add(f"line {row.line}: {file} {wrong}; mend the file, or take the line out")
        felt = _numbers(row, file, problems)
        if felt is not None and not wrong and once.is_new(file, row.line):
            yield felt


def _numbers(row: rows.Row, file: str, problems: Problems) -> _Felt | None:
    affect = [row.number(name, problems, low=LOW, high=HIGH) for name in (VALENCE, AROUSAL)]
    shares = [row.number(column_of(name), problems, low=0, high=1) for name in SEVEN]
    scaled = [_scaled(value) for value in affect if value is not None]
    known = [value for value in shares if value is not None]
    if len(scaled) < len(affect) or len(known) < len(shares):
        return None
    if abs(sum(known) - 1) > _ROUNDING:
        problems.add(f"line {row.line}: the shares of {file} sum to {sum(known):.3g}, not to 1")
        return None
    return _Felt(file=file, affect=(scaled[0], scaled[1]), shares=known)


def _scaled(rating: float) -> float:
    return (2 * rating - LOW - HIGH) / (HIGH - LOW)
