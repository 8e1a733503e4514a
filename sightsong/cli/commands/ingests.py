"""`ingest PATH...`, and what may be done with ingests: `list`, `show`, `pause` and the like."""

from pathlib import Path
from typing import Annotated

import typer

from sightsong.cli import beginning, filling, ledger, report, session
from sightsong.cli.grouping import ITSELF, ArgumentGroup, Itself
from sightsong.cli.options import DEFAULT_URL, AsJson, Server
from sightsong.cli.screen import Screen
from sightsong.client import Client, IngestView

app = typer.Typer(
    cls=ArgumentGroup,
    help="""Take music into the library, and see how that goes.

    Name folders, audio files, archives (zip, tar) or manifests (csv, jsonl) that the service can
    read, or one address in an object store. With --upload they are sent to it. Tracks that are
    known already are not listened to again: repeating an ingest is safe. A folder that is called
    like a subcommand is reached as ./list.""",
    subcommand_metavar="PATH... | COMMAND [ARGS]...",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

IngestId = Annotated[str, typer.Argument(metavar="ID", help="As `sightsong ingest list` shows.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")]


@app.command(ITSELF, hidden=True, cls=Itself)
@session.reported
def ingest(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    sources: Annotated[list[str], typer.Argument(metavar="PATH")],
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only tell what would be done, and how long it takes. With --upload the files "
            "are sent all the same.",
        ),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep the library in step with these folders.")
    ] = False,
    upload: Annotated[
        bool, typer.Option("--upload", help="Send the files to the service.")
    ] = False,
    remove_missing: Annotated[
        bool,
        typer.Option("--remove-missing", help="Remove tracks whose files are gone from there."),
    ] = False,
    restore: Annotated[
        bool, typer.Option("--restore", help="Take in again what you have removed by hand.")
    ] = False,
    library: Annotated[
        str | None,
        typer.Option(
            "--library",
            metavar="NAME",
            help="The part of your collection that these tracks belong to from now on.",
        ),
    ] = None,
    wait: Wait = True,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Take music into the library."""
    beginning.check(sources, upload=upload, server_side=watch or remove_missing)
    if watch and dry_run:
        raise typer.BadParameter("nothing is watched in a dry run; leave one of the two out")
    if watch and library is not None:
        raise typer.BadParameter(
            "what comes into a watched folder later is given no library; leave one of the two out"
        )
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        if upload:
            begun = beginning.send(
                client, screen, sources, dry_run=dry_run, restore=restore, library=library
            )
        else:
            begun = [
                client.ingest(
                    *some,
                    dry_run=dry_run,
                    remove_missing=remove_missing,
                    restore=restore,
                    watch=watch,
                    library=library,
                )
                for some in beginning.portions(sources)
            ]
        ended = _ended(client, screen, begun, wait=wait)
        if watch:
            _tell_watched(client, screen, sources)
    _finish(screen, ended)


@app.command("list")
@session.reported
def listed(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """List the ingests, newest first."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        rows = list(client.ingests(limit=limit))
    screen.show(ledger.ingests(rows))
    screen.result(rows)


@app.command()
@session.reported
def show(
    ctx: typer.Context,
    ingest_id: IngestId,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Show an ingest, and all that it could not take in."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        found = client.ingest_status(ingest_id)
        troubles = list(client.problems(ingest_id))
    screen.show(f"{report.source(found)}: {report.WORDS.get(found['status'], found['status'])}")
    screen.show(report.summary(found))
    rate = report.overall(found) if found["done"] else report.pace(found)
    lines = [line for line in (rate, report.estimate(found)) if line]
    screen.show(*lines, *ledger.troubles(troubles))
    screen.result({**found, "problem_list": troubles})


@app.command()
@session.reported
def follow(
    ctx: typer.Context,
    ingest_id: IngestId,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Follow an ingest to its end."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        ended = _follow(client, screen, client.ingest_status(ingest_id))
    _finish(screen, [ended])


@app.command()
@session.reported
def pause(
    ctx: typer.Context,
    ingest_id: IngestId,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Let an ingest wait. What is being heard now is heard to its end."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        paused = client.pause_ingest(ingest_id)
    screen.show(f"paused; it goes on with: sightsong ingest resume {ingest_id}")
    screen.result(paused)


@app.command()
@session.reported
def resume(
    ctx: typer.Context,
    ingest_id: IngestId,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Let a paused ingest go on."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        resumed = client.resume_ingest(ingest_id)
    screen.show(f"it goes on; follow it with: sightsong ingest follow {ingest_id}")
    screen.result(resumed)


@app.command()
@session.reported
def cancel(
    ctx: typer.Context,
    ingest_id: IngestId,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Give up what is left of an ingest. What was heard stays in the library."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        canceled = client.cancel_ingest(ingest_id)
    screen.show("canceled; what was heard by then stays in the library")
    screen.result(canceled)


@app.command()
@session.reported
def retry(
    ctx: typer.Context,
    ingest_id: IngestId,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Try the tracks of an ingest that failed again."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        tried = client.retry_ingest(ingest_id)
    screen.show(report.tried(tried))
    screen.result(tried)


@app.command()
@session.reported
def watches(ctx: typer.Context, as_json: AsJson = False, server: Server = DEFAULT_URL) -> None:
    """List the folders that are kept in step with the library."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        rows = client.watches()
    screen.show(ledger.watches(rows))
    screen.result(rows)


@app.command()
@session.reported
def unwatch(
    ctx: typer.Context,
    watch_id: Annotated[str, typer.Argument(metavar="ID", help="As `sightsong ingest watches`.")],
    server: Server = DEFAULT_URL,
) -> None:
    """Leave a folder alone from now on. Its tracks stay."""
    with session.connect(ctx, server) as client:
        client.unwatch(watch_id)
    Screen(as_json=False).show("the folder is not watched any more; its tracks stay")


def _ended(
    client: Client, screen: Screen, begun: list[IngestView], *, wait: bool
) -> list[IngestView]:
    if wait:
        return [_follow(client, screen, one) for one in begun]
    for one in begun:
        screen.show(f"ingest {one['id']}; follow it with `sightsong ingest follow {one['id']}`")
    return begun


def _follow(client: Client, screen: Screen, begun: IngestView) -> IngestView:
    try:
        ended = filling.follow(client, screen, begun["id"])
        if ended["error"] is None and report.has_changed_something(ended):
            filling.wait_for_index(client, screen)
    except KeyboardInterrupt:
        screen.say("the ingest goes on in the service:")
        for word, what in (("follow", "see it"), ("pause", "let it wait"), ("cancel", "end it")):
            screen.say(f"  sightsong ingest {word} {begun['id']}   to {what}")
        raise
    return ended


def _tell_watched(client: Client, screen: Screen, sources: list[str]) -> None:
    folders = {str(Path(source).resolve()) for source in sources}
    for watched in client.watches():
        if watched["path"] in folders:
            screen.say(
                f"the service goes on watching {watched['path']}; "
                f"end that with `sightsong ingest unwatch {watched['id']}`"
            )


def _finish(screen: Screen, ended: list[IngestView]) -> None:
    screen.result(ended[0] if len(ended) == 1 else ended)
    if any(one["state"] in {"failed", "canceled"} for one in ended):
        raise typer.Exit(session.FAILED)
