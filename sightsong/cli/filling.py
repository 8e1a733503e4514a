"""Following an ingest with a progress bar, and then the index."""

from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sightsong.cli.screen import Screen
from sightsong.client import Client, IngestView
from sightsong.core.errors import SightsongError


class IngestFailed(SightsongError):
    """A folder could not be taken in."""

    code = "ingest_failed"


_FINAL = ("succeeded", "failed", "canceled")
_INDEX_S = 300.0


def fill(client: Client, screen: Screen, folder: Path) -> None:
    """Take a folder in and wait until all of it can be found.

    Raises:
        IngestFailed: the folder cannot be taken in.
    """
    ended = follow(client, screen, client.ingest(folder)["id"])
    if ended["error"] is not None:
        raise IngestFailed(summary(ended))
    wait_for_index(client, screen)


def follow(client: Client, screen: Screen, ingest_id: str) -> IngestView:
    """Show how an ingest goes until it is done; return its last state."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[notes]}"),
        TimeRemainingColumn(),
    )
    quiet = not screen.notes.is_terminal
    with Progress(*columns, console=screen.notes, transient=True, disable=quiet) as progress:
        bar = progress.add_task("scanning the folder", total=None, notes="")
        for ingest in client.watch_ingest(ingest_id):
            done = sum(ingest["tracks"].get(state, 0) for state in _FINAL)
            speed = progress.tasks[0].speed
            progress.update(
                bar,
                description="scanning the folder" if ingest["scan"] is None else "listening",
                total=sum(ingest["tracks"].values()) or None,
                completed=done,
                notes="" if speed is None else f"{speed:.1f} tracks/s",
            )
    screen.say(summary(ingest))
    return ingest


def wait_for_index(client: Client, screen: Screen) -> None:
    """Wait until every track that was taken in can be found."""
    with screen.busy("bringing the index up to date"):
        fresh = client.wait_for_index(timeout_s=_INDEX_S)
    if not fresh:
        screen.say("the index is not up to date yet; the service goes on with it")


def summary(ingest: IngestView) -> str:
    """What an ingest did, in a line."""
    if ingest["error"] is not None:
        return f"the ingest failed: {ingest['error']['detail']} ({ingest['error']['code']})"
    scan = ingest["scan"] or {}
    parts = [f"{count} {name}" for name, count in scan.items() if isinstance(count, int) and count]
    failed = ingest["tracks"].get("failed", 0)
    broken = f"; {failed} could not be heard (see `sightsong tracks`)" if failed else ""
    return f"ingest: {', '.join(parts) or 'no music found'}{broken}"
