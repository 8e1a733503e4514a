"""The commands, as one application.

Only the chosen command's module is imported, so that help comes at once.
"""

from collections.abc import Sequence
from importlib import import_module, metadata

import typer

from sightsong.cli.catalogue import ABOUT, COMMANDS, EXIT_STATUSES, Entry


def run(args: Sequence[str], *, world: object = None) -> int:
    """Run one command and return its exit status.

    Args:
        args: the arguments.
        world: a `sightsong.cli.session.World` to act in; the real one by default.
    """
    if list(args[:1]) == ["--version"]:
        typer.echo(metadata.version("sightsong"))
        return 0
    chosen = next((arg for arg in args if not arg.startswith("-")), None)
    try:
        application(chosen)(list(args), prog_name="sightsong", obj=world)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def application(chosen: str | None) -> typer.Typer:
    """Make the application with one command that works; of the others just the names."""
    app = typer.Typer(
        name="sightsong",
        help=ABOUT,
        epilog=EXIT_STATUSES,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for entry in COMMANDS:
        _add(app, entry, is_chosen=entry.name == chosen)
    return app


def _add(app: typer.Typer, entry: Entry, *, is_chosen: bool) -> None:
    if not is_chosen:
        app.command(entry.name, short_help=entry.summary)(_named_only)
        return
    command = getattr(import_module(entry.module), entry.attribute)
    if isinstance(command, typer.Typer):
        for one in command.registered_commands:
            one.epilog = entry.epilog_of(str(one.name or getattr(one.callback, "__name__", "")))
        app.add_typer(command, name=entry.name, epilog=entry.epilog, no_args_is_help=True)
    else:
        app.command(entry.name, epilog=entry.epilog)(command)


def _named_only() -> None:
    """Stand in the list of commands for a command that was not chosen."""
