"""Asking a service about photos: submit all, wait for each, show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from sightsong.cli import player, session, show
from sightsong.cli.screen import Screen
from sightsong.client import Client, JobView, ProblemResponse

#: A photo takes about a second on a laptop; minutes mean that a queue is in front of it.
_WAIT_S = 900.0


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the asker may choose."""

    top_k: int | None = None
    alpha: float | None = None
    duplicates: bool = False  #: Show a recording as often as the library holds it.
    moods: str = ""  #: Labels with commas between them; empty: the profile's own.


def submit(client: Client, photo: Path, wishes: Wishes) -> JobView:
    """Send one photo.

    Raises:
        ProblemResponse: it is refused; says which photo.
    """
    try:
        return client.submit_photo(
            photo,
            top_k=wishes.top_k,
            alpha=wishes.alpha,
            moods=[wishes.moods],
            duplicates=wishes.duplicates,
        )
    except ProblemResponse as refusal:
        raise refusal.about(str(photo)) from refusal


def ask(client: Client, screen: Screen, photos: Sequence[Path], wishes: Wishes) -> list[JobView]:
    """Send photos, and show each answer as it comes; return the jobs in the order of the photos."""
    submitted = [submit(client, photo, wishes) for photo in photos]
    jobs = []
    for photo, job in zip(photos, submitted, strict=True):
        with screen.busy(f"listening to {photo.name}"):
            done = client.wait(job["id"], timeout_s=_WAIT_S)
        jobs.append(done)
        screen.show(show.answer(str(photo), done))
    return jobs


def finish(screen: Screen, photos: Sequence[Path], jobs: Sequence[JobView]) -> None:
    """Print the result of asking; end with a failure if any job failed."""
    pairs = zip(photos, jobs, strict=True)
    screen.result([{"photo": str(photo), "job": job} for photo, job in pairs])
    if any(job["state"] != "succeeded" for job in jobs):
        raise typer.Exit(session.FAILED)


def play_best(client: Client, screen: Screen, jobs: Sequence[JobView]) -> None:
    """Play the window of each photo's first match.

    Raises:
        CannotPlay: no player is installed, or it fails.
    """
    command = player.find_player()
    for job in jobs:
        for match in (job["result"] or {}).get("matches", [])[:1]:
            start_s = match["window_start_s"]
            screen.say(f"playing {show.plain(match['title'])} from {show.clock(start_s)}")
            player.play(command, client.audio(match["audio_url"]), start_s=start_s)
