"""`index list` and `index rebuild`."""

import typer

from sightsong.cli import session, show
from sightsong.cli.options import DEFAULT_URL, AsJson, Server
from sightsong.cli.screen import Screen

_REBUILD_S = 3600.0

app = typer.Typer(
    help="Look at the music index, or build it anew.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command("list")
@session.reported
def listed(ctx: typer.Context, as_json: AsJson = False, server: Server = DEFAULT_URL) -> None:
    """List the index snapshots, newest first."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        indexes = client.indexes()
    screen.show(show.indexes(indexes["items"]))
    if indexes["stale"]:
        screen.say("tracks were taken in since the active one; the next is on its way")
    screen.result(indexes)


@app.command()
@session.reported
def rebuild(ctx: typer.Context, as_json: AsJson = False, server: Server = DEFAULT_URL) -> None:
    """Build the index anew, and wait until it is served."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        with screen.busy("building the index"):
            job = client.wait(client.rebuild()["id"], timeout_s=_REBUILD_S)
        screen.show(f"rebuild {job['state']}", *([show.failure(job)] if job["error"] else []))
    screen.result(job)
    if job["state"] != "succeeded":
        raise typer.Exit(session.FAILED)
