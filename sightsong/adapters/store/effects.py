"""What completions do to tracks, embeddings and answers, inside their transaction."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, delete, tuple_

from sightsong.adapters.store import revising, rows
from sightsong.adapters.store.schema import embeddings, gone, is_there, outdated, queries, tracks
from sightsong.adapters.store.upserts import upsert
from sightsong.core.embeddings import Space
from sightsong.core.jobs import (
    Effect,
    KeepEmbedding,
    KeepQuery,
    QuarantineTrack,
    StoreEmbedding,
)
from sightsong.core.tracks import TrackState

_OfTrack = StoreEmbedding | KeepEmbedding | QuarantineTrack


def apply(connection: Connection, effects: Sequence[Effect]) -> None:
    """Apply effects on tracks and answers; those on tracks that are gone do nothing.

    Tracks are locked in the order of their ids, spaces before them: no two completions deadlock.
    """
    revisions = _bumped(connection, effects)
    stored = []
    of_tracks = [effect for effect in effects if isinstance(effect, _OfTrack)]
    for effect in sorted(of_tracks, key=lambda effect: effect.track_id):
        match effect:
            case QuarantineTrack():
                _quarantine(connection, effect)
            case KeepEmbedding():
                _keep_embedding(connection, effect)
            case StoreEmbedding():
                if _store_embedding(connection, effect, revisions[effect.space]):
                    stored.append(effect)
    if stored:
        _note_stored(connection, stored, revisions)
    for query in (effect for effect in effects if isinstance(effect, KeepQuery)):
        _keep_query(connection, query)


def _bumped(connection: Connection, effects: Sequence[Effect]) -> dict[Space, int]:
    """Raise the revisions of spaces whose searches will see something else.

    That is where a track is stored, and where it was before: what is heard in it is known to all.
    """
    stored = [effect for effect in effects if isinstance(effect, StoreEmbedding)]
    spaces = {effect.space for effect in stored}
    spaces.update(revising.spaces_of(connection, {effect.track_id for effect in stored}))
    return {space: revising.bump(connection, space) for space in sorted(spaces)}


def _store_embedding(connection: Connection, effect: StoreEmbedding, revision: int) -> bool:
    """Store an embedding; False where its track is gone."""
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
        return False
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
    return True


def _note_stored(
    connection: Connection, stored: Sequence[StoreEmbedding], revisions: dict[Space, int]
) -> None:
    made = [(effect.track_id, effect.space) for effect in stored]
    for table in (outdated, gone):
        key = tuple_(table.c.track_id, table.c.space)
        connection.execute(delete(table).where(key.in_(made)))
    for space, revision in revisions.items():
        elsewhere = [effect.track_id for effect in stored if effect.space != space]
        if elsewhere:
            of_these = (embeddings.c.space == space) & embeddings.c.track_id.in_(elsewhere)
            connection.execute(embeddings.update().where(of_these).values(revision=revision))


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


def _keep_query(connection: Connection, effect: KeepQuery) -> None:
    columns = {
        "space": effect.space,
        "vector": rows.packed(effect.vector, "<f4"),
        "valence": None if effect.affect is None else float(effect.affect.valence),
        "arousal": None if effect.affect is None else float(effect.affect.arousal),
    }
    new = upsert(connection, queries).values(job_id=effect.job_id, **columns)
    connection.execute(new.on_conflict_do_update(index_elements=[queries.c.job_id], set_=columns))
