"""The way of an ingest: find pieces, take them in chunk by chunk, tell how far it is."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from indexer import estimate, missing, unheard
from indexer.pieces import Found, Piece, Pieces, Places
from indexer.taking import Interrupted, Means, Taker, Tally
from sightsong.core import errors, jobs, lifecycle
from sightsong.core.ingests import Order, Problem, Wish

#: Files that are registered in one transaction; fewer where they come slowly.
_CHUNK = 256
_CHUNK_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Everything that an ingest uses."""

    means: Means
    places: Places


def ingest(job: jobs.Job, runtime: Runtime) -> jobs.Completion:
    """Take in what a job asks for; what is committed stays, whatever happens later."""
    wish = Wish.of(job.params)
    run = _DryRun(job, wish, runtime) if wish.dry_run else _Run(job, wish, runtime)
    try:
        result = run.through()
    except Interrupted:
        # It was paused or canceled, or the process is to stop: the rest waits, or is not wanted.
        return jobs.Completion(job=job, outcome=jobs.Release())
    except errors.SightsongError as error:
        run.tell()
        return lifecycle.failure(job, error)
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=result))


class _Run:
    """One attempt at an ingest."""

    def __init__(self, job: jobs.Job, wish: Wish, runtime: Runtime) -> None:
        self._job = job
        self._wish = wish
        self._means = runtime.means
        self._pieces = Pieces(runtime.places)
        self._tally = Tally()

    def through(self) -> dict[str, Any]:
        """Go through all pieces; the counts, as the result of the job.

        Raises:
            Interrupted: it has ended before.
            SightsongError: the source cannot be read.
        """
        self._check()
        taker = Taker(self._means, self._job, restore=self._wish.restore, tally=self._tally)
        found = (taker.shelved(piece) for piece in self._found())
        for chunk in self._chunks(piece for piece in found if piece is not None):
            taker.take(chunk)
            self._check()
        self._forget()
        self._check()
        return dict(self._tally.scan().counted())

    def tell(self) -> Order:
        """Store how far it is, and hear whether to go on."""
        self._tally.counts["ignored"] = self._pieces.ignored
        troubles, self._tally.untold = self._tally.untold, []
        return self._means.stores.ingests.note(self._job, self._tally.scan(), troubles)

    def _check(self) -> None:
        order = self.tell()
        if order is not Order.GO_ON:
            raise Interrupted(order)

    def _found(self) -> Iterator[Piece]:
        """The pieces; what is none is noted, also when it is all that an archive held."""
        for found in self._sought():
            if not self._means.go_on():
                raise Interrupted(Order.GO_ON)
            if isinstance(found, Problem):
                self._tally.counts["found"] += 1
                self._tally.miss(found)
            else:
                yield found

    def _sought(self) -> Found:
        if self._wish.unheard:
            places = self._means.stores.tracks.unheard(self._means.space)
            return unheard.pieces(places, self._means.objects)
        return self._pieces.of(self._wish)

    def _chunks(self, pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
        """Pieces by the hundred, or as many as came within some seconds: news are for now."""
        chunk: list[Piece] = []
        began = time.monotonic()
        for piece in pieces:
            chunk.append(piece)
            if len(chunk) >= _CHUNK or time.monotonic() - began > _CHUNK_S:
                yield chunk
                chunk, began = [], time.monotonic()
        if chunk:
            yield chunk

    def _forget(self) -> None:
        for walked in self._pieces.walked:
            missing.forget(
                self._means.stores.tracks,
                walked,
                self._pieces.seen,
                ingest_id=self._job.id,
                remove=self._wish.remove_missing,
                tally=self._tally,
            )


class _DryRun(_Run):
    """One attempt at telling what an ingest would do."""

    def through(self) -> dict[str, Any]:
        """Look at all pieces and take none in."""
        self._check()
        looked = estimate.Estimate(
            self._means, self._job, restore=self._wish.restore, tally=self._tally
        )
        found = (looked.settled(piece) for piece in self._found())
        for chunk in self._chunks(piece for piece in found if piece is not None):
            looked.look(chunk)
            self._check()
        told = looked.told()
        self._check()
        return self._tally.scan().counted() | {"estimate": told}
