"""The base of a view on a Milvus server: one collection that never changes."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters.library.base import Base, Hidden
from sightsong.adapters.library.milvus_server import (
    FACTS,
    SEARCH_S,
    NotLoaded,
    Server,
    check,
    collection_of,
    facts_of_row,
    rounded,
)
from sightsong.core import embeddings
from sightsong.core.facts import Filters, Range
from sightsong.core.ports import Neighbour
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import TrackId

#: A server measures with rounded vectors, or in float32: a few more candidates than asked for are
#: fetched, measured again exactly, and cut, so that a tie at the edge falls by track id.
_SPARE = 32
#: Of hidden tracks among the nearest, so many cost no second question.
_EXPECTED_HIDDEN = 64
#: Most tracks that Milvus gives in one answer (its `quotaAndLimits.limits.topK`).
_MOST = 16_384
#: How much wider the next question is, where hidden tracks took too many places.
_WIDER = 4
#: The greatest effort of each kind of index: every list, and the longest queue.
_UTMOST = {"nprobe": 65_536, "ef": 32_768}


class MilvusSnapshot:
    """One snapshot on a server. Its windows lie in the database: `best_windows` tells none."""

    def __init__(self, snapshot: Snapshot, server: Server) -> None:
        """Check that it is there, in memory and whole.

        Raises:
            SnapshotRefused: it is not what its row says.
            IndexUnavailable: the server does not answer.
        """
        check(server, snapshot)
        self.version = snapshot.version
        self.revision = snapshot.revision
        self.size = int(snapshot.manifest["tracks"])
        self.dimension = int(snapshot.manifest["dimension"])
        self._effort: Mapping[str, int] = snapshot.manifest["parameters"]
        self._name = collection_of(snapshot.space, snapshot.version)
        self._server = server

    def hide(self, track_ids: Collection[TrackId]) -> Hidden:
        """Prepare to find none of some tracks."""
        return frozenset(track_ids)

    def nearest(
        self, query: NDArray[np.float32], *, k: int, where: Filters, hidden: Hidden
    ) -> list[Neighbour]:
        """Find about the `k` nearest tracks that fit; more than 16,384 never come back.

        Hidden tracks are fetched and left out: there may be thousands, and few are near.

        Raises:
            IndexUnavailable: the server does not answer.
        """
        never, where = cast("frozenset[TrackId]", hidden), _as_kept(where)
        wanted, fitting = min(k, self.size), expression(where)
        limit = min(wanted + _SPARE + min(len(never), _EXPECTED_HIDDEN), _MOST)
        while wanted:
            rows = self._rows(query, fitting, limit)
            left = [row for row in rows if row["id"] not in never]
            if len(left) >= wanted or len(rows) < limit or limit == _MOST:
                return _measured(query, left, where)[:k]
            limit = min(limit * _WIDER, _MOST)
        return []

    def vector(self, track_id: TrackId) -> NDArray[np.float32] | None:
        """Read the vector of a track, (d,); None where it is not in the snapshot.

        Raises:
            IndexUnavailable: the server does not answer.
        """
        rows = self._ask("get", ids=[track_id], output_fields=["vector"])
        return np.asarray(rows[0]["vector"], np.float32) if rows else None

    def best_windows(
        self,
        query: NDArray[np.float32],  # noqa: ARG002 - as the protocol has it
        track_ids: Iterable[TrackId],  # noqa: ARG002
    ) -> Mapping[TrackId, float]:
        """Tell of none: whoever asks looks into the database."""
        return {}

    def check_late(self) -> None:
        """Nothing is left to check: the server answers for its own bytes."""

    def has_changed(self) -> bool:
        """Whether it looks other than before: nobody writes to a collection that is built."""
        return False

    def check_again(self) -> None:
        """Nothing lies here that could have changed."""

    def close(self) -> None:
        """Nothing is held: the client is shared with the next snapshot."""

    def _rows(self, query: NDArray[np.float32], fitting: str, limit: int) -> list[dict[str, Any]]:
        """Find the nearest rows; fewer than `limit` only where no more fit."""
        rows = self._search(query, fitting, limit, dict(self._effort))
        # Where few tracks fit, the lists that were looked into may hold none of them.
        if self._effort and len(rows) < min(limit, self.size):
            utmost = {name: _UTMOST[name] for name in self._effort}
            rows = self._search(query, fitting, limit, utmost)
        return rows

    def _search(
        self, query: NDArray[np.float32], fitting: str, limit: int, effort: dict[str, int]
    ) -> list[dict[str, Any]]:
        if "ef" in effort:  # the queue must be as long as the answer
            effort = {"ef": max(effort["ef"], limit)}
        found = self._ask(
            "search",
            data=[query.tolist()],
            anns_field="vector",
            filter=fitting,
            limit=limit,
            output_fields=["vector", *FACTS],
            search_params={"metric_type": "IP", "params": effort},
            consistency_level="Eventually",  # nothing is written to it any more
        )
        return [{"id": hit["id"], **hit["entity"]} for hit in found[0]]

    def _ask(self, method: str, **options: object) -> Any:  # noqa: ANN401 - as the client answers
        try:
            return self._server.ask(method, self._name, within_s=SEARCH_S, **options)
        except NotLoaded:  # retired since, and let go of to save memory, or the server is new
            self._server.load(self._name)
            return self._server.ask(method, self._name, within_s=SEARCH_S, **options)


def opening(url: str) -> Callable[[Snapshot], Base]:
    """Make what opens snapshots on a server.

    Raises:
        ConfigurationError: there is no address, or the client is not installed.
    """
    server = Server(url)
    return lambda snapshot: MilvusSnapshot(snapshot, server)


def _as_kept(where: Filters) -> Filters:
    """Round limits as what they are compared with is."""
    return replace(
        where, duration_s=_rounded(where.duration_s), tempo_bpm=_rounded(where.tempo_bpm)
    )


def _rounded(asked: Range) -> Range:
    return Range(least=rounded(asked.least), most=rounded(asked.most))


def expression(where: Filters) -> str:
    """Say in Milvus's words which tracks fit."""
    said = [f"array_contains_any(terms, [{_listed(group)}])" for group in where.groups]
    said += [*_within("duration", where.duration_s), *_within("tempo", where.tempo_bpm)]
    if where.explicit is not None:
        said.append("explicit == 1" if where.explicit else "explicit != 1")
    if where.without:
        said.append(f"id not in [{_listed(sorted(where.without))}]")
    if where.without_artists:
        said.append(f"artist not in [{_listed(sorted(where.without_artists))}]")
    return " and ".join(said)


def _listed(terms: Sequence[str]) -> str:
    return ", ".join(f'"{_escaped(term)}"' for term in terms)


def _escaped(term: str) -> str:
    # Terms hold no line ends; other control characters may stand as they are.
    return term.replace("\\", "\\\\").replace('"', '\\"')


def _within(field: str, asked: Range) -> list[str]:
    ends = ((">=", asked.least), ("<=", asked.most))
    return [
        f"{field} {sign} {float(end)!r}"
        for sign, end in ends
        if end is not None and math.isfinite(end)
    ]


def _measured(
    query: NDArray[np.float32], rows: Sequence[Mapping[str, Any]], where: Filters
) -> list[Neighbour]:
    """Measure exactly, nearest first; what a server's filter took for fitting is asked again."""
    if not rows:
        return []
    vectors = np.asarray([row["vector"] for row in rows], np.float32)  # (n, d)
    cosines = embeddings.cosine(query, vectors).tolist()
    found = [
        Neighbour(
            track_id=TrackId(row["id"]), cosine=cosine, vector=vector, facts=facts_of_row(row)
        )
        for row, cosine, vector in zip(rows, cosines, vectors, strict=True)
        if math.isfinite(cosine)
    ]
    fitting = [one for one in found if where.fits(one.track_id, one.facts)]
    return sorted(fitting, key=lambda one: (-round(one.cosine, 9), one.track_id))
