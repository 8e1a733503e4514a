"""`webhooks`: where the service tells that jobs and batches have ended, and what it told."""

import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer

from sightsong.cli import hooks, moments, session
from sightsong.cli.options import DEFAULT_URL, AsJson, Server
from sightsong.cli.screen import Screen
from sightsong.client import ProblemResponse, WebhookChange

app = typer.Typer(
    help="""Have the service tell an address of yours what has ended.

    It is sent a small JSON document, signed as Standard Webhooks says; the secret that `add` prints
    checks the signature. What cannot be delivered is tried again for days.""",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

WebhookId = Annotated[str, typer.Argument(metavar="ID", help="As `sightsong webhooks list` shows.")]
_EVENTS = (
    "What to tell: job.succeeded, job.failed, job.canceled or batch.completed; may be given again."
)
Events = Annotated[
    list[str] | None,
    typer.Option("--event", metavar="EVENT", help=f"{_EVENTS} Left out: all of them."),
]
OtherEvents = Annotated[
    list[str] | None,
    typer.Option(
        "--event",
        metavar="EVENT",
        help=f"{_EVENTS} They take the place of those before; left out, those stay.",
    ),
]
OnlyNamed = Annotated[
    bool, typer.Option("--only-named", help="Tell only of jobs that were sent with --webhook ID.")
]
Description = Annotated[str | None, typer.Option("--description", metavar="TEXT")]


@app.command()
@session.reported
def add(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to send it, https.")],
    event: Events = None,
    only_named: OnlyNamed = False,
    description: Description = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Have an address told; prints its id and its secret."""
    screen = Screen(as_json=as_json)
    events = _events(event, only_named=only_named)
    with session.connect(ctx, server) as client:
        made = client.add_webhook(url, events=events, description=description)
    screen.show(hooks.webhook(made))
    screen.say(f"see whether it gets there: sightsong webhooks test {made['id']}")
    screen.result(made)


@app.command("list")
@session.reported
def listed(ctx: typer.Context, as_json: AsJson = False, server: Server = DEFAULT_URL) -> None:
    """List the webhooks."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        rows = list(client.webhooks())
    screen.show(hooks.webhooks(rows))
    screen.result(rows)


@app.command("show")
@session.reported
def shown(
    ctx: typer.Context,
    webhook_id: WebhookId,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Show a webhook: what it is told of, and whether it is on."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        found = client.webhook(webhook_id)
    screen.show(hooks.webhook(found))
    screen.result(found)


@app.command()
@session.reported
def edit(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    webhook_id: WebhookId,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where to send it from now on.")
    ] = None,
    event: OtherEvents = None,
    only_named: OnlyNamed = False,
    enabled: Annotated[
        bool | None,
        typer.Option(
            "--on/--off",
            help="Whether anything is sent; the service turns off by "
            "itself what has failed for days.",
        ),
    ] = None,
    description: Description = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Change a webhook, or turn it on again. What you leave out stays as it is."""
    screen = Screen(as_json=as_json)
    given = {
        "url": url,
        "events": _events(event, only_named=only_named),
        "enabled": enabled,
        "description": description,
    }
    changes = WebhookChange(
        **{name: value for name, value in given.items() if value is not None}  # type: ignore[typeddict-item]
    )
    if not changes:
        raise typer.BadParameter("say what to change, for instance --on")
    with session.connect(ctx, server) as client:
        changed = client.change_webhook(webhook_id, **changes)
    screen.show(hooks.webhook(changed))
    screen.result(changed)


@app.command()
@session.reported
def remove(ctx: typer.Context, webhook_id: WebhookId, server: Server = DEFAULT_URL) -> None:
    """Send nothing there any more, and forget what was sent. It cannot be had back."""
    with session.connect(ctx, server) as client:
        client.remove_webhook(webhook_id)
    Screen(as_json=False).show(f"removed {webhook_id}")


@app.command("test")
@session.reported
def tried(
    ctx: typer.Context,
    webhook_id: WebhookId,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Send a test to a webhook."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client, _told_when_off(webhook_id):
        begun = client.test_webhook(webhook_id)
    screen.show(hooks.sent(begun))
    screen.say(f"what became of it: sightsong webhooks deliveries {webhook_id}")
    screen.result(begun)


@app.command()
@session.reported
def secret(
    ctx: typer.Context,
    webhook_id: WebhookId,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Print the secret of a webhook, alone: it checks the signature of what comes."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        found = client.webhook_secret(webhook_id)
    screen.show(found)
    screen.result({"secret": found})


@app.command()
@session.reported
def rotate(
    ctx: typer.Context,
    webhook_id: WebhookId,
    overlap: Annotated[
        int | None,
        typer.Option(
            parser=moments.span_s,
            metavar="LENGTH",
            help="How long the old one signs as well, for instance 1h; a day if left out.",
        ),
    ] = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Give a webhook a new secret, and print it alone. The old one signs as well for a while."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        made = client.rotate_webhook(webhook_id, overlap_s=overlap)
    screen.show(made)
    screen.result({"secret": made})


@app.command()
@session.reported
def deliveries(
    ctx: typer.Context,
    *,
    webhook_id: WebhookId,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="pending, delivered or failed.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """List what a webhook was told, newest first, with the last answer to each."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client:
        rows = list(client.deliveries(webhook_id, state=state, limit=limit))
    screen.show(hooks.deliveries(rows))
    screen.result(rows)


@app.command()
@session.reported
def replay(
    ctx: typer.Context,
    webhook_id: WebhookId,
    delivery_id: Annotated[
        str,
        typer.Argument(metavar="DELIVERY", help="As `sightsong webhooks deliveries ID` shows."),
    ],
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Send a delivery again, as it was, with the same id."""
    screen = Screen(as_json=as_json)
    with session.connect(ctx, server) as client, _told_when_off(webhook_id):
        begun = client.replay_delivery(webhook_id, delivery_id)
    screen.show(hooks.sent(begun))
    screen.result(begun)


@contextlib.contextmanager
def _told_when_off(webhook_id: str) -> Iterator[None]:
    """Say how to turn a webhook on that nothing is sent to."""
    try:
        yield
    except ProblemResponse as refusal:
        if refusal.code != "conflict":
            raise
        advice = f"turn it on with: sightsong webhooks edit {webhook_id} --on"
        raise session.advised(refusal, advice) from refusal


def _events(said: list[str] | None, *, only_named: bool) -> list[str] | None:
    if said and only_named:
        raise typer.BadParameter("--only-named tells of no event; leave one of the two out")
    return [] if only_named else said or None
