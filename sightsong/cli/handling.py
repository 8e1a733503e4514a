"""The options of all submits: how a job is to be handled, whatever it asks."""

from typing import Annotated

import typer

from sightsong.cli.expanding import in_place_of
from sightsong.cli.options import finite
from sightsong.client import Handling, PhotoTaste


def _named(name: str | None) -> str | None:
    if name is not None and not name.strip():
        raise typer.BadParameter("an empty text names nothing")
    return name


Priority = Annotated[
    int | None,
    typer.Option("--priority", min=0, max=2, metavar="0|1|2", help="0 goes first, 2 last."),
]
Deadline = Annotated[
    float | None,
    typer.Option(
        "--deadline",
        min=0,
        metavar="SECONDS",
        callback=finite,
        help="Give up what has not begun by then.",
    ),
]
CustomId = Annotated[
    str | None,
    typer.Option(
        "--id",
        metavar="NAME",
        callback=_named,
        help="What you call it; `sightsong jobs list --id NAME` finds it.",
    ),
]
NoKeep = Annotated[
    bool,
    typer.Option("--no-keep", help="Have the photo deleted as soon as it is answered."),
]

NoCaption = Annotated[
    bool,
    typer.Option("--no-caption", help="Do not describe the photo in words."),
]


def _of_text(
    *, priority: Priority = None, deadline: Deadline = None, custom_id: CustomId = None
) -> Handling:
    return Handling(priority=priority, deadline_s=deadline, custom_id=custom_id)


def _of_photo(
    *,
    priority: Priority = None,
    deadline: Deadline = None,
    custom_id: CustomId = None,
    no_keep: NoKeep = False,
    no_caption: NoCaption = False,
) -> PhotoTaste:
    keep_s = 0 if no_keep else None
    handling = PhotoTaste(
        priority=priority, deadline_s=deadline, custom_id=custom_id, keep_image_s=keep_s
    )
    if no_caption:
        handling["caption"] = False
    return handling


#: Give a command these options in the place of its parameter `handling`.
handles_words = in_place_of("handling", _of_text)
handles_photos = in_place_of("handling", _of_photo)
