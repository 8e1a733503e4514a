"""The playlist of a batch: had, shown, and written to a file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from sightsong.cli import show
from sightsong.cli.screen import Screen
from sightsong.client import Client, PlaylistView
from sightsong.core.batches import MOST_ITEMS
from sightsong.core.errors import SightsongError


class CannotWrite(SightsongError):
    """A playlist cannot be written where it is wanted."""

    code = "cannot_write"


#: Matches of one photo that a playlist is made of at most.
_MANY_MATCHES = 20
_Order = Literal["given", "path"]
#: What each ending of a file stands for; a service itself speaks JSON.
_FORMATS: Mapping[str, Literal["m3u8", "jspf"] | None] = {
    ".m3u8": "m3u8",
    ".jspf": "jspf",
    ".json": None,
}

Tracks = Annotated[
    int | None,
    typer.Option(
        "--tracks",
        min=1,
        max=MOST_ITEMS,
        metavar="N",
        help="How many tracks; one for each photo if left out.",
    ),
]
Order = Annotated[
    _Order | None,
    typer.Option(
        "--order",
        metavar="given|path",
        help="In the order of the photos, or along the shortest way through their feelings.",
    ),
]


def writable(path: Path | None) -> Path | None:
    """Let the path of a playlist pass, before any work is done for it.

    Raises:
        BadParameter: its ending is of no format that we know, or there is no such folder.
    """
    if path is None:
        return None
    if path.suffix.lower() not in _FORMATS:
        raise typer.BadParameter(f"the file is to end in one of {', '.join(_FORMATS)}")
    if path.is_dir() or not path.parent.is_dir():
        raise typer.BadParameter(f"{path} can be no file: there is no folder for it, or it is one")
    return path


def have(
    client: Client,
    screen: Screen,
    batch_id: str,
    *,
    tracks: int | None,
    order: _Order | None,
    file: Path | None,
) -> PlaylistView:
    """Show the playlist of a batch, write it to a file if one is named, and return it.

    Raises:
        ProblemResponse: nothing of the batch has succeeded yet.
        CannotWrite: the file cannot be written.
    """
    made = client.playlist(batch_id, tracks=tracks, order=order)
    screen.show(shown(made))
    short = too_short(made, asked=tracks)
    if short:
        screen.say(short)
    if file is None:
        return made
    form = _FORMATS[file.suffix.lower()]
    if form is None:
        text = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
    else:
        text = client.playlist_file(batch_id, form, tracks=tracks, order=order)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(
            f"cannot write {file} ({error.strerror}); try another place with: "
            f"sightsong batches playlist {batch_id} --out FILE"
        ) from error
    screen.say(f"wrote {file}")
    return made


def too_short(playlist: PlaylistView, *, asked: int | None) -> str:
    """Say why tracks are fewer than photos, or than were asked for; empty where they are not.

    No track is there twice: photos that are alike offer the same ones.
    """
    found, photos = len(playlist["tracks"]), playlist["photos"]
    if not found or found >= (photos if asked is None else asked):
        return ""
    wanted = f"{photos} photos" if asked is None else f"the {asked} that you asked for"
    return (
        f"{found} tracks for {wanted}: nothing else was among the matches; "
        f"`sightsong album --topk {_MANY_MATCHES}` lets each photo offer more"
    )


def shown(playlist: PlaylistView) -> RenderableType:
    """A playlist, track by track."""
    rows = playlist["tracks"]
    if not rows:
        return Text("no track goes with these photos; is there any music in the library?")
    table = show.table("#", "length", "track, and why")
    for number, row in enumerate(rows, 1):
        artist = f", {show.plain(row['artist'])}" if row["artist"] else ""
        name = Text(show.plain(row["title"]), style="bold") + Text(artist, style="not bold")
        length = row["duration_s"]
        table.add_row(
            str(number),
            "" if length is None else show.clock(length),
            Group(name, Text(show.plain(row["why"]), style="dim")),
        )
    return table
