"""What people are told of an ingest: how fast it goes, and what it did."""

import itertools
from collections.abc import Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sightsong.cli import show
from sightsong.cli.screen import Screen
from sightsong.client import Client, IngestView, TroubleView, WatchView

#: What goes on, by the status of an ingest.
WORDS = {
    "waiting": "waiting its turn",
    "scanning": "looking through the files",
    "listening": "listening",
    "paused": "paused",
}
#: Counts that are told, in this order, with their words.
_COUNTS = {
    "found": "found",
    "new": "new",
    "known": "known",
    "changed": "changed",
    "duplicates": "duplicates",
    "moved": "moved",
    "removed": "removed by you before",
    "gone": "gone and removed",
    "missing": "missing and kept",
    "ignored": "ignored (no music)",
    "unreadable": "unreadable",
}
_TROUBLE_SHOWN = 3  # of each kind
_TROUBLE_READ = 200
_S_PER_MIN, _S_PER_HOUR = 60, 3600


def pace(ingest: IngestView) -> str:
    """How fast an ingest goes, how long it still takes, and what has failed, in a line."""
    rates = ingest["rates"]
    parts = []
    if rates["tracks_per_s"] is not None:
        parts.append(f"{rates['tracks_per_s']:.1f} tracks/s")
    if rates["hours_per_hour"] is not None:
        parts.append(f"{rates['hours_per_hour']:.0f} h of audio/h")
    if ingest["eta_s"]:
        parts.append(f"{duration(ingest['eta_s'])} left")
    failed = ingest["tracks"].get("failed", 0)
    if failed:
        parts.append(f"{failed} failed")
    return ", ".join(parts)


def tell(client: Client, screen: Screen, ingest: IngestView) -> None:
    """Tell what an ingest did, and the first few of what it could not."""
    screen.say(summary(ingest))
    if ingest["estimate"] is not None:
        screen.say(estimate(ingest))
    if not ingest["problems"]:
        return
    troubles = list(client.problems(ingest["id"], limit=_TROUBLE_READ))
    for line in _troubles(troubles):
        screen.say(line)
    screen.say(f"all of them: sightsong ingest show {ingest['id']}")


def summary(ingest: IngestView) -> str:
    """What an ingest did, in a line."""
    if ingest["error"] is not None:
        detail = show.plain(ingest["error"]["detail"])
        return f"the ingest failed: {detail} ({ingest['error']['code']})"
    scan = ingest["scan"]
    parts = [f"{scan[name]} {word}" for name, word in _COUNTS.items() if scan.get(name)]
    told = {"canceled": "ingest, canceled"}.get(ingest["status"], "ingest")
    told = "dry run, nothing was taken in" if ingest["dry_run"] else told
    failed = ingest["tracks"].get("failed", 0)
    broken = f"; {failed} could not be heard" if failed else ""
    heard = f"; {duration(ingest['heard_s'])} of audio heard" if ingest["heard_s"] else ""
    return f"{told}: {', '.join(parts) or 'no music found'}{broken}{heard}"


def estimate(ingest: IngestView) -> str:
    """What a dry run expects, in a line."""
    found = ingest["estimate"] or {}
    parts = []
    if found.get("hours") is not None:
        parts.append(f"{found['hours']:.1f} h of new audio")
    if found.get("expected_s") is not None:
        parts.append(f"about {duration(found['expected_s'])} of work")
    else:
        parts.append("how long it takes is not known until a few tracks were heard")
    return f"expected: {', '.join(parts)}"


def listing(rows: Sequence[IngestView]) -> RenderableType:
    """A table of ingests."""
    if not rows:
        return Text("no ingests yet; begin one with `sightsong ingest FOLDER`")
    table = show.table("ingest", "status", "tracks", "failed", "since")
    for row in rows:
        ready = row["tracks"].get("succeeded", 0)
        table.add_row(
            Text.assemble(show.plain(source(row)), "\n", (row["id"], "dim")),
            row["status"],
            f"{ready} of {sum(row['tracks'].values())}",
            str(row["problems"] or ""),
            _when(row["created_at"]),
        )
    return table


def troubles(rows: Sequence[TroubleView]) -> Table:
    """A table of what could not be taken in."""
    table = show.table("file", "code", "why")
    for row in rows:
        table.add_row(Text(show.plain(row["file"])), row["code"], Text(show.plain(row["detail"])))
    return table


def watches(rows: Sequence[WatchView]) -> RenderableType:
    """A table of the folders that are kept in step."""
    if not rows:
        return Text("no folder is watched; watch one with `sightsong ingest --watch FOLDER`")
    table = show.table("folder", "since")
    for row in rows:
        folder = Text.assemble(show.plain(row["path"]), "\n", (row["id"], "dim"))
        table.add_row(folder, _when(row["added_at"]))
    return table


def source(ingest: IngestView) -> str:
    """What an ingest takes in, in a few words."""
    given = ingest["source"]
    if given["kind"] == "upload":
        return f"{given['files'] or 'some'} uploaded"
    first, *more = [given["url"]] if given["url"] else given["paths"] or ["?"]
    return f"{first} and {len(more)} more" if more else str(first)


def duration(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < _S_PER_MIN:
        return f"{seconds:.0f} s"
    if seconds < _S_PER_HOUR:
        return f"{seconds / _S_PER_MIN:.0f} min"
    return f"{seconds / _S_PER_HOUR:.1f} h"


def _troubles(rows: Sequence[TroubleView]) -> list[str]:
    """One line for each kind of trouble, with the first few names."""
    lines = []
    by_code = sorted(rows, key=lambda row: row["code"])
    for code, group in itertools.groupby(by_code, key=lambda row: row["code"]):
        same = list(group)
        names = ", ".join(show.plain(row["file"]) for row in same[:_TROUBLE_SHOWN])
        more = ", …" if len(same) > _TROUBLE_SHOWN else ""
        lines.append(f"  {code}: {names}{more}")
    return lines


def _when(time: str) -> str:
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
