"""Pages of tracks, narrowed by what is said of them.

A page must cost milliseconds at 100,000 tracks, however many of them a condition fits. So the
condition that fits the fewest drives: its tracks are walked in the order of their ids, and the
others are looked up for each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, exists, func, select

from sightsong.adapters.store.schema import is_there, track_terms, tracks
from sightsong.core import terms
from sightsong.core.tracks import TrackFilter, TrackId, TrackState

#: Rows beyond which it does not matter how many a condition fits: tracks that fit several such
#: conditions are so many that a walk over all tracks soon fills a page. Some 30 ms either way.
_MANY = 8_000
_LAST = "\U0010ffff"


_Fits = Callable[[ColumnElement[Any]], ColumnElement[bool]]


@dataclass(frozen=True, kw_only=True)
class _Condition:
    """One condition, and how to look it up in two ways."""

    column: ColumnElement[Any]  #: Ids of the tracks that it fits.
    drives: ColumnElement[bool]  #: What is true of the rows of that column.
    is_range: bool  #: Whether a track may come several times, and out of order.
    fits: _Fits  #: Whether it fits the tracks of a column of ids.

    def count(self, connection: Connection) -> int:
        """How many tracks it fits, at most `_MANY`."""
        some = select(self.column).where(self.drives).limit(_MANY).subquery()
        return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def page(
    connection: Connection, where: TrackFilter, *, limit: int, after: TrackId | None
) -> list[TrackId]:
    """Find the ids of tracks that fit, in order, after the given one."""
    conditions = _conditions(where)
    query = _walk(connection, conditions).limit(limit)
    (ids,) = query.selected_columns
    if after is not None:
        query = query.where(ids > after)
    found = connection.execute(query.order_by(ids)).scalars()
    return [TrackId(track_id) for track_id in found]


def _walk(connection: Connection, conditions: Sequence[_Condition]) -> Select[Any]:
    if not conditions:
        return select(tracks.c.id).where(is_there)
    counted = [(one.count(connection), one.is_range, place) for place, one in enumerate(conditions)]
    count, is_range, place = min(counted)
    if is_range and count >= _MANY:
        return select(tracks.c.id).where(is_there, *(one.fits(tracks.c.id) for one in conditions))
    driver = conditions[place]
    others = [one.fits(driver.column) for one in conditions if one is not driver]
    query = select(driver.column).where(driver.drives, *others)
    return query.distinct() if is_range else query


def _conditions(where: TrackFilter) -> list[_Condition]:
    wanted = terms.wanted(where)
    found = [_term(term) for term in wanted.whole]
    found += [_beginning(begin) for begin in wanted.begun]
    if where.state is not None:
        found.append(_state(where.state))
    if where.duplicates:
        found.append(_of_several())
    return found


def _term(term: str) -> _Condition:
    return _Condition(
        column=track_terms.c.track_id,
        drives=track_terms.c.term == term,
        is_range=False,
        fits=_has(lambda other: other.c.term == term),
    )


def _beginning(begin: str) -> _Condition:
    def is_begun(table: FromClause) -> ColumnElement[bool]:
        return and_(table.c.term >= begin, table.c.term < begin + _LAST)

    return _Condition(
        column=track_terms.c.track_id,
        drives=is_begun(track_terms),
        is_range=True,
        fits=_has(is_begun),
    )


def _has(condition: Callable[[FromClause], ColumnElement[bool]]) -> _Fits:
    def fits(ids: ColumnElement[Any]) -> ColumnElement[bool]:
        other = track_terms.alias()
        return exists(select(1).where(other.c.track_id == ids, condition(other)))

    return fits


def _state(state: TrackState) -> _Condition:
    def fits(ids: ColumnElement[Any]) -> ColumnElement[bool]:
        other = tracks.alias()
        return exists(select(1).where(other.c.id == ids, other.c.state == state))

    return _Condition(
        column=tracks.c.id,
        drives=and_(tracks.c.state == state, is_there),
        is_range=False,
        fits=fits,
    )


def _of_several() -> _Condition:
    """One of several encodings of a recording."""

    def fits(ids: ColumnElement[Any]) -> ColumnElement[bool]:
        other = tracks.alias()
        return exists(select(1).where(other.c.id == ids, other.c.recording_id.is_not(None)))

    return _Condition(
        column=tracks.c.id,
        drives=and_(tracks.c.recording_id.is_not(None), is_there),
        is_range=False,
        fits=fits,
    )
