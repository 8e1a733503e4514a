"""Listings of things that have ids: whole ids, however narrow the terminal is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.table import Table
from rich.text import Text

_GAP = 2


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing."""

    name: str
    ids: tuple[str, ...]  #: Empty where it has none of that kind.
    cells: tuple[str, ...]  #: What else is told of it, one for each word of the columns.


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A table of things: ids below the names on a terminal, in one line with them elsewhere.

    So they can be copied here, and found with `grep` there.
    """

    head: str  #: Of the names.
    ids: tuple[str, ...] = ("id",)  #: What each id is.
    #: Words of the columns; several in one stand below each other on a terminal.
    columns: tuple[tuple[str, ...], ...]
    rows: Sequence[Row]
    counts: frozenset[str] = frozenset()  #: Words of columns that hold numbers.
    gap: int = _GAP  #: Cells between two columns on a terminal.

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table]:
        """Draw it for the place that it is shown in."""
        yield self._tall(options.max_width) if console.is_terminal else self._flat()

    def _flat(self) -> Table:
        words = [word for column in self.columns for word in column]
        table = self._table([*self.ids, self.head, *words], gap=_GAP)
        for row in self.rows:
            table.add_row(*map(Text, [*row.ids, row.name, *row.cells]))
        return table

    def _tall(self, room: int) -> Table:
        stacked = [self._stacked(row) for row in self.rows]
        heads = [", ".join(column) for column in self.columns]
        table = self._table([self.head, *heads], gap=self.gap)
        table.columns[0].width = self._name_width(room, [heads, *stacked])
        for row, cells in zip(self.rows, stacked, strict=True):
            first = Text(row.name)
            for line in self._id_lines(row):
                first.append(f"\n{line}", style="dim")
            table.add_row(first, *map(Text, cells))
        return table

    def _stacked(self, row: Row) -> list[str]:
        cells = iter(row.cells)
        return ["\n".join(next(cells) for _ in column) for column in self.columns]

    def _name_width(self, room: int, cells: Sequence[Sequence[str]]) -> int:
        """How wide the names may be: never so narrow that an id is broken."""
        ids = [cell_len(line) for row in self.rows for line in self._id_lines(row)]
        least = max([*ids, cell_len(self.head)])
        wanted = max([least, *(cell_len(row.name) for row in self.rows)])
        others = sum(max(map(_width, column)) + self.gap for column in zip(*cells, strict=True))
        return min(wanted, max(least, room - others - self.gap, room // 2))

    def _id_lines(self, row: Row) -> list[str]:
        """Its ids; all but the first with what they are."""
        said = zip(self.ids, row.ids, strict=True)
        lines = [text if word == self.ids[0] else f"{word} {text}" for word, text in said if text]
        return lines or [""]

    def _table(self, words: Sequence[str], *, gap: int) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0))
        for word in words:
            is_count = word in self.counts
            table.add_column(
                word, overflow="fold", justify="right" if is_count else "left", no_wrap=is_count
            )
        return table


def _width(text: str) -> int:
    return max(map(cell_len, text.split("\n")))
