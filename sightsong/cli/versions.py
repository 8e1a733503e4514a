"""What people see of the index: its snapshots, how good they are, and which one is served."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich import filesize
from rich.console import RenderableType
from rich.text import Text

from sightsong.cli import report, show
from sightsong.cli.listing import Listing, Row
from sightsong.client import IndexesView, IndexView, JobView

_S_PER_DAY = 86_400


def indexes(
    rows: Sequence[IndexView], *, changed: int = 0, now: datetime | None = None
) -> RenderableType:
    """A table of the snapshots; without any, what is searched: `changed` tracks."""
    if not rows and changed:
        tracks = "1 track is" if changed == 1 else f"{changed:,} tracks are"
        return Text(f"no snapshot yet; {tracks} searched without one")
    if not rows:
        return Text("no index yet: it is built when music is taken in")
    asked_at = now or datetime.now(UTC)
    has_spaces = len({row["space"] for row in rows}) > 1
    return Listing(
        head="kind",
        ids=("version", "space") if has_spaces else ("version",),
        columns=(("state",), ("tracks", "size"), ("recall", "age")),
        rows=[_row(row, asked_at, has_spaces=has_spaces) for row in rows],
        counts=frozenset({"tracks", "size", "recall"}),
        gap=1,
    )


def index(row: IndexView) -> RenderableType:
    """Everything that is known of one snapshot."""
    recall = row["recall_at_10"] or {}
    built_s = row["built_s"]
    said = {
        "state": _state(row),
        "space": row["space"],
        "backend": row["backend"],
        "kind": row["kind"],
        "tracks": row["tracks"],
        "recall": ", ".join(f"{share:.4f} ({of})" for of, share in recall.items()),
        "size": _size(row),
        "built": row["created_at"],
        "building took": None if built_s is None else report.duration(built_s),
        "revision": row["revision"],
    }
    return show.facts({"version": row["version"], **said})


def standing(found: IndexesView) -> list[str]:
    """What is to be known of the active snapshot, and of what has changed since, in lines."""
    lines = []
    count, limit = found["delta"]["tracks"], found["delta"]["limit"]
    refused, held_back = found.get("refused"), found.get("held_back")
    if refused:
        what = "a snapshot" if found["active"] is None else "the active snapshot"
        lines.append(f"{what} is not served: {show.plain(refused.rstrip('.'))}")
    if held_back:
        lines.append(
            f"{show.plain(held_back.rstrip('.'))}; see to it with: sightsong index rebuild"
        )
    elif found["active"] is not None and count:
        tracks = "1 track is" if count == 1 else f"{count} tracks are"
        more = " at least" if count >= limit else ""
        lines.append(f"since it was built{more} {tracks} new or changed, and found all the same")
    if found["stale"]:
        lines.append(
            "not all tracks can be found yet: some wait to be heard, or were just taken in"
        )
    return lines


def pruned(job: JobView) -> str:
    """What was removed, in a line."""
    removed = (job["result"] or {}).get("removed") or []
    return f"removed: {', '.join(map(show.plain, removed))}" if removed else "nothing to remove"


def _row(row: IndexView, now: datetime, *, has_spaces: bool) -> Row:
    recall = (row["recall_at_10"] or {}).values()
    return Row(
        name=show.plain(row["kind"] or "unknown"),
        ids=(row["version"], row["space"]) if has_spaces else (row["version"],),
        cells=(
            _state(row),
            f"{row['tracks']:,}",
            _size(row),
            f"{min(recall):.3f}" if recall else "",  # the worst of its kinds of queries
            _age((now - datetime.fromisoformat(row["created_at"])).total_seconds()),
        ),
    )


def _state(row: IndexView) -> str:
    return f"{row['state']}, pinned" if row["is_pinned"] else row["state"]


def _size(row: IndexView) -> str:
    return "" if row["bytes"] is None else filesize.decimal(row["bytes"])


def _age(seconds: float) -> str:
    if seconds < _S_PER_DAY:
        return report.duration(seconds)
    days = int(seconds // _S_PER_DAY)
    return "1 day" if days == 1 else f"{days} days"
