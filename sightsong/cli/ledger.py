"""Lists about ingests: of them, of what they could not take in, of the folders that are watched."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from sightsong.cli import report, show
from sightsong.cli.listing import Listing, Row
from sightsong.client import IngestView, TroubleView, WatchView

#: Place of the tracks that were heard among the counts of a row: a dry run hears none.
_HEARD = 2


def ingests(rows: Sequence[IngestView]) -> RenderableType:
    """A table of ingests."""
    if not rows:
        return Text("no ingests yet; begin one with `sightsong ingest FOLDER`")
    return Listing(
        head="ingest",
        columns=(("status", "since"), ("found",), ("new",), ("heard",), ("failed",)),
        rows=[_row(row) for row in rows],
        counts=frozenset({"found", "new", "heard", "failed"}),
        gap=1,
    )


def troubles(rows: Sequence[TroubleView]) -> list[str]:
    """A line for each file that could not be taken in; names are there to be copied."""
    width = max((len(row["code"]) for row in rows), default=0)
    return [
        f"{row['code']:<{width}}  {show.plain(row['file'])}: {show.plain(row['detail'])}"
        for row in rows
    ]


def watches(rows: Sequence[WatchView]) -> RenderableType:
    """A table of the folders that are kept in step."""
    if not rows:
        return Text("no folder is watched; watch one with `sightsong ingest --watch FOLDER`")
    return Listing(
        head="folder",
        columns=(("since",),),
        rows=[
            Row(name=show.plain(row["path"]), ids=(row["id"],), cells=(when(row["added_at"]),))
            for row in rows
        ],
    )


def _row(row: IngestView) -> Row:
    scan, heard = row["scan"], row["tracks"].get("succeeded", 0)
    counts = (scan.get("found", 0), scan.get("new", 0), heard, row["problems"])
    status = f"dry run, {row['status']}" if row["dry_run"] else row["status"]
    told = ["" if row["dry_run"] and place == _HEARD else str(n) for place, n in enumerate(counts)]
    return Row(
        name=show.plain(report.source(row)),
        ids=(row["id"],),
        cells=(status, when(row["created_at"]), *told),
    )


def when(time: str) -> str:
    """A time as people read it, in their own zone."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
