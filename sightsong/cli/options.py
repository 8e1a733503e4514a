"""Options that several commands share."""

import math
from pathlib import Path
from typing import Annotated

import typer

from sightsong.client import DEFAULT_URL


def finite(value: float | None) -> float | None:
    """Let a number pass that is one: the shell's `nan`, `inf` and `1e400` say nothing.

    Raises:
        BadParameter: it is none.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter("say a finite number")
    return value


Server = Annotated[
    str,
    typer.Option("--server", envvar="SIGHTSONG_SERVER", metavar="URL", help="The service to use."),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="Print the result as one line of JSON, the last one on standard output."
    ),
]
TopK = Annotated[
    int | None,
    typer.Option("--topk", min=1, max=50, metavar="N", help="How many tracks to find."),
]
Alpha = Annotated[
    float | None,
    typer.Option(
        "--alpha",
        min=0,
        max=1,
        callback=finite,
        help="Weight of meaning (1) against feeling (0).",
    ),
]
Moods = Annotated[
    str,
    typer.Option("--moods", metavar="A,B,…", help="Mood labels to score, for instance happy,sad."),
]
Play = Annotated[
    bool, typer.Option("--play", help="Play ten seconds of the first track of each answer.")
]
Photo = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JPEG, PNG or WebP.")
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Where the service keeps everything."),
]
Port = Annotated[
    int | None,
    typer.Option("--port", min=1, max=65535, metavar="N", help="Where the service listens."),
]
Profile = Annotated[
    str | None, typer.Option("--profile", metavar="lite|full", help="Which models to use.")
]
ModelsDir = Annotated[
    Path | None,
    typer.Option("--models-dir", metavar="DIR", help="Where the weights of the full profile are."),
]
Device = Annotated[
    str | None,
    typer.Option("--device", metavar="auto|cpu|cuda|cuda:N", help="What the full profile runs on."),
]
Clap = Annotated[
    str | None,
    typer.Option(
        "--clap",
        metavar="NAME",
        help="The text and music model: laion/larger_clap_music or laion/clap-htsat-unfused.",
    ),
]

__all__ = [
    "DEFAULT_URL",
    "Alpha",
    "AsJson",
    "Clap",
    "DataDir",
    "Device",
    "ModelsDir",
    "Moods",
    "Photo",
    "Play",
    "Port",
    "Profile",
    "Server",
    "TopK",
    "finite",
]
