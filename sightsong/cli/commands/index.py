"""`index` and its subcommands: look at the snapshots, build, check, choose and remove them."""

from typing import Annotated

import typer

from sightsong.cli import session, show, versions
from sightsong.cli.options import DEFAULT_URL, AsJson, Server
from sightsong.cli.screen import Screen
from sightsong.client import Client, JobView

#: A million tracks take minutes.
_WORK_S = 3600.0

app = typer.Typer(
    help="""Look at the music index, build it anew, or go back to an older one.

    The index is a row of snapshots that never change; one of them is active, and searches run on it
    and on what has changed since. New tracks are found within seconds, whichever snapshot is
    active, and a new one is built by itself when enough has changed.""",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Version = Annotated[str, typer.Argument(metavar="VERSION", help="As `sightsong index list` shows.")]


@app.command("list")
@session.reported
def listed(ctx: typer.Context, as_json: AsJson = False, server: Server = DEFAULT_URL) -> None:
    """List the index snapshots, newest first.

    The recall is the share of the ten nearest tracks that the snapshot finds, for the kind of
    queries that it finds fewest of; it was measured when the snapshot was built.
    """
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        found = client.indexes()
    screen.show(versions.indexes(found["items"], changed=found["delta"]["tracks"]))
    for line in versions.standing(found):
        screen.say(line)
    screen.result(found)


@app.command("show")
@session.reported
def shown(
    ctx: typer.Context,
    version: Version,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Show one snapshot."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        found = client.index(version)
    screen.show(versions.index(found))
    screen.result(found)


@app.command()
@session.reported
def rebuild(ctx: typer.Context, as_json: AsJson = False, server: Server = DEFAULT_URL) -> None:
    """Build the index anew, and wait until it is served. A pinned snapshot is pinned no more."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        job = _done(client, screen, client.rebuild(), what="building the index")
    screen.show(f"rebuild {job['state']}")
    _finish(screen, job)


@app.command()
@session.reported
def verify(
    ctx: typer.Context,
    version: Version,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Compare a snapshot with its manifest, file by file.

    Status 1 if something is missing or altered.
    """
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        begun = client.verify_index(version)
        job = _done(client, screen, begun, what=f"reading {version} through")
    found = job["result"] or {}
    if found.get("is_sound"):
        screen.show(f"{version} is what its manifest says")
    elif job["state"] == "succeeded":
        screen.show(f"{version} is damaged: {show.plain(found.get('reason') or 'unknown')}")
    _finish(screen, job, is_well=bool(found.get("is_sound")))


@app.command()
@session.reported
def activate(
    ctx: typer.Context,
    version: Version,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Search on this snapshot from now on, and pin it.

    It may be an older one, to go back to. It stays until you activate another or ask for
    `sightsong index rebuild`; until then none is built by itself. What has changed since it was
    built is found all the same.
    """
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        active = client.activate(version)
    screen.show(
        f"{active['version']} is active and pinned: it stays until you activate another, "
        "or ask for `sightsong index rebuild`"
    )
    screen.result(active)


@app.command()
@session.reported
def prune(ctx: typer.Context, as_json: AsJson = False, server: Server = DEFAULT_URL) -> None:
    """Remove snapshots that nobody needs.

    The active one stays, and so do some before it to go back to: SIGHTSONG_INDEX_KEPT says how
    many. Each rebuild does this too.
    """
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        job = _done(client, screen, client.prune_indexes(), what="looking for what nobody needs")
    if job["state"] == "succeeded":
        screen.show(versions.pruned(job))
    _finish(screen, job)


def _done(client: Client, screen: Screen, job: JobView, *, what: str) -> JobView:
    with screen.busy(what):
        return client.wait(job["id"], timeout_s=_WORK_S)


def _finish(screen: Screen, job: JobView, *, is_well: bool = True) -> None:
    if job["error"]:
        screen.show(show.failure(job))
    screen.result(job)
    if job["state"] != "succeeded" or not is_well:
        raise typer.Exit(session.FAILED)
