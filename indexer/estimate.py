"""A dry run: what an ingest would do and how long it would take, before any of it is done."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer import tags
from indexer.pieces import Piece, problem
from indexer.taking import Means, Tally, stamp_of
from sightsong.adapters import disk
from sightsong.core import errors, jobs
from sightsong.core.tracks import Verdict

_S_PER_HOUR = 3600
#: A worker that gave no sign for so long is not counted on.
_ALIVE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class _Newcomer:
    """A file that is not registered as it is."""

    path: Path
    length_s: float | None  #: As the file claims.
    sha256: str | None = None  #: None: not needed yet, and the file is there to be read.


class Estimate:
    """Looks at pieces: a stat for each, the header of what is new, and no more.

    Bytes are only compared where sizes are the same: two files of different size differ.
    """

    def __init__(self, means: Means, job: jobs.Job, *, restore: bool, tally: Tally) -> None:
        self._means = means
        self._job = job
        self._restore = restore
        self._tally = tally
        self._new: dict[int, list[_Newcomer]] = defaultdict(list)
        self._remote = 0

    def settled(self, piece: Piece) -> Piece | None:
        """Look at a piece that has no place of its own, which is gone afterwards; None then."""
        if piece.location is not None or piece.path is None:
            return piece
        self._tally.counts["found"] += 1
        self._note(piece, piece.path.stat().st_size, sha256=disk.sha256_of(piece.path))
        return None

    def look(self, chunk: Sequence[Piece]) -> None:
        """Look at some pieces."""
        self._tally.counts["found"] += len(chunk)
        known = self._means.stores.tracks.known(
            [piece.location for piece in chunk if piece.location],
            space=self._means.space,
            ingest_id=self._job.id,
            restore=self._restore,
        )
        for piece in chunk:
            self._means.go_on()
            try:
                stamp = piece.stamp or stamp_of(piece.path)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                self._tally.miss(problem(piece.name, errors.UnreadableFile(reason)))
                continue
            before = known.get(piece.location or "")
            if before is not None and before.stamp == stamp:
                self._tally.counts["size_bytes"] += stamp.size_bytes
                self._tally.add([before.verdict])
            else:
                self._note(piece, stamp.size_bytes)

    def told(self) -> dict[str, Any]:
        """What was found, once all pieces were looked at."""
        lengths: list[float | None] = []
        for size, group in sorted(self._new.items()):
            lengths += self._unlike(size, group)
        self._tally.counts["new"] += len(lengths) + self._remote
        claimed = [length for length in lengths if length is not None]
        rate = self._rate()
        # Where nothing is claimed, the mean of the others is the best guess.
        mean_s = sum(claimed) / len(claimed) if claimed else 0.0
        whole_s = mean_s * (len(lengths) + self._remote)
        return {
            "hours": round(whole_s / _S_PER_HOUR, 4),
            "without_length": len(lengths) + self._remote - len(claimed),
            "heard_per_s": None if rate is None else round(rate, 2),
            "expected_s": None if rate is None else round(whole_s / rate, 1),
        }

    def _rate(self) -> float | None:
        """Seconds of audio heard in a second: of late, or else as the workers say of themselves."""
        stores, space = self._means.stores, self._means.space
        of_late = stores.ingests.heard_per_s(space)
        if of_late is not None:
            return of_late
        alive = stores.jobs.workers_alive(within_s=_ALIVE_S)
        told = [one.heard_per_s for one in alive if one.space == space and one.heard_per_s]
        return sum(told) or None

    def _note(self, piece: Piece, size_bytes: int, *, sha256: str | None = None) -> None:
        self._tally.counts["size_bytes"] += size_bytes
        if piece.path is None:
            self._remote += 1
        elif not size_bytes:
            self._tally.miss(problem(piece.name, errors.BrokenAudio("The file is empty.")))
        else:
            length_s = tags.length_s(piece.path)
            newcomer = _Newcomer(path=piece.path, length_s=length_s, sha256=sha256)
            self._new[size_bytes].append(newcomer)

    def _unlike(self, size: int, group: list[_Newcomer]) -> list[float | None]:
        """The lengths of those of one size that are neither alike nor known."""
        tracks = self._means.stores.tracks
        if len(group) == 1 and size not in tracks.sizes([size]):
            return [group[0].length_s]
        digests = {digest: one for one in group if (digest := self._digest(one)) is not None}
        known = tracks.of_bytes(digests)
        unlike = [one.length_s for digest, one in digests.items() if digest not in known]
        self._tally.add([Verdict.DUPLICATE] * (len(group) - len(unlike)))
        return unlike

    def _digest(self, one: _Newcomer) -> str | None:
        self._means.go_on()
        try:
            return one.sha256 or disk.sha256_of(one.path)
        except OSError:
            return None  # a scan will say why; it is counted as a duplicate, which costs nothing
