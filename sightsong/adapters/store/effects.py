"""What completions do to tracks, embeddings and snapshots, inside their transaction."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, func, select, tuple_

from sightsong.adapters.store import rows
from sightsong.adapters.store.schema import (
    embeddings,
    is_there,
    outdated,
    snapshots,
    spaces,
    tracks,
)
from sightsong.adapters.store.upserts import upsert
from sightsong.core.embeddings import Space
from sightsong.core.jobs import (
    ActivateSnapshot,
    Effect,
    KeepEmbedding,
    QuarantineTrack,
    StoreEmbedding,
)
from sightsong.core.snapshots import SnapshotState
from sightsong.core.tracks import TrackState


def apply(connection: Connection, effects: Sequence[Effect]) -> None:
    """Apply effects; those on tracks or snapshots that are gone do nothing.

    Tracks are locked in the order of their ids, spaces before them: no two completions deadlock.
    """
    stored = [effect for effect in effects if isinstance(effect, StoreEmbedding)]
    revisions = {space: bump(connection, space) for space in sorted({e.space for e in stored})}
    of_tracks = [e for e in effects if not isinstance(e, ActivateSnapshot)]
    for effect in sorted(of_tracks, key=lambda effect: effect.track_id):
        match effect:
            case QuarantineTrack():
                _quarantine(connection, effect)
            case KeepEmbedding():
                _keep_embedding(connection, effect)
            case StoreEmbedding():
                _store_embedding(connection, effect, revisions[effect.space])
    if stored:
        _note_up_to_date(connection, stored)
    for activation in (effect for effect in effects if isinstance(effect, ActivateSnapshot)):
        _activate(connection, activation)


def bump(connection: Connection, space: Space, by: int = 1) -> int:
    """Raise a space's revision and hold its row until the commit.

    So the writers of one space commit in the order of their revisions, and whoever reads a revision
    sees all embeddings up to it.
    """
    new = upsert(connection, spaces).values(space=space, revision=by)
    raised = new.on_conflict_do_update(
        index_elements=[spaces.c.space], set_={"revision": spaces.c.revision + by}
    )
    revision: int = connection.execute(raised.returning(spaces.c.revision)).scalar_one()
    return revision


def _store_embedding(connection: Connection, effect: StoreEmbedding, revision: int) -> None:
    found = connection.execute(
        tracks.update()
        .where(tracks.c.id == effect.track_id, is_there)
        .values(
            state=TrackState.READY,
            duration_s=float(effect.duration_s),
            valence=float(effect.affect.valence),
            arousal=float(effect.affect.arousal),
            descriptors={name: float(value) for name, value in effect.descriptors.items()},
            error=None,
        )
    )
    if not found.rowcount:
        return
    columns = {
        "revision": revision,
        "vector": rows.packed(effect.vector, "<f4"),
        "windows": rows.packed(effect.windows, "<f2"),
        "window_starts_s": [float(start) for start in effect.window_starts_s],
        "digest": effect.digest,
        "fingerprint": rows.packed(effect.fingerprint, "<u4"),
    }
    new = upsert(connection, embeddings).values(
        space=effect.space, track_id=effect.track_id, **columns
    )
    keys = [embeddings.c.space, embeddings.c.track_id]
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=columns))


def _note_up_to_date(connection: Connection, stored: Sequence[StoreEmbedding]) -> None:
    made = [(effect.track_id, effect.space) for effect in stored]
    key = tuple_(outdated.c.track_id, outdated.c.space)
    connection.execute(outdated.delete().where(key.in_(made)))


def _keep_embedding(connection: Connection, effect: KeepEmbedding) -> None:
    connection.execute(
        tracks.update()
        .where(tracks.c.id == effect.track_id, is_there)
        .values(state=TrackState.READY, error=None)
    )
    is_this = (outdated.c.track_id == effect.track_id) & (outdated.c.space == effect.space)
    connection.execute(outdated.delete().where(is_this))


def _quarantine(connection: Connection, effect: QuarantineTrack) -> None:
    connection.execute(
        tracks.update()
        .where(tracks.c.id == effect.track_id, is_there)
        .values(state=TrackState.QUARANTINED, error=asdict(effect.error))
    )


def _activate(connection: Connection, effect: ActivateSnapshot) -> None:
    this = snapshots.c.version == effect.version
    new = connection.execute(select(snapshots.c.space, snapshots.c.revision).where(this)).first()
    if new is None:
        return
    bump(connection, Space(new.space), by=0)  # holds the space: one activation at a time
    is_active = (snapshots.c.space == new.space) & (snapshots.c.state == SnapshotState.ACTIVE)
    newest = select(func.max(snapshots.c.revision)).where(is_active)
    if (connection.execute(newest).scalar() or 0) > new.revision:
        return
    retired = snapshots.update().where(is_active, ~this).values(state=SnapshotState.RETIRED)
    connection.execute(retired)
    connection.execute(snapshots.update().where(this).values(state=SnapshotState.ACTIVE))
