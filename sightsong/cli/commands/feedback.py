"""`like`, `skip` and `played`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from sightsong.cli import asking, session
from sightsong.cli.options import DEFAULT_URL, AsJson, Server, finite
from sightsong.cli.screen import Screen
from sightsong.client import Action, Client, ClientError, ProblemResponse

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


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What was said of a track, as the command line has it."""

    action: Action
    job_id: str
    track: str  #: Its rank in the answer, or its id.
    at_s: float | None


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
    """Say that you like a track of an answer: it and its artist come a little earlier."""
    _give(ctx, server, _Said(action="like", job_id=job_id, track=track, at_s=at), as_json=as_json)


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
    _give(ctx, server, _Said(action="skip", job_id=job_id, track=track, at_s=at), as_json=as_json)


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
    _give(ctx, server, _Said(action="played", job_id=job_id, track=track, at_s=at), as_json=as_json)


def _give(ctx: typer.Context, server: str, said: _Said, *, as_json: bool) -> None:
    """Send what was said of a track, and tell how to take it back."""
    with session.connect(ctx, server) as client:
        track_id = _track_id(client, said.job_id, said.track)
        try:
            given = client.give_feedback(said.job_id, track_id, said.action, position_s=said.at_s)
        except ProblemResponse as refusal:
            if refusal.code != "conflict" or _is_learnt_from(client):
                raise
            raise ProblemResponse(
                "you are not learnt from, so nothing was stored; change that with: "
                "sightsong me prefs --learn",
                code=refusal.code,
                status=refusal.status,
            ) from refusal
    screen = Screen(as_json=as_json)
    screen.show(f"{given['action']}: track {given['track_id']} of job {given['job_id']}")
    screen.say(f"take it back with: sightsong me withdraw {given['id']}")
    screen.result(given)


def _is_learnt_from(client: Client) -> bool:
    """Whether feedback of the user is taken at all; where nobody can tell, it is."""
    try:
        return client.preferences()["learn"]
    except ClientError:
        return True


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
