"""Asking for many photos: a few are on their way at a time, answers come in the order given."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from sightsong.cli import asking, session, show, worklist
from sightsong.cli.pacing import Asked, Tour
from sightsong.cli.screen import Screen
from sightsong.client import Client, ClientError, PhotoTaste


def ask(client: Client, screen: Screen, photos: Sequence[Path], taste: PhotoTaste) -> list[Asked]:
    """Send photos, and show their answers one after the other; tell at the end who has none.

    However it ends, what was answered until then is shown, and printed for programs.

    Raises:
        ClientError: the service is away or stays full, or refuses what was said for all photos.
    """
    if len(photos) == 1:
        return [
            Asked(photo=photos[0], job=job) for job in asking.ask(client, screen, photos, taste)
        ]
    tour = Tour(client, screen, photos, taste)
    nothing = show.none_found(taste)
    try:
        with _bar(screen, len(photos)) as bar:
            for one in tour.answers():
                bar.tell(one, nothing)
    except (KeyboardInterrupt, ClientError):
        _tell_early_end(screen, tour)
        raise
    _say_what_failed(screen, tour.done)
    _say_what_goes_on(screen, tour.done)
    return tour.done


def finish(screen: Screen, asked: Sequence[Asked]) -> None:
    """Print the result of asking; end with a failure if a photo has no answer."""
    screen.result([one.view() for one in asked])
    if not all(one.has_answer for one in asked):
        raise typer.Exit(session.FAILED)


class _Bar:
    """Shows how many are done; steps aside for each answer."""

    def __init__(self, screen: Screen, progress: Progress, count: int) -> None:
        self._screen = screen
        self._progress = progress
        self._task = progress.add_task("listening", total=count)

    def tell(self, asked: Asked, nothing: str) -> None:
        self._progress.advance(self._task)
        if asked.job is not None and asked.has_answer:
            self._progress.stop()
            self._screen.show(show.answer(str(asked.photo), asked.job, nothing=nothing))
            self._progress.start()


@contextmanager
def _bar(screen: Screen, count: int) -> Iterator[_Bar]:
    quiet = not screen.notes.is_terminal
    if quiet:
        screen.say(f"listening to {count} photos …")
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=screen.notes,
        transient=True,
        disable=quiet,
        redirect_stdout=False,  # answers go where they belong, also into a file
        redirect_stderr=False,
    )
    with progress:
        yield _Bar(screen, progress, count)


def _say_what_failed(screen: Screen, done: Sequence[Asked]) -> None:
    failed = [one for one in done if not one.has_answer]
    if failed:
        screen.say(f"{len(failed)} of {len(done)} photos have no answer:")
    for one in failed:
        screen.say(f"  {show.plain(str(one.photo))}: {_why(one)}")


def _why(asked: Asked) -> str:
    if asked.problem or asked.job is None:
        return f"{show.plain(asked.problem)} ({asked.code})"
    return show.failure(asked.job).plain


def _tell_early_end(screen: Screen, tour: Tour) -> None:
    """Say what has become of all photos, also to programs; only how many, where none was sent."""
    sent = [*tour.done, *tour.under_way]
    _say_what_failed(screen, tour.done)
    _say_what_goes_on(screen, sent)
    if tour.left:
        screen.say(f"not sent: {len(tour.left)} photo{'s' if len(tour.left) > 1 else ''}")
    if not sent:
        return
    for photo in tour.left:
        screen.say(f"  {show.plain(str(photo))}")
    unsent = [Asked(photo=one, code="not_sent", problem="it was not sent") for one in tour.left]
    screen.result([one.view() for one in (*sent, *unsent)])


def _say_what_goes_on(screen: Screen, asked: Sequence[Asked]) -> None:
    worklist.say_what_goes_on(
        screen,
        [(one.job["id"], str(one.photo)) for one in asked if one.job is not None and one.goes_on],
    )
