"""`demo`."""

from pathlib import Path
from typing import Annotated

import typer

from sightsong.cli import asking, filling, hosting, session
from sightsong.cli.options import AsJson, DataDir, Device, ModelsDir, Port, Profile
from sightsong.cli.screen import Screen
from sightsong.client import PhotoTaste
from sightsong.core import sniff
from sightsong.core.errors import UnsupportedImage
from sightsong.local import demo as stage


@session.reported
def demo(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    photos: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PHOTO", help="JPEG, PNG or WebP; bundled ones if left out."),
    ] = None,
    library: Annotated[
        Path | None,
        typer.Option("--library", metavar="DIR", help="Your music instead of the bundled tracks."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop after the answers.")] = False,
    data: DataDir = None,
    port: Port = None,
    profile: Profile = None,
    models_dir: ModelsDir = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Show everything at once: start a service, take in music, find tracks for photos.

    Each library gets a data folder of its own, so that demo tracks never mix with yours.
    """
    screen = Screen(as_json=as_json)
    music = stage.library(library)
    pictures = stage.photos(photos or [])
    _check(pictures)
    chosen = hosting.chosen_settings(
        data=data or stage.data_dir(music),
        port=port,
        profile=profile,
        models_dir=models_dir,
        device=device,
        is_private=True,  # each library has a data folder of its own, without keys
    )
    with hosting.hosted(ctx, screen, chosen) as here:
        filling.fill(here.client, screen, music)
        jobs = asking.ask(here.client, screen, pictures, PhotoTaste())
        asking.finish(screen, pictures, jobs)
        if not once:
            hosting.stay(screen, here.service)


def _check(pictures: list[Path]) -> None:
    """See that every photo is one, before a service is started for it.

    Raises:
        UnsupportedImage: one is not; says which.
    """
    for picture in pictures:
        with picture.open("rb") as file:
            if sniff.media_type(file.read(sniff.HEAD_BYTES)) == sniff.UNKNOWN:
                raise UnsupportedImage(f"{picture} is not a JPEG, PNG or WebP image")
