"""`recommend`, `submit` and `job`."""

from typing import Annotated

import typer

from sightsong.cli import asking, gallery, globbing, player, session, worklist
from sightsong.cli.choosing import choosy
from sightsong.cli.handling import handles_photos
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
from sightsong.client import Choice, PhotoTaste


@session.reported
@choosy
@handles_photos
def recommend(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    photos: Annotated[
        list[str],
        typer.Argument(
            metavar="PHOTO", help="JPEG, PNG or WebP files, or patterns such as 'trip/**/*.jpg'."
        ),
    ],
    topk: TopK = None,
    alpha: Alpha = None,
    moods: Moods = "",
    choice: Choice,
    handling: PhotoTaste,
    play: Play = False,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Find the tracks of your library that fit photos.

    Of many photos, those that have no answer are told at the end. Ctrl-C cancels nothing: it says
    which jobs go on in the service.
    """
    paths = globbing.photos(photos)
    taste = PhotoTaste(**choice, **handling, top_k=topk, alpha=alpha, moods=moods)
    screen = Screen(as_json=as_json)
    if play:
        player.find_player()  # before the work, not after it
    with session.connect(ctx, server) as client:
        asked = gallery.ask(client, screen, paths, taste)
        if play:
            found = [asking.matches(one.job) for one in asked if one.job is not None]
            asking.play_best(client, screen, found)
    gallery.finish(screen, asked)


@session.reported
@choosy
@handles_photos
def submit(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    photo: Photo,
    topk: TopK = None,
    alpha: Alpha = None,
    moods: Moods = "",
    choice: Choice,
    handling: PhotoTaste,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Send a photo and print its job id, without waiting."""
    screen = Screen(as_json=as_json)
    taste = PhotoTaste(**choice, **handling, top_k=topk, alpha=alpha, moods=moods)
    with session.connect(ctx, server) as client:
        sent = asking.submit(client, photo, taste)
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
    worklist.tell(screen, found)
