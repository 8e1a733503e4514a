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

AlbumId = Annotated[
    str | None,
    typer.Option("--id", metavar="NAME", callback=_named, help="What you call all of them."),
]
NoCaption = Annotated[
    bool,
    typer.Option("--no-caption", help="Do not describe the photo in words."),
]
Webhook = Annotated[
    str | None,
    typer.Option(
        "--webhook",
        metavar="ID",
        callback=_named,
        help="Tell this one when it is done, as `sightsong webhooks list` shows.",
    ),
]
NoPersonal = Annotated[
    bool,
    typer.Option("--no-personal", help="Leave what is remembered of you out of this answer."),
]
NoCache = Annotated[
    bool,
    typer.Option("--no-cache", help="Have it answered anew, even if it was asked before."),
]


def _of_text(
    *,
    priority: Priority = None,
    deadline: Deadline = None,
    custom_id: CustomId = None,
    webhook: Webhook = None,
    no_personal: NoPersonal = False,
    no_cache: NoCache = False,
) -> Handling:
    handling = Handling(
        priority=priority, deadline_s=deadline, custom_id=custom_id, webhook=webhook
    )
    _leave_out(handling, memory=no_personal, cache=no_cache)
    return handling


def _of_photo(  # noqa: PLR0913 - one parameter is one option of the command line
    *,
    priority: Priority = None,
    deadline: Deadline = None,
    custom_id: CustomId = None,
    webhook: Webhook = None,
    no_personal: NoPersonal = False,
    no_cache: NoCache = False,
    no_keep: NoKeep = False,
    no_caption: NoCaption = False,
) -> PhotoTaste:
    handling = PhotoTaste(
        priority=priority,
        deadline_s=deadline,
        custom_id=custom_id,
        webhook=webhook,
        keep_image_s=0 if no_keep else None,
    )
    _leave_out(handling, memory=no_personal, cache=no_cache)
    if no_caption:
        handling["caption"] = False
    return handling


def _leave_out(handling: Handling, *, memory: bool, cache: bool) -> None:
    if memory:
        handling["personal"] = False
    if cache:
        handling["cache"] = False


def _of_album(  # noqa: PLR0913 - one parameter is one option of the command line
    *,
    priority: Priority = None,
    deadline: Deadline = None,
    custom_id: AlbumId = None,
    webhook: Webhook = None,
    no_personal: NoPersonal = False,
    no_cache: NoCache = False,
    no_keep: NoKeep = False,
    no_caption: NoCaption = False,
) -> PhotoTaste:
    return _of_photo(
        priority=priority,
        deadline=deadline,
        custom_id=custom_id,
        webhook=webhook,
        no_personal=no_personal,
        no_cache=no_cache,
        no_keep=no_keep,
        no_caption=no_caption,
    )


#: Give a command these options in the place of its parameter `handling`.
handles_words = in_place_of("handling", _of_text)
handles_photos = in_place_of("handling", _of_photo)
handles_albums = in_place_of("handling", _of_album)
