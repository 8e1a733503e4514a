"""`ingest` and `tracks`."""

from pathlib import Path
from typing import Annotated

import typer

from sightsong.cli import filling, session, show
from sightsong.cli.options import DEFAULT_URL, AsJson, Server
from sightsong.cli.screen import Screen
from sightsong.client import Client, IngestView


@session.reported
def ingest(
    ctx: typer.Context,
    path: Annotated[
        Path | None, typer.Argument(exists=True, help="A folder of music that the service sees.")
    ] = None,
    watch: Annotated[
        str | None, typer.Option("--watch", metavar="ID", help="Follow an ingest begun before.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Take a folder of music into the library.

    Tracks that are known already are not listened to again: repeating an ingest is safe.
    """
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        begun = _begin(client, path, watch)
        ended = _follow(client, screen, begun) if wait else begun
    if not wait:
        screen.show(f"ingest {begun['id']}; follow it with `sightsong ingest --watch ID`")
    screen.result(ended)
    if ended["state"] in {"failed", "canceled"}:
        raise typer.Exit(session.FAILED)


@session.reported
def tracks(
    ctx: typer.Context,
    limit: Annotated[int | None, typer.Option(min=1, help="How many; all of them if left out.")] = (
        None
    ),
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """List the tracks of the library."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        rows = list(client.tracks(limit=limit))
    screen.show(show.tracks(rows))
    screen.result(rows)


def _begin(client: Client, path: Path | None, watch: str | None) -> IngestView:
    if path is not None and watch is None:
        return client.ingest(path)
    if watch is not None and path is None:
        return client.ingest_status(watch)
    raise typer.BadParameter("give either a PATH or --watch ID")


def _follow(client: Client, screen: Screen, begun: IngestView) -> IngestView:
    try:
        ended = filling.follow(client, screen, begun["id"])
        if ended["error"] is None:
            filling.wait_for_index(client, screen)
    except KeyboardInterrupt:
        again = f"sightsong ingest --watch {begun['id']}"
        screen.say(f"the ingest goes on in the service; follow it again with `{again}`")
        raise
    return ended
