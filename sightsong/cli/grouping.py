"""Commands that are also groups: what is no subcommand's name belongs to the command itself."""

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

#: Name of the command itself among its subcommands: no path of a folder that anybody types.
ITSELF = " "


class _Unnamed(typer.Context):
    """What a command runs in that has no name of its own."""

    @property
    def command_path(self) -> str:
        """What was typed to get here, for usage lines."""
        return self.parent.command_path if self.parent is not None else ""


class Itself(TyperCommand):
    """The command itself, among its subcommands."""

    context_class = _Unnamed


class ArgumentGroup(TyperGroup):
    """A group whose own command takes arguments: `ingest ~/Music` beside `ingest list`.

    A path that is called like a subcommand is reached as `./list`.
    """

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Give the arguments to the command itself unless they begin with a subcommand."""
        if self._is_own(args):
            args = [ITSELF, *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override] # noqa: ANN401
        """Write down the options of the command itself, then the subcommands."""
        self.commands[ITSELF].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def _is_own(self, args: list[str]) -> bool:
        return bool(args) and args[0] not in {*self.commands, "-h", "--help"}


class BareGroup(ArgumentGroup):
    """The same, and without any argument the command itself is meant, not its help."""

    def _is_own(self, args: list[str]) -> bool:
        return not args or super()._is_own(args)
