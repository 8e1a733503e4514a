"""Who asks: `--key` and `--user`, which every command has that asks a service."""

from typing import Annotated

import typer

from sightsong.cli.expanding import beside

_LONGEST_USER = 64


def is_key(text: str) -> bool:
    """Whether something can be sent as a key."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def is_user(text: str) -> bool:
    """Whether something can be sent as the name of a user."""
    is_plain = text.isascii() and text.isprintable() and text == text.strip()
    return 0 < len(text) <= _LONGEST_USER and is_plain


def _key(text: str | None) -> str | None:
    if text is not None and not is_key(text):
        raise typer.BadParameter("this can be no key: one is a word that begins with ssk_")
    return text


def _user(text: str | None) -> str | None:
    if text is not None and not is_user(text):
        raise typer.BadParameter(f"a user is named with 1 to {_LONGEST_USER} ASCII characters")
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
