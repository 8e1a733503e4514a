"""`recommend`, `submit` and `job`."""

from pathlib import Path
from typing import Annotated

import typer

from sightsong.cli import asking, player, session, show
from sightsong.cli.choosing import choosy
from sightsong.cli.options import (
    DEFAULT_URL,
    Alpha,
    AsJson,
    Moods,
    Photo,
    Play,
    Server,
    TopK,
    finite,
)
from sightsong.cli.screen import Screen
from sightsong.client import Choice, is_final


@session.reported
@choosy
def recommend(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    photos: Annotated[
        list[Path],
        typer.Argument(
            metavar="PHOTO", exists=True, dir_okay=False, help="JPEG, PNG or WebP files."
        ),
    ],
    topk: TopK = None,
    alpha: Alpha = None,
    moods: Moods = "",
    choice: Choice,
    play: Play = False,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Find the tracks of your library that fit photos."""
    screen = Screen(as_json=as_json)
    if play:
        player.find_player()  # before the work, not after it
    with session.connect(ctx, server) as client:
        jobs = asking.ask(
            client, screen, photos, {**choice, "top_k": topk, "alpha": alpha, "moods": moods}
        )
        if play:
            asking.play_best(client, screen, [asking.matches(job) for job in jobs])
    asking.finish(screen, photos, jobs)


@session.reported
@choosy
def submit(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    photo: Photo,
    topk: TopK = None,
    alpha: Alpha = None,
    moods: Moods = "",
    choice: Choice,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Send a photo and print its job id, without waiting."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        sent = asking.submit(
            client, photo, {**choice, "top_k": topk, "alpha": alpha, "moods": moods}
        )
    screen.show(sent["id"])
    screen.result(sent)


@session.reported
def job(
    ctx: typer.Context,
    job_id: Annotated[str, typer.Argument(metavar="ID")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is final.")] = False,
    timeout: Annotated[
        float, typer.Option(min=0, callback=finite, help="Seconds to wait at most.")
    ] = 600,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Show a job, or wait for it."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        found = client.wait(job_id, timeout_s=timeout) if wait else client.job(job_id)
    title = f"{found['kind']} job {found['id']}: {found['state']}"
    if found["kind"] in {"photo", "text"} and is_final(found):
        screen.show(show.answer(title, found))
    else:
        screen.show(title, *([show.failure(found)] if found["error"] else []))
    screen.result(found)
    if found["state"] in {"failed", "canceled"}:
        raise typer.Exit(session.FAILED)
