"""Batches as people see them: many of them, and the photos of one."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from sightsong.cli import albums, ledger, show
from sightsong.cli.listing import Listing, Row
from sightsong.client import BatchItem, BatchView


def batches(rows: Sequence[BatchView]) -> RenderableType:
    """A table of batches."""
    if not rows:
        return Text("no batches; make one with `sightsong album PHOTOS…`")
    return Listing(
        head="batch",
        columns=(("state",), ("done",), ("failed",), ("since",)),
        rows=[_batch(row) for row in rows],
        counts=frozenset({"done", "failed"}),
    )


def items(rows: Sequence[BatchItem]) -> RenderableType:
    """A table of what became of each photo."""
    if not rows:
        return Text("no photo of it is like that")
    return Listing(
        head="photo",
        ids=("job",),
        columns=(("state",), ("best track",)),
        rows=[
            Row(
                name=name_of(row),
                ids=(row["job_id"] or "",),
                cells=(str(row["state"]), why_not(row) or _best(row)),
            )
            for row in rows
        ],
    )


def name_of(row: BatchItem) -> str:
    """What a photo of a batch is called, else its place."""
    return show.plain(row["custom_id"] or f"number {row['position'] + 1}")


def why_not(row: BatchItem) -> str:
    """Why a photo has no answer; empty where it has one, or may have."""
    error = row["error"]
    return f"{show.plain(error['detail'])} ({error['code']})" if error else ""


def _best(row: BatchItem) -> str:
    found = (row["result"] or {}).get("matches") or []
    if not found:
        return ""
    artist = found[0].get("artist")
    return show.plain(found[0]["title"] + (f", {artist}" if artist else ""))


def _batch(row: BatchView) -> Row:
    counts = row["counts"]
    failed = counts["failed"] + counts["refused"]
    return Row(
        name=show.plain(row["custom_id"] or f"{row['total']} items"),
        ids=(row["id"],),
        cells=(
            row["state"],
            f"{albums.ended(row)} of {row['total']}",
            str(failed),
            ledger.when(row["created_at"]),
        ),
    )
