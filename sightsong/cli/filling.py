"""Following an ingest with a progress bar, and then the index."""

import time
from collections.abc import Callable
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn

from sightsong.cli import report
from sightsong.cli.screen import Screen
from sightsong.cli.telling import Telling
from sightsong.client import Client, IngestView
from sightsong.core.errors import SightsongError


class IngestFailed(SightsongError):
    """A folder could not be taken in."""

    code = "ingest_failed"


_INDEX_S = 300.0


def fill(client: Client, screen: Screen, folder: Path) -> None:
    """Take a folder in and wait until all of it can be found.

    Raises:
        IngestFailed: the folder cannot be taken in.
    """
    ended = follow(client, screen, client.ingest(folder)["id"])
    if ended["error"] is not None:
        raise IngestFailed(report.summary(ended))
    wait_for_index(client, screen)


def follow(
    client: Client,
    screen: Screen,
    ingest_id: str,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> IngestView:
    """Show how an ingest goes until it is done, and report; return its last state."""
    telling = Telling(screen, clock=clock)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[notes]}"),
    )
    quiet = not screen.notes.is_terminal
    with Progress(*columns, console=screen.notes, transient=True, disable=quiet) as progress:
        bar = progress.add_task("waiting", total=None, notes="")
        for ingest in client.watch_ingest(ingest_id):
            progress.update(
                bar,
                description=report.WORDS.get(ingest["status"], ingest["status"]),
                total=sum(ingest["tracks"].values()) or None,
                completed=report.ended(ingest),
                notes=report.pace(ingest),
            )
            telling.note(ingest)
    report.tell(client, screen, ingest)
    return ingest


def upload(
    screen: Screen, what: str, size_bytes: int, send: Callable[[Callable[[int], None]], IngestView]
) -> IngestView:
    """Send files with a bar of their bytes.

    Args:
        screen: where to show it.
        what: is sent, in a word or two.
        size_bytes: of all of it.
        send: does it; told where to count the bytes.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    quiet = not screen.notes.is_terminal
    with Progress(*columns, console=screen.notes, transient=True, disable=quiet) as progress:
        bar = progress.add_task(f"sending {what}", total=size_bytes or None)
        sent = send(lambda count: progress.advance(bar, count))
    screen.say(f"sent {what}: ingest {sent['id']}")
    return sent


def wait_for_index(client: Client, screen: Screen) -> None:
    """Wait until every track that was taken in can be found."""
    with screen.busy("bringing the index up to date"):
        fresh = client.wait_for_index(timeout_s=_INDEX_S)
    if not fresh:
        screen.say("the index is not up to date yet; the service goes on with it")
