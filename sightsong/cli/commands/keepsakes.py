"""`backup` and `restore`."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sightsong.adapters import settings
from sightsong.adapters.backups import Summary
from sightsong.cli import session
from sightsong.cli.options import AsJson, DataDir
from sightsong.cli.screen import Screen
from sightsong.core.times import rfc_3339
from sightsong.local import keepsakes

_MIB = 1024**2

File = Annotated[Path, typer.Argument(metavar="FILE", help="A tar; - for a pipe.")]


@session.reported
def backup(file: File, data: DataDir = None, as_json: AsJson = False) -> None:
    """Write all that a service knows into one file, while it runs.

    Jobs and answers, keys, webhooks, what is remembered of users, the library with all its vectors;
    and the photos and uploads of what has been accepted and not done yet. Not the music itself. The
    service is the one that SIGHTSONG_DATABASE_URL names, or else the one in the data folder.
    Whoever reads the file reads photos and secrets of webhooks: keep it as you keep those.
    """
    if file == keepsakes.PIPE and as_json:
        raise typer.BadParameter("a pipe is for the backup alone: leave --json out")
    screen = Screen(as_json=as_json)
    chosen = settings.load(**({} if data is None else {"data_dir": data}))
    with _bar(screen, "saving") as told:
        made = keepsakes.save(chosen, file, told=told)
    where = "standard output" if file == keepsakes.PIPE else str(file)
    screen.say(f"{_told(made)} are in {where} ({made.size_bytes / _MIB:,.1f} MiB)")
    screen.say(f"digest {made.digest}")
    screen.result(_result(made, file))


@session.reported
def restore(
    file: File,
    check: Annotated[
        bool, typer.Option("--check", help="Only read it through; change nothing.")
    ] = False,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty service, or check it.

    All of it, or nothing: a backup that is damaged, cut short, or of another schema is refused, and
    so is a service that runs or has anything in it. Start the service afterwards; it goes on with
    what was waiting, and builds its index anew. Restore only what you have made: a check finds
    damage, not a forger. The digest is the same as when it was made.
    """
    screen = Screen(as_json=as_json)
    chosen = settings.load(**({} if data is None else {"data_dir": data}))
    with _bar(screen, "checking" if check else "restoring") as told:
        if check:
            read = keepsakes.check(file, told=told)
        else:
            read = keepsakes.restore(chosen, file, told=told)
    made_at = rfc_3339(read.made_at)
    state = "is whole" if check else "is restored"
    screen.show(f"the backup of {made_at} {state}: {_told(read)}", f"digest {read.digest}")
    screen.result(_result(read, file))


@contextlib.contextmanager
def _bar(screen: Screen, what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    quiet = not screen.notes.is_terminal
    with Progress(*columns, console=screen.notes, transient=True, disable=quiet) as progress:
        bar = progress.add_task("", total=None)
        yield lambda done, all_of_it: progress.update(bar, completed=done, total=all_of_it)


def _told(summary: Summary) -> str:
    counts = {"rows": sum(summary.rows.values()), "tracks": summary.rows["tracks"]}
    counts |= {"jobs": summary.rows["jobs"], "photos": summary.photos, "uploads": summary.uploads}
    rows, *rest = (f"{count:,} {name}" for name, count in counts.items())
    return f"{rows} ({', '.join(rest)})"


def _result(summary: Summary, file: Path) -> dict[str, object]:
    return {**asdict(summary), "made_at": rfc_3339(summary.made_at), "file": str(file)}
