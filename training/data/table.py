"""Our own form: a folder of pictures, and `labels.csv` beside them.

    file,anger,disgust,fear,joy,sadness,surprise,valence,arousal,group,part
    beach/1.jpg,0,0,0,9,1,2,0.7,0.1,beach,train

`file`               relative to the folder
six emotions         votes (whole numbers) or shares (sum to 1); all six, and `neutral` if wanted
`valence`,`arousal`  from -1 to 1; both, or neither
`raters`             how many people stand behind the row; where votes are given, their sum does
`group`              what must not be told apart by training and testing, such as one photographer
`part`               `train`, `valid` or `test`; where empty, the trainer decides

Emotions or affect must be there, all else may be absent. Other columns are refused, so that no
misspelt one is passed over, unless their name begins with `_`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data import classes, rows
from training.data.classes import SEVEN, SIX
from training.data.fer2013 import PARTS
from training.data.pictures import Files, wrong_with
from training.data.problems import Problems
from training.errors import DataRefused
from training.samples import Part, Samples

TABLE = "labels.csv"
_FILE, _RATERS, _GROUP, _PART = "file", "raters", "group", "part"
_AFFECT = ("valence", "arousal")
_OTHERS = (_FILE, *_AFFECT, _RATERS, _GROUP, _PART)
_ROUNDING = 0.01  # shares may be rounded; a sum further from 1 is a mistake


@dataclass(frozen=True, kw_only=True)
class _Columns:
    """What a table tells."""

    classes: tuple[str, ...]  #: Ours, in order; none: only affect is told.
    names: tuple[str, ...]  #: Of the columns of these classes.
    has_affect: bool
    has_raters: bool


@dataclass(frozen=True, kw_only=True)
class _Labelled:
    """A picture with what is told of it."""

    line: int
    file: str
    votes: Sequence[float]
    affect: Sequence[float]
    raters: float
    group: str
    part: Part | None


def table_of(path: Path) -> Path | None:
    """Find the table in a folder, or take the file itself; None: there is none."""
    table = path if path.is_file() else path / TABLE
    return table if table.name == TABLE and table.is_file() else None


def read(path: Path, problems: Problems | None = None) -> Samples:
    """Read a folder with `labels.csv`.

    Args:
        path: the folder, or the table.
        problems: where to put what is wrong with rows; None: it is raised.

    Raises:
        DataRefused: there is no such table, or it has other columns.
    """
    table = table_of(path)
    if table is None:
        raise DataRefused(f"There is no {TABLE} at {path}.")
    noted = Problems(f"The data set at {path}") if problems is None else problems
    columns, listed = _listed(table, noted)
    votes = np.array([each.votes for each in listed], np.float64)
    votes = votes.reshape(len(listed), len(columns.classes))
    counted = _are_counted(votes)
    if columns.classes and not counted:
        listed, votes = _whole(listed, votes, noted)
    if problems is None:
        noted.settle()
    return _samples(table, columns, listed, votes, counted=counted)


def _samples(
    table: Path,
    columns: _Columns,
    listed: Sequence[_Labelled],
    votes: NDArray[np.float64],
    *,
    counted: bool,
) -> Samples:
    files = tuple(each.file for each in listed)
    affect = np.array([each.affect for each in listed], np.float32).reshape(-1, len(_AFFECT))
    parts = tuple(each.part for each in listed)
    raters = np.array([each.raters for each in listed], np.float32)
    if columns.classes and counted and not columns.has_raters:
        raters = votes.sum(axis=1).astype(np.float32)
    return Samples(
        name=table.parent.resolve().name,
        pictures=Files(table.parent, files),
        names=files,
        classes=columns.classes,
        shares=classes.as_shares(votes) if columns.classes else None,
        affect=affect if columns.has_affect else None,
        raters=raters if columns.has_raters or (columns.classes and counted) else None,
        groups=tuple(each.group or each.file for each in listed),
        parts=parts if any(parts) else (),
    )


def _columns(path: Path, table: rows.Table) -> _Columns:
    """Understand the header.

    Raises:
        DataRefused: it names what we do not know, or lacks what must be there.
    """
    ours = {name: column for column in table.columns if (name := classes.ours(column))}
    known = set(_OTHERS) | set(ours.values())
    odd = [name for name in table.columns if name not in known and not name.startswith("_")]
    absent = [name for name in SIX if name not in ours] if ours else []
    affect = [name for name in _AFFECT if name in table.columns]
    if _FILE not in table.columns:
        absent.append(_FILE)
    if len(affect) == 1 or not (ours or affect):
        absent.extend(name for name in _AFFECT if name not in affect)
    if odd or absent:
        raise DataRefused(_misfit(path, odd, absent))
    kept = tuple(name for name in SEVEN if name in ours)
    return _Columns(
        classes=kept,
        names=tuple(ours[name] for name in kept),
        has_affect=bool(affect),
        has_raters=_RATERS in table.columns,
    )


def _misfit(path: Path, odd: Sequence[str], absent: Sequence[str]) -> str:
    said = [f"{path} does not fit."]
    if odd:
        said.append(
            f"Columns that are not known: {', '.join(odd)}; "
            f"known are {', '.join((*_OTHERS, *SEVEN))}. "
            "Rename them, or put `_` before the names of those that are to be passed over."
        )
    if absent:
        said.append(f"Columns that are missing: {', '.join(absent)}.")
    return " ".join(said)


def _listed(path: Path, problems: Problems) -> tuple[_Columns, list[_Labelled]]:
    """Read the rows that are right, and note what is wrong with the others."""
    table = rows.open_table(path)
    columns = _columns(path, table)
    once = rows.Once(problems)
    read = (_row(row, columns, path.parent, problems) for row in table.rows)
    return columns, [each for each in read if each and once.is_new(each.file, each.line)]


def _row(row: rows.Row, columns: _Columns, folder: Path, problems: Problems) -> _Labelled | None:
    before = len(problems)
    file = row.values.get(_FILE, "")
    wrong = wrong_with(folder / file)
    if wrong:
        problems.add(
            f"line {row.line}: {file or 'the file'} {wrong}; mend it, or take the line out"
        )
    votes = [row.number(name, problems, low=0) for name in columns.names]
    affect = [row.number(name, problems, low=-1, high=1) for name in _AFFECT if columns.has_affect]
    raters = row.number(_RATERS, problems, low=1) if columns.has_raters else None
    part = row.values.get(_PART, "").lower()
    if part and part not in PARTS:
        problems.add(f"line {row.line}: part is {part!r}; known are {', '.join(Part)}")
    if votes and not any(votes):
        problems.add(f"line {row.line}: {file} has no votes; give some, or take the line out")
    if len(problems) > before:
        return None
    return _Labelled(
        line=row.line,
        file=file,
        votes=[value or 0.0 for value in votes],
        affect=[value or 0.0 for value in affect],
        raters=raters or 0.0,
        group=row.values.get(_GROUP, ""),
        part=PARTS.get(part),
    )


def _are_counted(votes: NDArray[np.float64]) -> bool:
    """Whether all numbers are whole: votes, then; else shares."""
    return bool(np.all(votes == np.floor(votes)))


def _whole(
    listed: Sequence[_Labelled], votes: NDArray[np.float64], problems: Problems
) -> tuple[list[_Labelled], NDArray[np.float64]]:
    """Leave out the rows whose shares do not sum to 1, and note them."""
    sums = votes.sum(axis=1)
    for each, total in zip(listed, sums.tolist(), strict=True):
        if abs(total - 1) > _ROUNDING:
            problems.add(
                f"line {each.line}: the shares of {each.file} sum to {total:.3g}; "
                "shares must sum to 1, votes must be whole numbers in every row"
            )
    kept = np.flatnonzero(np.abs(sums - 1) <= _ROUNDING)
    return [listed[at] for at in kept.tolist()], votes[kept]
