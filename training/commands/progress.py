"""How far a run is: a bar with the time left on a terminal, a line for each epoch elsewhere too."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from training.fitting.loop import Line, Watch
from training.fitting.running import RunWatch

#: What is kept in a line of an epoch, in this order; the log has all of it.
_SHOWN = ("train_loss", "valid_loss", "kl", "top1", "pearson", "ccc_valence", "ccc_arousal")


class Bars:
    """Shows a run on a console."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console, self._progress = console, progress
        self._task: TaskID | None = None
        self._what, self._best = "", float("inf")
        self._since = time.monotonic()

    def preparing(self, what: str, done: int, total: int) -> None:
        """Hear how far something is that comes before the first epoch."""
        self._show(what, done, total)

    def step(self, done: int, total: int, loss: float) -> None:
        """Hear of a step."""
        self._show("learning", done, total, note=f"loss {loss:.3f}")

    def epoch(self, line: Line) -> None:
        """Hear of an epoch that is over."""
        is_best, self._best = line["valid_loss"] < self._best, min(line["valid_loss"], self._best)
        figures = "  ".join(f"{name} {line[name]:.3f}" for name in _SHOWN if name in line)
        now = time.monotonic()
        self._console.print(
            f"epoch {line['epoch']:.0f}  {figures}  {now - self._since:.1f} s"
            f"{'  *' if is_best else ''}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        self._since = now

    def _show(self, what: str, done: int, total: int, *, note: str = "") -> None:
        if self._task is None or what != self._what:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task, self._what = self._progress.add_task(what, total=total, note=""), what
            self._since = time.monotonic()
        self._progress.update(self._task, completed=done, total=total, note=note)


class Both:
    """Tells several."""

    def __init__(self, first: RunWatch, others: Sequence[Watch]) -> None:
        self._first, self._others = first, others

    def preparing(self, what: str, done: int, total: int) -> None:
        """Hear how far something is that comes before the first epoch."""
        self._first.preparing(what, done, total)

    def step(self, done: int, total: int, loss: float) -> None:
        """Hear of a step."""
        for watch in (self._first, *self._others):
            watch.step(done, total, loss)

    def epoch(self, line: Line) -> None:
        """Hear of an epoch that is over."""
        for watch in (self._first, *self._others):
            watch.epoch(line)


@contextmanager
def shown() -> Iterator[Bars]:
    """Something that shows a run on standard error."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield Bars(console, progress)
