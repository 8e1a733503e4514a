"""Keys as people see them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.text import Text

from sightsong.cli import ledger, show
from sightsong.cli.listing import Listing, Row
from sightsong.cli.screen import Screen
from sightsong.client import IssuedKeyView, KeyView


def keys(rows: Sequence[KeyView], *, now: datetime | None = None) -> RenderableType:
    """A table of keys."""
    if not rows:
        return Text("no keys yet; make one with `sightsong keys create NAME`")
    asked_at = now or datetime.now(UTC)
    return Listing(
        head="key",
        columns=(("scopes",), ("tenant", "used"), ("state",)),
        rows=[_row(row, asked_at) for row in rows],
    )


def key(row: KeyView, *, now: datetime | None = None) -> RenderableType:
    """Everything that is known of a key; the key itself nobody knows."""
    rate, per_day = row["requests_per_min"], row["jobs_per_day"]
    used = row["used_at"]
    said = {
        "id": f"{row['id']} (…{row['last4']})",
        "for": ", ".join(row["scopes"]),
        "tenant": row["tenant"],
        "state": _state(row, now or datetime.now(UTC)),
        "since": ledger.when(row["created_at"]),
        "used": "never" if used is None else ledger.when(used),
        "requests": "as many as the service allows" if rate is None else f"{rate} in a minute",
        "photos, texts": "any number" if per_day is None else f"{per_day} in a day (UTC)",
    }
    return Group(Text(show.plain(row["name"]), style="bold"), show.facts(said))


def hand_over(screen: Screen, made: IssuedKeyView, *, is_rotated: bool = False) -> None:
    """Print a new key alone where programs read it; the rest is said beside it."""
    what = "takes the place of the old one" if is_rotated else f"of tenant {made['tenant']}"
    screen.say(
        f"key {made['id']} ({show.plain(made['name'])}) {what}, for {', '.join(made['scopes'])}, "
        f"{_end(made)}"
    )
    screen.say("it is shown this once, and kept nowhere; use it as SIGHTSONG_KEY, or with --key:")
    screen.show(made["key"])
    screen.result(made)


def _row(row: KeyView, now: datetime) -> Row:
    used = row["used_at"]
    return Row(
        name=f"{show.plain(row['name'])} (…{show.plain(row['last4'])})",
        ids=(row["id"],),
        cells=(
            ", ".join(row["scopes"]),
            show.plain(row["tenant"]),
            "never" if used is None else ledger.when(used),
            _state(row, now),
        ),
    )


def _state(row: KeyView, now: datetime) -> str:
    if row["revoked_at"] is not None:
        return "revoked"
    if row["expires_at"] is not None and datetime.fromisoformat(row["expires_at"]) <= now:
        return "expired"
    return _end(row)


def _end(row: KeyView) -> str:
    ends = row["expires_at"]
    return "good until revoked" if ends is None else f"good until {ledger.when(ends)}"
