"""Asking for many photos: a few are on their way at a time, answers come in the order given."""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from sightsong.cli import asking, session, show, worklist
from sightsong.cli.screen import Screen
from sightsong.client import (
    Client,
    ClientError,
    JobView,
    PhotoTaste,
    ProblemResponse,
    WaitedTooLong,
)

#: Photos that are sent and not answered yet: enough for several batches of the workers.
MOST_OPEN = 32
#: How long the service may be away while photos are sent: a restart takes a few seconds.
_AWAY_S = 30.0
#: Refusals that every photo would meet alike: what is wrong was said for all of them.
_OF_ALL = frozenset({"invalid_request", "unknown_mood", "not_found", "method_not_allowed"})
_BUSY = frozenset({429, 503})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A photo, and what has become of it so far."""

    photo: Path
    job: JobView | None = None  #: None: it was not even taken.
    code: str = ""
    problem: str = ""  #: Why it has no answer.

    @property
    def has_answer(self) -> bool:
        """Whether it was answered."""
        return self.job is not None and self.job["state"] == "succeeded"

    def view(self) -> dict[str, Any]:
        """The same for programs."""
        told: dict[str, Any] = {"photo": str(self.photo), "job": self.job}
        if self.problem:
            told["error"] = {"code": self.code, "detail": self.problem}
        return told


def ask(client: Client, screen: Screen, photos: Sequence[Path], taste: PhotoTaste) -> list[Asked]:
    """Send photos, and show their answers one after the other; tell at the end who has none.

    Raises:
        ClientError: the service is away or full, or refuses what was said for all photos.
    """
    if len(photos) == 1:
        return [
            Asked(photo=photos[0], job=job) for job in asking.ask(client, screen, photos, taste)
        ]
    done: list[Asked] = []
    under_way: deque[Asked] = deque()
    nothing = show.none_found(taste)
    left = iter(photos)
    was_there = False  # whether the service has taken one
    with _bar(screen, len(photos)) as bar:
        try:
            while True:
                for photo in itertools.islice(left, MOST_OPEN - len(under_way)):
                    under_way.append(_send(client, photo, taste, is_first=not was_there))
                    was_there = was_there or under_way[-1].job is not None
                if not under_way:
                    break
                done.append(_answer(client, under_way[0]))
                under_way.popleft()
                bar.tell(done[-1], nothing)
        except (KeyboardInterrupt, ClientError):
            unsent = len(photos) - len(done) - len(under_way)
            _say_what_goes_on(screen, under_way, unsent=unsent)
            raise
    _say_what_failed(screen, done)
    return done


def finish(screen: Screen, asked: Sequence[Asked]) -> None:
    """Print the result of asking; end with a failure if a photo has no answer."""
    screen.result([one.view() for one in asked])
    if not all(one.has_answer for one in asked):
        raise typer.Exit(session.FAILED)


def _send(client: Client, photo: Path, taste: PhotoTaste, *, is_first: bool) -> Asked:
    """Send one photo; whether anybody is there at all, the first ones find out at once."""
    try:
        job = client.submit_photo(photo, away_s=0 if is_first else _AWAY_S, **taste)
    except ProblemResponse as refusal:
        of_all = is_first and refusal.code in _OF_ALL and photo.stat().st_size > 0
        if of_all or refusal.status in _BUSY:
            raise
        return _failed(photo, refusal)
    except OSError as error:
        return Asked(
            photo=photo, code="unreadable_file", problem=f"cannot read it: {error.strerror}"
        )
    return Asked(photo=photo, job=job)


def _answer(client: Client, sent: Asked) -> Asked:
    """Wait for the answer to one photo."""
    if sent.job is None:
        return sent
    try:
        job = client.wait(sent.job["id"], timeout_s=asking.WAIT_S)
    except (ProblemResponse, WaitedTooLong) as error:
        return _failed(sent.photo, error)
    return Asked(photo=sent.photo, job=job)


def _failed(photo: Path, error: ClientError) -> Asked:
    return Asked(photo=photo, code=error.code, problem=error.detail)


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
    if asked.job is None:
        return f"{show.plain(asked.problem)} ({asked.code})"
    return show.failure(asked.job).plain


def _say_what_goes_on(screen: Screen, under_way: Sequence[Asked], *, unsent: int) -> None:
    worklist.say_what_goes_on(
        screen, [(one.job["id"], str(one.photo)) for one in under_way if one.job is not None]
    )
    if unsent:
        screen.say(f"not sent: {unsent} photo{'s' if unsent > 1 else ''}")
