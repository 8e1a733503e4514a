"""The flags of a plan, made of its fields, so that help and plan cannot differ."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from training.plans.files import Word, words

_TITLES = {
    "data": "the data set",
    "network": "the network",
    "aim": "what it learns",
    "augment": "how pictures vary while it learns",
    "course": "how it learns",
}


def parser(prog: str, about: str, examples: Sequence[str]) -> argparse.ArgumentParser:
    """Make a parser that looks like those of the other commands.

    Args:
        prog: what is typed.
        about: what it does.
        examples: what can be typed, for the end of the help.
    """
    shown = "".join(f"\n  {line}" for line in examples)
    return argparse.ArgumentParser(
        prog=prog,
        description=about,
        epilog=f"Examples:{shown}" if shown else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_plan(to: argparse.ArgumentParser) -> None:
    """Add a flag for each field of a plan; what is not given is absent from the result."""
    groups = {chapter: to.add_argument_group(title) for chapter, title in _TITLES.items()}
    for word in words():
        flag = f"--{word.name.replace('_', '-')}"
        if word.kind is bool:
            groups[word.chapter].add_argument(
                flag,
                action=argparse.BooleanOptionalAction,
                default=argparse.SUPPRESS,
                help=_help(word),
            )
            continue
        groups[word.chapter].add_argument(
            flag,
            metavar=_metavar(word),
            default=argparse.SUPPRESS,
            help=_help(word),
        )


def given(told: argparse.Namespace) -> dict[str, object]:
    """The fields of a plan that flags gave."""
    names = {word.name for word in words()}
    return {name: value for name, value in vars(told).items() if name in names}


def _metavar(word: Word) -> str:
    if word.choices:
        return "|".join(word.choices)
    return {int: "N", float: "X", Path: "FOLDER"}.get(word.kind, "NAME")


def _help(word: Word) -> str:
    default = "none" if word.default is None else word.default
    if word.kind is bool:
        default = "yes" if word.default else "no"
    return f"{word.help} [{default}]".replace("%", "%%")
