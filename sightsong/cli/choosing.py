"""The options that all searches share: how many tracks, how mixed, and which ones may be found.

They are written down once; a command that is `choosy` has them all, and is given what they said.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from sightsong.cli.options import finite
from sightsong.client import Choice

#: The parameter of a command that is given what the options said; they stand in its place.
_GIVEN = "choice"


def _words(help_text: str) -> Any:  # noqa: ANN401 - what typer calls an option
    return typer.Option(metavar="NAME", help=help_text)


def _bound(unit: str, help_text: str) -> Any:  # noqa: ANN401 - the same
    return typer.Option(min=0, metavar=unit, callback=finite, help=help_text)


def _options(  # noqa: PLR0913 - one parameter is one option of the command line
    *,
    diversity: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, callback=finite, help="Weight of variety; 0: the best, alike or not."
        ),
    ] = None,
    per_artist: Annotated[
        int | None, typer.Option(min=1, max=50, metavar="N", help="Most tracks of one artist.")
    ] = None,
    duplicates: Annotated[
        bool,
        typer.Option("--duplicates", help="Show a recording as often as the library holds it."),
    ] = False,
    genre: Annotated[
        list[str] | None,
        _words("Only of this genre; repeat it for any of several, as the next four."),
    ] = None,
    mood: Annotated[list[str] | None, _words("Only with this mood in their tags.")] = None,
    artist: Annotated[list[str] | None, _words("Only of this artist.")] = None,
    tag: Annotated[list[str] | None, _words("Only with this tag.")] = None,
    library: Annotated[list[str] | None, _words("Only of this part of your collection.")] = None,
    min_duration: Annotated[float | None, _bound("SECONDS", "No shorter than this.")] = None,
    max_duration: Annotated[float | None, _bound("SECONDS", "No longer than this.")] = None,
    min_tempo: Annotated[float | None, _bound("BPM", "No slower than this.")] = None,
    max_tempo: Annotated[float | None, _bound("BPM", "No faster than this.")] = None,
    explicit: Annotated[
        bool | None,
        typer.Option("--explicit/--clean", help="Only explicit tracks, or none of them."),
    ] = None,
) -> Choice:
    words = {"genre": genre, "mood": mood, "artist": artist, "tag": tag, "library": library}
    if any(not word.strip() for several in words.values() for word in several or ()):
        raise typer.BadParameter("an empty text narrows nothing; leave its option out")
    asked: dict[str, Any] = {
        **words,
        "duration_s": _span("duration", min_duration, max_duration),
        "tempo_bpm": _span("tempo", min_tempo, max_tempo),
    }
    filters = {name: value for name, value in asked.items() if value}
    if explicit is not None:
        filters["explicit"] = explicit
    choice = Choice(diversity=diversity, per_artist=per_artist)
    if duplicates:
        choice["duplicates"] = True
    if filters:
        choice["filters"] = filters
    return choice


def choosy(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a search in the place of its parameter `choice`."""
    options = inspect.signature(_options).parameters
    own = inspect.signature(command).parameters

    @functools.wraps(command)
    def wrapped(*args: object, **kwargs: Any) -> None:  # noqa: ANN401 - what typer has read
        said = _options(**{name: kwargs.pop(name) for name in options})
        command(*args, **kwargs, **{_GIVEN: said})

    parameters = [
        one
        for name, parameter in own.items()
        for one in (options.values() if name == _GIVEN else [parameter])
    ]
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return wrapped


def _span(what: str, least: float | None, most: float | None) -> dict[str, float]:
    """From one value to another.

    Raises:
        BadParameter: nothing lies between them.
    """
    if least is not None and most is not None and least > most:
        raise typer.BadParameter(f"--min-{what} is more than --max-{what}: nothing lies between")
    ends = {"min": least, "max": most}
    return {name: end for name, end in ends.items() if end is not None}
