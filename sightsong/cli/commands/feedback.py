"""`like`, `skip` and `played`."""

from typing import Annotated

import typer

from sightsong.cli import asking, session
from sightsong.cli.options import DEFAULT_URL, AsJson, Server, finite
from sightsong.cli.screen import Screen
from sightsong.client import Client, FeedbackView

JobId = Annotated[str, typer.Argument(metavar="JOB", help="Of the answer; it is shown there.")]
Track = Annotated[
    str,
    typer.Argument(metavar="RANK|TRACK", help="Which of its tracks: as numbered there, or an id."),
]
At = Annotated[
    float | None,
    typer.Option(
        "--at",
        min=0,
        metavar="SECONDS",
        callback=finite,
        help="Where in the track, from its start.",
    ),
]


@session.reported
def like(
    ctx: typer.Context,
    *,
    job_id: JobId,
    track: Track,
    at: At = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Say that you like a track of an answer: what is like it comes a little earlier."""
    with session.connect(ctx, server) as client:
        given = client.give_feedback(
            job_id, _track_id(client, job_id, track), "like", position_s=at
        )
    _tell(Screen(as_json=as_json), given)


@session.reported
def skip(
    ctx: typer.Context,
    *,
    job_id: JobId,
    track: Track,
    at: At = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Say that you skipped a track of an answer: it comes a little later, more so if at once."""
    with session.connect(ctx, server) as client:
        given = client.give_feedback(
            job_id, _track_id(client, job_id, track), "skip", position_s=at
        )
    _tell(Screen(as_json=as_json), given)


@session.reported
def played(
    ctx: typer.Context,
    *,
    job_id: JobId,
    track: Track,
    at: At = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Say that you heard a track of an answer: that is a faint like."""
    with session.connect(ctx, server) as client:
        given = client.give_feedback(
            job_id, _track_id(client, job_id, track), "played", position_s=at
        )
    _tell(Screen(as_json=as_json), given)


def _track_id(client: Client, job_id: str, said: str) -> str:
    """The id of a track that was named by its rank in an answer, or by its id.

    Raises:
        BadParameter: the answer has no such rank.
    """
    if not (said.isascii() and said.isdecimal()):
        return said
    found = asking.matches(client.job(job_id))
    for match in found:
        if match["rank"] == int(said):
            return str(match["track_id"])
    tracks = "no tracks" if not found else f"tracks 1 to {len(found)}"
    raise typer.BadParameter(f"the answer of job {job_id} has {tracks}")


def _tell(screen: Screen, given: FeedbackView) -> None:
    screen.show(f"{given['action']}: track {given['track_id']} of job {given['job_id']}")
    screen.say(f"take it back with: sightsong me withdraw {given['id']}")
    screen.result(given)
