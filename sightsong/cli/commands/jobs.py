"""`jobs` and its subcommands: list, show, cancel, delete and follow."""

from collections.abc import Callable
from typing import Annotated

import typer

from sightsong.cli import moments, session, worklist
from sightsong.cli.options import DEFAULT_URL, AsJson, Server
from sightsong.cli.screen import Screen
from sightsong.client import Client, JobView, ProblemResponse, is_final

app = typer.Typer(
    help="""List the jobs, show, cancel, delete or follow them.

    Every photo and all words that were sent are a job, and stay one until it is deleted or the
    service has kept it long enough.""",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

JobId = Annotated[str, typer.Argument(metavar="ID", help="As `sightsong jobs list` shows.")]
JobIds = Annotated[list[str], typer.Argument(metavar="ID", help="As `sightsong jobs list` shows.")]


@app.command("list")
@session.reported
def listed(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    state: Annotated[
        str | None,
        typer.Option(metavar="STATE", help="queued, running, succeeded, failed or canceled."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="photo or text, or what the service does for itself: ingest, embed, rebuild, "
            "verify, prune; may be given again. Left out: photo and text.",
        ),
    ] = None,
    custom_id: Annotated[
        str | None, typer.Option("--id", metavar="NAME", help="What they were called when sent.")
    ] = None,
    batch: Annotated[
        str | None, typer.Option(metavar="ID", help="Only those of this batch.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            callback=moments.moment,
            help="Sent after, as in 2026-11-20T23:42:07Z; or a day, as in 2026-11-20.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """List the jobs, newest first, without their answers; with --user only those of that user."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        found = client.jobs(
            limit=limit,
            state=state,
            kind=kind,
            custom_id=custom_id,
            batch=batch,
            created_after=since,
            user=client.user,
        )
        rows = list(found)
    screen.show(worklist.jobs(rows))
    screen.result(rows)


@app.command()
@session.reported
def show(
    ctx: typer.Context, job_id: JobId, as_json: AsJson = False, server: Server = DEFAULT_URL
) -> None:
    """Show a job, with its answer if it has one."""
    with session.connect(ctx, server) as client:
        found = client.job(job_id)
    worklist.tell(Screen(as_json=as_json), found)


@app.command()
@session.reported
def follow(
    ctx: typer.Context, job_id: JobId, as_json: AsJson = False, server: Server = DEFAULT_URL
) -> None:
    """Follow a job to its end, and show its answer."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        ended = _followed(client, screen, job_id)
    worklist.tell(screen, ended)


@app.command()
@session.reported
def cancel(
    ctx: typer.Context, job_ids: JobIds, as_json: AsJson = False, server: Server = DEFAULT_URL
) -> None:
    """Cancel jobs that have not ended. Again is fine."""
    screen = Screen(as_json=as_json)
    canceled: list[JobView] = []
    with session.connect(ctx, server) as client:
        refused = _each(
            screen, job_ids, "canceled", lambda job_id: canceled.append(client.cancel(job_id))
        )
    screen.result(canceled[0] if len(job_ids) == 1 and canceled else canceled)
    if refused:
        raise typer.Exit(session.REFUSED)


@app.command()
@session.reported
def delete(ctx: typer.Context, job_ids: JobIds, server: Server = DEFAULT_URL) -> None:
    """Delete jobs, with their photos and answers. They cannot be had back; again is fine."""
    screen = Screen(as_json=False)
    with session.connect(ctx, server) as client:
        if _each(screen, job_ids, "deleted", client.erase):
            raise typer.Exit(session.REFUSED)


def _followed(client: Client, screen: Screen, job_id: str) -> JobView:
    try:
        for job in client.events(job_id):
            if not is_final(job):
                screen.say(worklist.standing(job))
    except KeyboardInterrupt:
        worklist.say_what_goes_on(screen, [(job_id, "")])
        raise
    return job


def _each(
    screen: Screen, job_ids: list[str], done: str, call: Callable[[str], object]
) -> list[ProblemResponse]:
    """Do something with each job; one that is refused does not keep the others from it."""
    refused = []
    for job_id in job_ids:
        try:
            call(job_id)
        except ProblemResponse as problem:
            if not problem.is_refusal:
                raise
            refused.append(problem)
            screen.say(f"{job_id}: {problem.detail}")
        else:
            screen.show(f"{done} {job_id}")
    return refused
