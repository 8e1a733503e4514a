"""How a pull or a check of weights is shown: a bar on a terminal, lines elsewhere."""

from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column

from sightsong.cli.screen import Screen

_MIB = 1024**2
#: What is fetched: all the room that the figures leave, cut where that is too little.
_WIDE = Column(ratio=1, no_wrap=True, overflow="ellipsis")


class Bar:
    """Shows one file after the other."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._is_quiet = not screen.notes.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}", table_column=_WIDE),
            BarColumn(bar_width=12),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=screen.notes,
            transient=True,
            disable=self._is_quiet,
            expand=True,
        )
        self._task = self._progress.add_task("")

    def __enter__(self) -> Self:
        """Begin to show."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        self._progress.stop()

    def begin(self, what: str, *, size_bytes: int, done_bytes: int = 0) -> None:
        """Begin with a file."""
        self._progress.reset(
            self._task, description=what, total=size_bytes or None, completed=done_bytes
        )
        if self._is_quiet and size_bytes >= _MIB:
            self._screen.say(f"{what} ({size_bytes // _MIB:,} MiB) …")

    def advance(self, count: int) -> None:
        """Count bytes of it."""
        self._progress.advance(self._task, count)
