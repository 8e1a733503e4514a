"""Options that several commands share as a set: written down once, in the place of a parameter."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

Command = Callable[..., None]


def in_place_of(given: str, options: Callable[..., object]) -> Callable[[Command], Command]:
    """Make a decorator that gives a command a set of options in the place of a parameter.

    Args:
        given: the parameter; the command is called with what `options` makes of them.
        options: its parameters are the options, as typer reads them.
    """
    shared = inspect.signature(options).parameters

    def expanded(command: Command) -> Command:
        own = inspect.signature(command).parameters

        @functools.wraps(command)
        def wrapped(*args: object, **kwargs: Any) -> None:  # noqa: ANN401 - what typer has read
            said = options(**{name: kwargs.pop(name) for name in shared})
            command(*args, **kwargs, **{given: said})

        parameters = [
            one
            for name, parameter in own.items()
            for one in (shared.values() if name == given else [parameter])
        ]
        wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return wrapped

    return expanded


def beside(option: str, options: Callable[..., object]) -> Callable[[Command], Command]:
    """Make a decorator that gives those commands that have an option a set of others with it.

    The command is called without them: they are read from its context.

    Args:
        option: commands without it stay as they are.
        options: its parameters are the options, as typer reads them.
    """
    shared = inspect.signature(options).parameters

    def expanded(command: Command) -> Command:
        own = inspect.signature(command).parameters
        if option not in own:
            return command

        @functools.wraps(command)
        def wrapped(*args: object, **kwargs: Any) -> None:  # noqa: ANN401 - what typer has read
            command(*args, **{name: value for name, value in kwargs.items() if name not in shared})

        parameters = [*own.values(), *shared.values()]
        wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return wrapped

    return expanded
