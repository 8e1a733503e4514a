"""Many photos as one batch: which they are, how they are sent, and how far it is."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn

from sightsong.cli import globbing
from sightsong.cli.screen import Screen
from sightsong.client import BatchView, Client, ClientError, PhotoTaste, ServiceUnreachable
from sightsong.core.batches import MOST_ITEMS

#: How long the service holds an answer back in which nothing is new.
_WAIT_S = 20.0
#: Between two looks: a batch changes with each of its photos.
_LOOK_S = 0.5
#: How often the service may be away in a row: a restart takes a few seconds, so does each look.
MOST_AWAY = 12
#: Seconds between two lines where no bar is shown.
TELL_EVERY_S = 30.0

Archive = Path


def gathered(words: Sequence[str]) -> list[Path] | Archive:
    """Find the photos that words name; or the archive, where one is named alone.

    Raises:
        BadParameter: there is no photo, or there are too many.
    """
    archives = [word for word in words if word.lower().endswith(".zip")]
    if archives and len(words) > 1:
        raise typer.BadParameter("an archive is sent by itself; leave the others out")
    if archives:
        return globbing.photos(archives)[0]
    photos = globbing.album(words)
    if len(photos) > MOST_ITEMS:
        raise typer.BadParameter(
            f"these are {len(photos):,} photos; an album is made of {MOST_ITEMS:,} at most"
        )
    return photos


def send(
    client: Client, screen: Screen, photos: list[Path] | Archive, taste: PhotoTaste
) -> BatchView:
    """Send photos as one batch, with a bar of their bytes.

    Raises:
        BadParameter: a file cannot be read.
    """
    files = photos if isinstance(photos, list) else [photos]
    what = files[0].name if len(files) == 1 else f"{len(files)} photos"
    quiet = not screen.notes.is_terminal
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    try:
        size_bytes = sum(file.stat().st_size for file in files)
        with Progress(*columns, console=screen.notes, transient=True, disable=quiet) as progress:
            bar = progress.add_task(f"sending {what}", total=size_bytes or None)
            sent = client.submit_batch(
                photos, on_bytes=lambda count: progress.advance(bar, count), **taste
            )
    except OSError as error:
        raise typer.BadParameter(f"cannot read a file: {error}") from error
    except KeyboardInterrupt:
        screen.say("whether the service has all of it, this tells: sightsong batches list")
        raise
    screen.say(f"sent {what}: batch {sent['id']}")
    return sent


def follow(
    client: Client,
    screen: Screen,
    batch: BatchView,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> BatchView:
    """Show how far a batch is until it has ended, and return it then. Ctrl-C leaves it alone.

    Raises:
        ClientError: the service was away for longer than a restart takes, or the batch was erased.
    """
    try:
        with _bar(screen, batch["total"], clock) as tell:
            tell(batch)
            away = 0
            while batch["state"] == "running":
                client.patience.pause(_LOOK_S)
                try:
                    batch, away = client.batch(batch["id"], wait_s=_WAIT_S), 0
                except ServiceUnreachable:
                    away += 1
                    if away >= MOST_AWAY:
                        raise
                tell(batch)
    except (KeyboardInterrupt, ClientError):
        _say_what_goes_on(screen, batch)
        raise
    return batch


def ended(batch: BatchView) -> int:
    """How many of its photos need nothing more."""
    counts = batch["counts"]
    return batch["total"] - counts["queued"] - counts["running"]


def standing(batch: BatchView) -> str:
    """How a batch is, in a line."""
    counts = [f"{count} {state}" for state, count in batch["counts"].items() if count]
    return f"batch {batch['id']}: {batch['state']}: {', '.join(counts)}"


def _say_what_goes_on(screen: Screen, batch: BatchView) -> None:
    screen.say("the batch goes on in the service:")
    for word, what in (("follow", "see it"), ("playlist", "listen"), ("cancel", "end it")):
        screen.say(f"  sightsong batches {word} {batch['id']}   to {what}")


@contextmanager
def _bar(
    screen: Screen, total: int, clock: Callable[[], float]
) -> Iterator[Callable[[BatchView], None]]:
    """Something that shows how far a batch is: a bar on a terminal, lines elsewhere."""
    quiet = not screen.notes.is_terminal
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen.notes, transient=True, disable=quiet) as progress:
        task = progress.add_task("listening", total=total)
        told_at = clock()

        def tell(batch: BatchView) -> None:
            nonlocal told_at
            done, now = ended(batch), clock()
            progress.update(task, completed=done)
            if quiet and now - told_at >= TELL_EVERY_S:
                told_at = now
                screen.say(f"{done} of {total} done")

        yield tell
