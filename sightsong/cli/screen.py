"""Where a command writes: results to standard output, everything else to standard error."""

import contextlib
import io
import json
from collections.abc import Iterator, Sequence

import typer
from rich.console import Console, RenderableType
from rich.text import Text

#: Cells of a line that is never broken.
_ENDLESS = 100_000


class Screen:
    """Where one command writes. With `--json`, standard output holds the result alone."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.notes = Console(stderr=True)
        self._human = self.notes if as_json else Console()

    def show(self, *parts: RenderableType) -> None:
        """Show something to a person; plain lines as they are, so that they can be copied.

        Where no terminal is, nothing is broken into lines: who reads there counts columns or greps.
        """
        for part in parts:
            lines = [part] if isinstance(part, str) else self._unbroken(part)
            for line in lines:
                is_line = isinstance(line, str)
                self._human.print(line, markup=False, highlight=False, soft_wrap=is_line)

    def say(self, line: str) -> None:
        """Tell a person how things go, as it is: no markup, no wrapping. Safe in any thread."""
        self.notes.print(line, markup=False, highlight=False, soft_wrap=True)

    @contextlib.contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Show that something goes on: a spinner on a terminal, one line elsewhere."""
        if not self.notes.is_terminal:
            self.say(f"{what} …")
            yield
            return
        with self.notes.status(Text(f"{what} …")):  # as it is: names may look like markup
            yield

    def _unbroken(self, part: RenderableType) -> Sequence[RenderableType]:
        if self._human.is_terminal:
            return [part]
        drawn = io.StringIO()
        endless = Console(file=drawn, width=_ENDLESS, force_terminal=False, color_system=None)
        endless.print(part, markup=False, highlight=False)
        return [line.rstrip() for line in drawn.getvalue().splitlines()]

    def result(self, value: object) -> None:
        """Print what the command was asked for, where a program reads it."""
        if self._as_json:
            typer.echo(json.dumps(value, ensure_ascii=False))


def note(line: str, *, style: str | None = None) -> None:
    """Tell a person something on standard error, as it is: no markup, no wrapping."""
    Console(stderr=True).print(line, style=style, markup=False, highlight=False, soft_wrap=True)
