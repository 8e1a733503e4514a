"""`me` and its subcommands: who asks, what is remembered of them, and how it is forgotten."""

from typing import Annotated, Any

import typer

from sightsong.cli import people, session, worklist
from sightsong.cli.grouping import ITSELF, BareGroup, Itself
from sightsong.cli.options import DEFAULT_URL, AsJson, Server, finite
from sightsong.cli.screen import Screen

app = typer.Typer(
    cls=BareGroup,
    help="""Show who you are to the service, and what it remembers of you; forget it.

    Where your key has users, `--user NAME` says which one. What is remembered of them, their
    preferences and what they liked and skipped, has a small say in their answers.""",
    subcommand_metavar="[COMMAND [ARGS]...]",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _several(metavar: str, help_text: str) -> Any:  # noqa: ANN401 - what typer calls an option
    return typer.Option(metavar=metavar, help=help_text)


Limit = Annotated[int, typer.Option(min=1, help="How many.")]


@app.command(ITSELF, hidden=True, cls=Itself)
@session.reported
def me(ctx: typer.Context, as_json: AsJson = False, server: Server = DEFAULT_URL) -> None:
    """Show who you are to the service: tenant, user, key, and what you asked for today."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        who, usage = client.me(), client.usage()
    screen.show(people.me(who, usage))
    screen.result({**who, "usage": usage})


@app.command()
@session.reported
def prefs(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    genre: Annotated[
        list[str] | None,
        _several("NAME", "A genre you like; this and the next may be given again."),
    ] = None,
    no_genre: Annotated[list[str] | None, _several("NAME", "A genre that is no favourite.")] = None,
    never_artist: Annotated[
        list[str] | None, _several("NAME", "Never find anything of this artist.")
    ] = None,
    allow_artist: Annotated[list[str] | None, _several("NAME", "Find this artist again.")] = None,
    never_track: Annotated[list[str] | None, _several("ID", "Never find this track.")] = None,
    allow_track: Annotated[list[str] | None, _several("ID", "Find this track again.")] = None,
    alpha: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            callback=finite,
            help="Weight of meaning (1) against feeling (0), where a request says none.",
        ),
    ] = None,
    no_alpha: Annotated[
        bool, typer.Option("--no-alpha", help="Leave that to the service again.")
    ] = False,
    personal: Annotated[
        bool | None,
        typer.Option("--personal/--no-personal", help="Whether memory has a say in answers."),
    ] = None,
    learn: Annotated[
        bool | None,
        typer.Option("--learn/--no-learn", help="Whether likes and skips are taken at all."),
    ] = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Show your preferences, or change what you name; the rest stays as it is."""
    if alpha is not None and no_alpha:
        raise typer.BadParameter("--no-alpha takes back what --alpha says; leave one of them out")
    flags = {"alpha": alpha, "personal": personal, "learn": learn}
    wish = people.Wish(
        genres=people.Words(added=genre or (), taken=no_genre or ()),
        artists=people.Words(added=never_artist or (), taken=allow_artist or ()),
        tracks=people.Words(added=never_track or (), taken=allow_track or ()),
        flags={name: value for name, value in flags.items() if value is not None}
        | ({"alpha": None} if no_alpha else {}),
    )
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        found = client.preferences()
        if wish:
            found = client.set_preferences(**wish.of(found))
    screen.show(people.preferences(found))
    screen.result(found)


@app.command()
@session.reported
def history(
    ctx: typer.Context, limit: Limit = 20, as_json: AsJson = False, server: Server = DEFAULT_URL
) -> None:
    """List what you asked for, newest first."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        rows = list(client.history(limit=limit))
    screen.show(worklist.jobs(rows))
    screen.result(rows)


@app.command()
@session.reported
def feedback(
    ctx: typer.Context, limit: Limit = 20, as_json: AsJson = False, server: Server = DEFAULT_URL
) -> None:
    """List what you liked, skipped and played, newest first."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        rows = list(client.feedback(limit=limit))
    screen.show(people.feedback(rows))
    screen.result(rows)


@app.command()
@session.reported
def withdraw(
    ctx: typer.Context,
    feedback_id: Annotated[
        str, typer.Argument(metavar="ID", help="As `sightsong me feedback` shows.")
    ],
    server: Server = DEFAULT_URL,
) -> None:
    """Take back a like, a skip or a play."""
    with session.connect(ctx, server) as client:
        client.withdraw_feedback(feedback_id)
    Screen(as_json=False).show(f"withdrawn {feedback_id}")


@app.command()
@session.reported
def export(ctx: typer.Context, server: Server = DEFAULT_URL) -> None:
    """Print all that is kept of you, a JSON document in each line."""
    screen = Screen(as_json=True)
    with session.connect(ctx, server) as client:
        for line in client.export():
            screen.result(line)


@app.command()
@session.reported
def erase(
    ctx: typer.Context,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be had back; say so.")] = False,
    everything: Annotated[
        bool,
        typer.Option(
            "--everything", help="Of the tenant with all of its users, where no user is named."
        ),
    ] = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Erase all that is kept of you: jobs with their photos and answers, feedback, preferences."""
    if not yes:
        raise typer.BadParameter("what is erased cannot be had back; say --yes if you mean it")
    with session.connect(ctx, server) as client:
        if everything is (client.user is not None):
            raise typer.BadParameter(
                "say whom to erase: --user NAME, one of your users; or --everything without one, "
                "for all that there is of your tenant, with all of its users"
            )
        kept = None if everything else people.kept(client)
        client.erase_user(everything=everything)
    Screen(as_json=False).show("erased" if kept is None else people.erased(client.user, kept))
