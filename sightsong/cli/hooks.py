"""Webhooks as people see them, and what they were told."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from sightsong.cli import ledger, show
from sightsong.cli.listing import Listing, Row
from sightsong.client import AttemptView, DeliveryView, NewWebhookView, WebhookView

_ONLY_NAMED = "only what names it"


def webhooks(rows: Sequence[WebhookView]) -> RenderableType:
    """A table of webhooks."""
    if not rows:
        return Text("no webhooks yet; make one with `sightsong webhooks add URL`")
    return Listing(
        head="webhook",
        columns=(("told of",), ("state",), ("since",)),
        rows=[
            Row(
                name=show.plain(row["url"]),
                ids=(row["id"],),
                cells=(_told_of(row), _state(row), ledger.when(row["created_at"])),
            )
            for row in rows
        ],
    )


def webhook(row: WebhookView | NewWebhookView) -> RenderableType:
    """Everything that is known of a webhook; with its secret, where it is there."""
    said = {
        "id": row["id"],
        "told of": _told_of(row),
        "state": _state(row),
        "why": row["disabled_reason"],
        "description": row["description"],
        "since": ledger.when(row["created_at"]),
        "secret": row.get("secret"),
    }
    return Group(Text(show.plain(row["url"]), style="bold"), show.facts(said))


def deliveries(rows: Sequence[DeliveryView]) -> RenderableType:
    """A table of what a webhook was told, or is to be."""
    if not rows:
        return Text("nothing was sent to it yet; `sightsong webhooks test ID` sends something")
    return Listing(
        head="event",
        ids=("id", "of"),
        columns=(("state",), ("tries",), ("last answer",), ("since",)),
        rows=[
            Row(
                name=row["event"],
                ids=(row["id"], row.get("subject_id") or ""),
                cells=(
                    _standing(row),
                    str(row["attempt"]),
                    _last(row.get("attempts") or []),
                    ledger.when(row["created_at"]),
                ),
            )
            for row in rows
        ],
        counts=frozenset({"tries"}),
    )


def sent(row: DeliveryView) -> str:
    """How a delivery that was just asked for is, in a line."""
    return f"delivery {row['id']} of {row['event']}: {_standing(row)}"


def _told_of(row: WebhookView) -> str:
    return ", ".join(row["events"]) or _ONLY_NAMED


def _state(row: WebhookView) -> str:
    if not row["enabled"]:
        return "off"
    failing = row["failing_since"]
    return "on" if failing is None else f"failing since {ledger.when(failing)}"


def _standing(row: DeliveryView) -> str:
    again = row["next_at"]
    if row["state"] == "pending" and row["attempt"] and again is not None:
        return f"again at {ledger.when(again)}"
    return row["state"]


def _last(attempts: Sequence[AttemptView]) -> str:
    if not attempts:
        return ""
    last = attempts[-1]
    said = last.get("error") or last.get("status") or ""
    return show.plain(str(said))
