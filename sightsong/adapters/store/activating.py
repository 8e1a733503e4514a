"""Which snapshot readers of a space should serve: one at a time, and a person's choice lasts.

A person may choose any snapshot, an older one too. It is pinned from then on: a rebuild takes its
place only if a person asked for that one, and later. So neither a rebuild that was running when the
choice was made undoes it, nor one that nobody asked for.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from sightsong.adapters.store import revising
from sightsong.adapters.store.schema import jobs, snapshots
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import SnapshotState


def finish(connection: Connection, version: str, *, asked: int | None) -> None:
    """Activate what a rebuild has made, unless readers have something newer or a pinned one.

    Args:
        connection: in a transaction.
        version: of the new snapshot; nothing happens if it is gone.
        asked: the rebuild's place among all jobs, if a person asked for it.
    """
    new = _hold(connection, version)
    if new is None:
        return
    active = connection.execute(select(snapshots).where(_is_active(new.space))).first()
    if active is None or (active.revision <= new.revision and _gives_way(active, asked)):
        _activate(connection, new, pinned_after=None)


def choose(connection: Connection, version: str) -> Row[Any] | None:
    """Activate and pin a snapshot; None if it is gone."""
    if (chosen := _hold(connection, version)) is None:
        return None
    last = connection.execute(select(func.max(jobs.c.sequence))).scalar() or 0
    return _activate(connection, chosen, pinned_after=last)


def _gives_way(active: Row[Any], asked: int | None) -> bool:
    is_pinned = active.pinned_after is not None
    return not is_pinned or (asked is not None and asked > active.pinned_after)


def _hold(connection: Connection, version: str) -> Row[Any] | None:
    """Lock the space of a snapshot: there is one activation at a time."""
    query = select(snapshots).where(snapshots.c.version == version)
    row = connection.execute(query).first()
    if row is None:
        return None
    revising.bump(connection, Space(row.space), by=0)
    return connection.execute(query).first()  # it may be gone since


def _activate(connection: Connection, row: Row[Any], *, pinned_after: int | None) -> Row[Any]:
    this = snapshots.c.version == row.version
    retired = {"state": SnapshotState.RETIRED, "pinned_after": None}
    connection.execute(snapshots.update().where(_is_active(row.space), ~this).values(**retired))
    activated = (
        snapshots.update().where(this).values(state=SnapshotState.ACTIVE, pinned_after=pinned_after)
    )
    return connection.execute(activated.returning(snapshots)).one()


def _is_active(space: str) -> ColumnElement[bool]:
    return (snapshots.c.space == space) & (snapshots.c.state == SnapshotState.ACTIVE)
