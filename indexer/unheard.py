"""Tracks that only another model has heard: after a new model or profile they are taken in anew.

Vectors of two models are never compared, so that searches find none of these tracks until then.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import structlog

from indexer.pieces import Found, Piece, problem
from sightsong.core import errors, intake, ports
from sightsong.core.embeddings import Space
from sightsong.core.ingests import Wish
from sightsong.core.tracks import FileStamp, is_remote

log = structlog.get_logger()


class Unheard:
    """Begins an ingest of such tracks when an indexer starts, once.

    A file that is not there then, on a disk that is away for instance, is a problem of that ingest,
    and tried again at the next start.
    """

    def __init__(self, stores: ports.Stores, doorbell: ports.Doorbell, space: Space) -> None:
        self._stores = stores
        self._doorbell = doorbell
        self._space = space
        self._has_looked = False

    def look(self) -> bool:
        """Begin what is needed; whether that was anything. After the first look it is nothing.

        Raises:
            StoreUnavailable: the database does not answer; to be tried again.
        """
        is_due = not self._has_looked and self._is_needed()
        if is_due:
            job = intake.submit_ingest(self._stores, self._doorbell, Wish(unheard=True))
            log.info("library.heard_anew", ingest_id=job.id, space=self._space)
        self._has_looked = True
        return is_due

    def _is_needed(self) -> bool:
        if any(ingest.wish.unheard for ingest in self._stores.ingests.unfinished()):
            return False
        return next(self._stores.tracks.unheard(self._space), None) is not None


def pieces(places: Iterable[str], objects: ports.Objects) -> Found:
    """Make pieces of the places where such tracks lie; nothing but what the library knows of."""
    for place in places:
        if is_remote(place):
            yield from _remote(place, objects)
        else:
            yield Piece(name=Path(place).name, path=Path(place), location=place)


def _remote(place: str, objects: ports.Objects) -> Found:
    name = place.rpartition("/")[2]
    try:
        yield from _listed(place, name, objects)
    except errors.SightsongError as error:
        yield problem(name, error)


def _listed(place: str, name: str, objects: ports.Objects) -> Iterator[Piece]:
    for remote in objects.listing(place):
        if remote.url == place:
            stamp = FileStamp(size_bytes=remote.size_bytes, mtime_ns=remote.mtime_ns)
            yield Piece(name=name, location=place, stamp=stamp)
