"""`find` and `refine`."""

from typing import Annotated

import typer

from sightsong.cli import asking, player, session, show
from sightsong.cli.choosing import choosy
from sightsong.cli.options import DEFAULT_URL, Alpha, AsJson, Play, Server, TopK, finite
from sightsong.cli.screen import Screen
from sightsong.client import Choice, Refinement, Taste


@session.reported
@choosy
def find(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    text: Annotated[
        str, typer.Argument(metavar="WORDS", help="What you want to hear, in quotation marks.")
    ],
    topk: TopK = None,
    alpha: Alpha = None,
    choice: Choice,
    play: Play = False,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Find the tracks of your library that fit words.

    The words may be of moods, instruments, styles or tempo, as in "calm piano for a rainy evening".
    """
    if not text.strip():
        raise typer.BadParameter("say what you want to hear, for instance 'calm piano'")
    screen = Screen(as_json=as_json)
    if play:
        player.find_player()  # before the work, not after it
    with session.connect(ctx, server) as client:
        sent = client.submit_text(text, **Taste(**choice, top_k=topk, alpha=alpha))
        job = asking.wait(client, screen, sent, what=text)
        screen.show(show.answer(text, job, nothing=show.none_found(choice)))
        if play:
            asking.play_best(client, screen, [asking.matches(job)])
    screen.result(job)
    if job["state"] != "succeeded":
        raise typer.Exit(session.FAILED)


@session.reported
@choosy
def refine(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="Of the answer; it is shown there.")],
    calmer: Annotated[
        float | None,
        typer.Option(min=-1, max=1, callback=finite, help="Calmer; below 0: livelier."),
    ] = None,
    happier: Annotated[
        float | None, typer.Option(min=-1, max=1, callback=finite, help="Happier; below 0: sadder.")
    ] = None,
    avoid: Annotated[
        list[str] | None,
        typer.Option(metavar="MOOD", help="Keep away from a mood; may be given again."),
    ] = None,
    topk: TopK = None,
    alpha: Alpha = None,
    choice: Choice,
    unfiltered: Annotated[
        bool, typer.Option("--unfiltered", help="Take away the filters that the job had.")
    ] = False,
    play: Play = False,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Have an answer again, nudged: calmer, happier, without a mood, from other tracks.

    What you leave out is as the job had it. The job itself stays as it is.
    """
    screen = Screen(as_json=as_json)
    nudges = Refinement(
        **choice,
        calmer=calmer,
        happier=happier,
        avoid=avoid or None,
        top_k=topk,
        alpha=alpha,
    )
    if unfiltered:
        if "filters" in choice:
            raise typer.BadParameter("--unfiltered leaves no filters; leave one of the two out")
        nudges["filters"] = {}
    if all(value is None for value in nudges.values()):
        raise typer.BadParameter("say what to change, for instance --calmer 0.3")
    if play:
        player.find_player()  # before the work, not after it
    with session.connect(ctx, server) as client:
        answer = client.refine(job_id, **nudges)
        screen.show(show.refined(answer, nudges))
        if play:
            asking.play_best(client, screen, [answer["matches"]])
    screen.result(answer)
