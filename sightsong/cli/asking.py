"""Asking a service for tracks: submit, wait for each answer, show it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from sightsong.cli import player, session, show
from sightsong.cli.screen import Screen
from sightsong.client import Client, JobView, PhotoTaste, ProblemResponse

Matches = Sequence[Mapping[str, Any]]

#: A photo takes about a second on a laptop; minutes mean that a queue is in front of it.
_WAIT_S = 900.0


def submit(client: Client, photo: Path, taste: PhotoTaste) -> JobView:
    """Send one photo.

    Raises:
        ProblemResponse: it is refused; says which photo.
    """
    try:
        return client.submit_photo(photo, **taste)
    except ProblemResponse as refusal:
        raise refusal.about(str(photo)) from refusal


def ask(client: Client, screen: Screen, photos: Sequence[Path], taste: PhotoTaste) -> list[JobView]:
    """Send photos, and show each answer as it comes; return the jobs in the order of the photos."""
    submitted = [submit(client, photo, taste) for photo in photos]
    jobs = []
    for photo, job in zip(photos, submitted, strict=True):
        done = wait(client, screen, job, what=photo.name)
        jobs.append(done)
        screen.show(show.answer(str(photo), done, nothing=show.none_found(taste)))
    return jobs


def wait(client: Client, screen: Screen, job: JobView, *, what: str) -> JobView:
    """Wait for an answer, and tell meanwhile what it is to."""
    with screen.busy(f"listening to {show.plain(what)}"):
        return client.wait(job["id"], timeout_s=_WAIT_S)


def finish(screen: Screen, photos: Sequence[Path], jobs: Sequence[JobView]) -> None:
    """Print the result of asking; end with a failure if any job failed."""
    pairs = zip(photos, jobs, strict=True)
    screen.result([{"photo": str(photo), "job": job} for photo, job in pairs])
    if any(job["state"] != "succeeded" for job in jobs):
        raise typer.Exit(session.FAILED)


def matches(job: JobView) -> Matches:
    """The tracks that a job has found; none where it has no answer."""
    found: Matches = (job["result"] or {}).get("matches", [])
    return found


def play_best(client: Client, screen: Screen, answers: Sequence[Matches]) -> None:
    """Play the window of each answer's first match.

    Raises:
        CannotPlay: no player is installed, or it fails.
    """
    command = player.find_player()
    for match in [found[0] for found in answers if found]:
        start_s = match["window_start_s"]
        screen.say(f"playing {show.plain(match['title'])} from {show.clock(start_s)}")
        player.play(command, client.audio(match["audio_url"]), start_s=start_s)
