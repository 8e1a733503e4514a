"""`evaluate`: a model measured on a data set."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from training.commands.data import form_of
from training.commands.flags import parser
from training.errors import PlanRefused
from training.evaluating import running
from training.evaluating.hearing import Hears
from training.evaluating.lite import Lite
from training.evaluating.own import Runtime
from training.reporting.document import document, headline
from training.samples import Part

_PROG = "sightsong evaluate"
_PARTS = (*Part, "all")


def run(_name: str, argv: Sequence[str]) -> int:
    """Run it and return the exit status."""
    told = _parser().parse_args(argv)
    order = running.Order(
        model=told.model,
        data=told.data,
        form=form_of(told.form),
        part=_one_of("part", told.part, _PARTS),
        runtime=Runtime(_one_of("runtime", told.runtime, tuple(Runtime)) or Runtime.AUTO),
        out=told.out,
        pictures=told.pictures,
    )
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("reading", total=None)
        done = running.run(
            order,
            told=lambda count, total: progress.update(bar, completed=count, total=total),
            hears=_hears(told.model),
        )
    if told.json:
        found = json.dumps(document(done.report), ensure_ascii=False, allow_nan=False)
        sys.stdout.write(f"{found}\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(done)))
    sys.stderr.write("".join(f"{path}\n" for path in done.files))
    return 0


def _hears(model: str) -> Hears | None:
    if model != Lite.MUSIC:
        return None
    from training.commands import hearing  # noqa: PLC0415 - only music needs what renders it

    return hearing.hear


def _lines(done: running.Evaluated) -> Iterator[str]:
    report = done.report
    yield f"{report.model} on the {report.part} part of {report.data}"
    for name, value in headline(report.summary).items():
        shown = "-" if value is None else f"{value:,.0f}" if name == "count" else f"{value:.3f}"
        yield f"  {name:<20}{shown:>8}"
    yield from report.notes


def _one_of(name: str, word: str | None, known: Sequence[str]) -> str | None:
    if word is None or word in known:
        return word
    raise PlanRefused(f"--{name} is {word!r}; it may be {', '.join(known)}")


def _parser() -> argparse.ArgumentParser:
    asked = parser(_PROG, "Measure a model on a data set.", ())
    asked.add_argument("model", metavar="MODEL")
    asked.add_argument("data", metavar="DATA", type=Path)
    for name in ("part", "runtime"):
        asked.add_argument(f"--{name}")
    asked.add_argument("--form", default="auto")
    asked.add_argument("--out", type=Path)
    for name in ("pictures", "json"):
        asked.add_argument(f"--{name}", action="store_true")
    return asked
