"""Rows of the text tables that data sets come with, read the same way everywhere.

Column names are compared without the spaces around them and in small letters: copies of one data
set differ in these.
"""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.problems import Problems
from training.errors import DataRefused


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table."""

    line: int  #: In the file; the header is line 1.
    values: Mapping[str, str]  #: By column, without spaces around.

    def number(
        self, column: str, problems: Problems, *, low: float = -math.inf, high: float = math.inf
    ) -> float | None:
        """Read a number of a range, both ends within; None, and a problem, if it is none."""
        text = self.values.get(column, "")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if low <= value <= high and math.isfinite(value):
            return value
        problems.add(f"line {self.line}: {column} is {text!r}, not a number {_range(low, high)}")
        return None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table that is open."""

    columns: tuple[str, ...]  #: In small letters, in the order of the file.
    rows: Iterator[Row]


def open_table(path: Path, *, delimiter: str = ",") -> Table:
    """Read the header of a table; the rows follow as they are asked for.

    Raises:
        DataRefused: the file cannot be read, is empty, or is no UTF-8 text.
    """
    lines = _lines(path, delimiter)
    header = next(lines, None)
    if header is None:
        raise DataRefused(f"{path} is empty; its first line should name the columns.")
    columns = tuple(name.strip().strip("[]").lower() for name in header[1])
    return Table(columns=columns, rows=_rows(lines, columns))


def lacking(path: Path, table: Table, columns: Sequence[str]) -> DataRefused | None:
    """Make the error that tells which columns are not there; None: all are."""
    absent = [name for name in columns if name not in table.columns]
    if not absent:
        return None
    return DataRefused(
        f"{path} has no column {', '.join(absent)}; it has {', '.join(table.columns)}. "
        "Is it the file of another data set?"
    )


def _rows(lines: Iterator[tuple[int, list[str]]], columns: tuple[str, ...]) -> Iterator[Row]:
    for number, values in lines:
        if values:
            trimmed = (value.strip() for value in values)
            yield Row(line=number, values=dict(zip(columns, trimmed, strict=False)))


def _lines(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig") as text:
            reader = csv.reader(text, delimiter=delimiter)
            for values in reader:
                yield reader.line_num, values
    except OSError as error:
        raise DataRefused(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise DataRefused(f"{path} is not UTF-8 text: save it again as UTF-8.") from error
    except csv.Error as error:
        raise DataRefused(f"{path} is no table of text: {error}.") from error


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return "" if math.isinf(low) else f"of {low:g} or more"
    return f"from {low:g} to {high:g}"


class Once:
    """Notes what a table names twice."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._lines: dict[str, int] = {}

    def is_new(self, name: str, line: int) -> bool:
        """Remember a name; False, and a problem, if an earlier line has it already."""
        first = self._lines.setdefault(name, line)
        if first != line:
            self._problems.add(f"line {line}: {name} was on line {first} already; keep one")
        return first == line
