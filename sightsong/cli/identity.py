"""Who asks: `--key` and `--user`, which every command has that asks a service."""

from typing import Annotated

import typer

from sightsong.cli.expanding import beside
from sightsong.core.tenancy import LONGEST_USER, is_user_name


def is_key(text: str) -> bool:
    """Whether something can be sent as a key."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _key(text: str | None) -> str | None:
    if text is not None and not is_key(text):
        raise typer.BadParameter("this can be no key: one is a word that begins with ssk_")
    return text


def _user(text: str | None) -> str | None:
    if text is not None and not is_user_name(text):
        raise typer.BadParameter(f"a user is named with 1 to {LONGEST_USER} ASCII characters")
    return text


def _options(
    *,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            envvar="SIGHTSONG_KEY",
            metavar="KEY",
            callback=_key,
            help="The key to the service. Others on this machine may see what you type: "
            "better set the variable, or write it into the config file.",
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            envvar="SIGHTSONG_USER",
            metavar="NAME",
            callback=_user,
            help="Which of your users this is for.",
        ),
    ] = None,
) -> None:
    """Offer the options; they are read where the service is connected to."""


#: Give a command that asks a service the options that say who asks.
identified = beside("server", _options)
