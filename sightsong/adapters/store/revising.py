"""Revisions: how readers of a space learn what has changed in it.

Whatever searches see of a track changes together with the revision of each space that the track is
embedded in, and its embeddings there get that revision. What is taken out leaves a row in `gone`.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import BigInteger, Connection, delete, func, literal, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.schema import embeddings, gone, is_there, spaces, tracks
from sightsong.adapters.store.upserts import upsert
from sightsong.core.embeddings import Space
from sightsong.core.facts import Facts, facts_of
from sightsong.core.tracks import TrackId


def bump(connection: Connection, space: Space, by: int = 1) -> int:
    """Raise a space's revision and hold its row until the commit.

    So the writers of one space commit in the order of their revisions, and whoever reads a revision
    sees all changes up to it.
    """
    new = upsert(connection, spaces).values(space=space, revision=by)
    raised = new.on_conflict_do_update(
        index_elements=[spaces.c.space], set_={"revision": spaces.c.revision + by}
    )
    revision: int = connection.execute(raised.returning(spaces.c.revision)).scalar_one()
    return revision


def facts(connection: Connection, track_ids: Iterable[TrackId]) -> dict[TrackId, Facts]:
    """Read what searches see of tracks, but for their vectors."""
    found: dict[TrackId, Facts] = {}
    for chunk in rows.chunks(track_ids):
        query = select(tracks).where(tracks.c.id.in_(chunk), is_there)
        for row in connection.execute(query):
            found[TrackId(row.id)] = facts_of(rows.track(row))
    return found


def notice_changes(connection: Connection, before: Mapping[TrackId, Facts]) -> None:
    """Let searches notice those of some tracks whose facts are no longer what they were."""
    now = facts(connection, before)
    notice(connection, [one for one, was in before.items() if now.get(one, was) != was])


def notice(connection: Connection, track_ids: Collection[TrackId]) -> None:
    """Let searches notice tracks: their embeddings get new revisions.

    The caller has locked all spaces before these tracks.
    """
    for space in spaces_of(connection, track_ids):
        revision = bump(connection, space)
        for chunk in rows.chunks(track_ids):
            of_these = (embeddings.c.space == space) & embeddings.c.track_id.in_(chunk)
            connection.execute(embeddings.update().where(of_these).values(revision=revision))


def withdraw(connection: Connection, track_ids: Collection[TrackId]) -> None:
    """Take tracks out of all spaces. The caller has locked these before the tracks."""
    for space in spaces_of(connection, track_ids):
        revision = literal(bump(connection, space), BigInteger)
        for chunk in rows.chunks(track_ids):
            of_these = (embeddings.c.space == space) & embeddings.c.track_id.in_(chunk)
            columns = (embeddings.c.space, embeddings.c.track_id, revision)
            note = upsert(connection, gone).from_select(
                ["space", "track_id", "revision"], select(*columns).where(of_these)
            )
            keys = [gone.c.space, gone.c.track_id]
            changes = {"revision": note.excluded.revision}
            connection.execute(note.on_conflict_do_update(index_elements=keys, set_=changes))
            connection.execute(delete(embeddings).where(of_these))


def spaces_of(connection: Connection, track_ids: Iterable[TrackId]) -> list[Space]:
    """Find the spaces that any of some tracks is embedded in, in the order of locks."""
    found: set[Space] = set()
    for chunk in rows.chunks(track_ids):
        query = select(embeddings.c.space).where(embeddings.c.track_id.in_(chunk)).distinct()
        found.update(map(Space, connection.execute(query).scalars()))
    return sorted(found)


def forget_gone(connection: Connection, space: Space, *, up_to: int) -> None:
    """Forget what was taken out of a space up to a revision: no snapshot holds it any more.

    A reader may still hold it, of a snapshot that is gone by now: it is told that it missed some.
    """
    of_these = (gone.c.space == space) & (gone.c.revision <= up_to)
    last = connection.execute(select(func.max(gone.c.revision)).where(of_these)).scalar()
    if last is None:
        return
    connection.execute(delete(gone).where(of_these))
    noted = spaces.update().where(spaces.c.space == space).values(forgotten_up_to=last)
    connection.execute(noted)
