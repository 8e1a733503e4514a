"""`album`, and `batches` with its subcommands."""

import contextlib
import itertools
from pathlib import Path
from typing import Annotated, Literal

import typer

from sightsong.cli import albums, batchlist, playlists, session
from sightsong.cli.choosing import choosy
from sightsong.cli.handling import handles_albums
from sightsong.cli.options import DEFAULT_URL, Alpha, AsJson, Moods, Server, TopK
from sightsong.cli.screen import Screen
from sightsong.client import BatchView, Choice, Client, PhotoTaste

app = typer.Typer(
    help="""List the batches of photos, follow them, and have their results and playlists.

    A batch is many photos that were sent at once, as `sightsong album` does. Each of them is a job
    of its own; `sightsong jobs list --batch ID` lists them.""",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

BatchId = Annotated[str, typer.Argument(metavar="ID", help="As `sightsong batches list` shows.")]
#: How an item ends without an answer for a reason of its own.
_WITH_A_REASON: tuple[Literal["refused", "failed"], ...] = ("refused", "failed")
#: Items of each of them that are told one by one.
_MOST_TOLD = 20


@session.reported
@choosy
@handles_albums
def album(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    photos: Annotated[
        list[str],
        typer.Argument(
            metavar="PHOTOS",
            help="JPEG, PNG or WebP files, patterns, folders with all below them; or one .zip.",
        ),
    ],
    playlist: Annotated[
        Path | None,
        typer.Option(
            "--playlist",
            metavar="FILE",
            callback=playlists.writable,
            help="Write the playlist there: .m3u8, .jspf or .json.",
        ),
    ] = None,
    tracks: playlists.Tracks = None,
    order: playlists.Order = None,
    topk: TopK = None,
    alpha: Alpha = None,
    moods: Moods = "",
    choice: Choice,
    handling: PhotoTaste,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Make one playlist out of many photos.

    They are sent as one batch. Photos without an answer are told at the end. Ctrl-C cancels
    nothing: it says which batch goes on in the service.
    """
    found = albums.gathered(photos)
    taste = PhotoTaste(**choice, **handling, top_k=topk, alpha=alpha, moods=moods)
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        sent = albums.send(client, screen, found, taste)
        batch = albums.follow(client, screen, sent)
        made = None
        if batch["counts"]["succeeded"]:
            made = playlists.have(
                client, screen, batch["id"], tracks=tracks, order=order, file=playlist
            )
        _tell_failed(client, screen, batch)
    screen.result({"batch": batch, "playlist": made})
    _finish(batch)


@app.command("list")
@session.reported
def listed(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """List the batches, newest first: those of all your users, whoever --user says you are."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        rows = list(client.batches(limit=limit))
    screen.show(batchlist.batches(rows))
    screen.result(rows)


@app.command()
@session.reported
def show(
    ctx: typer.Context, batch_id: BatchId, as_json: AsJson = False, server: Server = DEFAULT_URL
) -> None:
    """Show how far a batch is."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        batch = client.batch(batch_id)
    screen.show(albums.standing(batch))
    screen.result(batch)


@app.command()
@session.reported
def follow(
    ctx: typer.Context, batch_id: BatchId, as_json: AsJson = False, server: Server = DEFAULT_URL
) -> None:
    """Follow a batch to its end, and tell which photos have no answer."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        batch = albums.follow(client, screen, client.batch(batch_id))
        screen.show(albums.standing(batch))
        _tell_failed(client, screen, batch)
    screen.result(batch)
    _finish(batch)


@app.command()
@session.reported
def results(
    ctx: typer.Context,
    *,
    batch_id: BatchId,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="STATE",
            help="Only queued, running, succeeded, failed, canceled or refused ones.",
        ),
    ] = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """List what became of each photo of a batch, in their order; --json has all of the answers."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        rows = list(client.batch_results(batch_id, state=state))
    screen.show(batchlist.items(rows))
    screen.result(rows)


@app.command()
@session.reported
def playlist(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    batch_id: BatchId,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            callback=playlists.writable,
            help="Write it there: .m3u8, .jspf or .json.",
        ),
    ] = None,
    tracks: playlists.Tracks = None,
    order: playlists.Order = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Show the playlist of a batch, or write it to a file. While it runs: of what is answered."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        made = playlists.have(client, screen, batch_id, tracks=tracks, order=order, file=out)
    screen.result(made)


@app.command()
@session.reported
def cancel(
    ctx: typer.Context, batch_id: BatchId, as_json: AsJson = False, server: Server = DEFAULT_URL
) -> None:
    """Give up what is left of a batch. What is answered stays; again is fine."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        batch = client.cancel_batch(batch_id)
    screen.show(f"canceled {batch_id}; what was answered by then stays")
    screen.result(batch)


@app.command()
@session.reported
def delete(ctx: typer.Context, batch_id: BatchId, server: Server = DEFAULT_URL) -> None:
    """Delete a batch, with its photos and answers. They cannot be had back; again is fine."""
    with session.connect(ctx, server) as client:
        client.erase_batch(batch_id)
    Screen(as_json=False).show(f"deleted {batch_id}")


def _tell_failed(client: Client, screen: Screen, batch: BatchView) -> None:
    """Say how many have no answer, and why the first ones that could have had one have none."""
    counts = batch["counts"]
    unanswered = counts["refused"] + counts["failed"] + counts["canceled"]
    if not unanswered:
        return
    screen.say(f"{unanswered} of {batch['total']} have no answer:")
    for state in _WITH_A_REASON:
        if counts[state]:
            _tell_why(client, screen, batch["id"], state)
    if counts["canceled"]:
        screen.say(f"  {counts['canceled']} canceled")


def _tell_why(client: Client, screen: Screen, batch_id: str, state: str) -> None:
    rows = client.batch_results(batch_id, state=state)
    with contextlib.closing(rows):
        for row in itertools.islice(rows, _MOST_TOLD):
            screen.say(f"  {batchlist.name_of(row)}: {batchlist.why_not(row)}")
        if next(rows, None) is not None:
            screen.say(f"  …; all of them: sightsong batches results {batch_id} --state {state}")


def _finish(batch: BatchView) -> None:
    if batch["counts"]["succeeded"] < batch["total"]:
        raise typer.Exit(session.FAILED)
