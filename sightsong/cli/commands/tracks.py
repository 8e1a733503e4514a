"""`tracks` and its subcommands: list, show, edit and remove tracks, and find others like one."""

from typing import Annotated, Literal

import typer

from sightsong.cli import session, show
from sightsong.cli.choosing import choosy
from sightsong.cli.grouping import ITSELF, BareGroup, Itself
from sightsong.cli.options import DEFAULT_URL, AsJson, Server, TopK
from sightsong.cli.screen import Screen
from sightsong.client import Choice, Likeness, TrackEdit, TrackQuery

app = typer.Typer(
    cls=BareGroup,
    help="List the tracks of the library, find others like one, edit or remove them.",
    subcommand_metavar="[COMMAND [ARGS]...]",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

TrackIdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `sightsong tracks` shows.")]


@app.command(ITSELF, hidden=True, cls=Itself)
@session.reported
def listed(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    genre: Annotated[str | None, typer.Option(help="Only of this genre.")] = None,
    mood: Annotated[str | None, typer.Option(help="Only with this mood in their tags.")] = None,
    artist: Annotated[str | None, typer.Option(help="Only of this artist.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only with this tag.")] = None,
    search: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="Only with these words in title, artist, album, tags."),
    ] = None,
    state: Annotated[
        Literal["pending", "ready", "quarantined"] | None,
        typer.Option(
            metavar="pending|ready|quarantined",
            help="Only those that wait to be heard, can be found, or were set aside.",
        ),
    ] = None,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Only recordings that are there several times.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="How many; all of them if left out.")] = (
        None
    ),
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """List the tracks of the library."""
    screen = Screen(as_json=as_json)
    asked = {"genre": genre, "mood": mood, "artist": artist, "tag": tag, "q": search}
    if "" in asked.values():
        raise typer.BadParameter("an empty text narrows nothing; leave its option out")
    asked |= {"state": state}
    where = TrackQuery(**{name: text for name, text in asked.items() if text is not None})  # type: ignore[typeddict-item]
    if duplicates:
        where["duplicates"] = True
    with session.connect(ctx, server) as client:
        rows = list(client.tracks(limit=limit, **where))
    if rows or not where:
        screen.show(show.tracks(rows, recordings=duplicates))
    else:
        screen.show("no track is like that")
    screen.result(rows)


@app.command("show")
@session.reported
def shown(
    ctx: typer.Context,
    track_id: TrackIdArgument,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Show all that is known of a track."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        found = client.track(track_id)
    screen.show(show.track(found))
    screen.result(found)


@app.command()
@session.reported
@choosy
def similar(
    ctx: typer.Context,
    *,
    track_id: TrackIdArgument,
    topk: TopK = None,
    choice: Choice,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Find the tracks that sound most like one."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        found = client.similar(track_id, **Likeness(**choice, limit=topk))
    screen.show(show.similar(found["items"], choice))
    screen.result(found)


@app.command()
@session.reported
def edit(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    track_id: TrackIdArgument,
    title: Annotated[str | None, typer.Option()] = None,
    artist: Annotated[str | None, typer.Option()] = None,
    album: Annotated[str | None, typer.Option()] = None,
    genre: Annotated[str | None, typer.Option()] = None,
    mood: Annotated[str | None, typer.Option()] = None,
    licence: Annotated[str | None, typer.Option()] = None,
    library: Annotated[
        str | None, typer.Option(metavar="NAME", help="The part of your collection it belongs to.")
    ] = None,
    explicit: Annotated[
        bool | None, typer.Option("--explicit/--clean", help="Whether its words are explicit.")
    ] = None,
    tags: Annotated[str | None, typer.Option(metavar="A,B,…", help="All of its tags.")] = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Say something else of a track. An empty text takes your word back.

    Your words weigh more than those in the file, and a new scan does not change them.
    """
    given = {
        "title": title,
        "artist": artist,
        "album": album,
        "genre": genre,
        "mood": mood,
        "licence": licence,
        "library": library,
    }
    changes: dict[str, object] = {
        name: text or None for name, text in given.items() if text is not None
    }
    if explicit is not None:
        changes["explicit"] = explicit
    if tags is not None:
        changes["tags"] = [tag.strip() for tag in tags.split(",") if tag.strip()] or None
    if not changes:
        raise typer.BadParameter("say what to change, for instance --title")
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        track = client.edit_track(track_id, **TrackEdit(**changes))  # type: ignore[typeddict-item]
    screen.show(show.track(track))
    screen.result(track)


@app.command()
@session.reported
def remove(
    ctx: typer.Context,
    track_ids: Annotated[list[str], typer.Argument(metavar="ID")],
    server: Server = DEFAULT_URL,
) -> None:
    """Remove tracks from the library. Their files stay, and ingests leave them alone.

    To have one again: `sightsong ingest FOLDER --restore`.
    """
    screen = Screen(as_json=False)
    with session.connect(ctx, server) as client:
        for track_id in track_ids:
            client.remove_track(track_id)
            screen.show(f"removed {track_id}")
