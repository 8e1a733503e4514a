"""The write side of an index on a Milvus server: one collection for each snapshot."""

import contextlib
import itertools
import math
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import structlog
from numpy.typing import NDArray

from indexer.building import Elsewhere, Plan
from indexer.fitting import Fitting
from indexer.sampling import Sample, Search
from sightsong.adapters.library.milvus import MilvusSnapshot
from sightsong.adapters.library.milvus_server import (
    ADMIN_S,
    BACKEND,
    FORMAT,
    LOAD_S,
    Server,
    add_fields,
    check,
    collection_of,
    home_of,
    row_of,
    version_of,
)
from sightsong.core import ports
from sightsong.core.embeddings import Space
from sightsong.core.errors import ConfigurationError, IndexUnavailable, SnapshotRefused
from sightsong.core.facts import Filters
from sightsong.core.snapshots import IndexedTrack, Snapshot, SnapshotState

log = structlog.get_logger()

#: Tracks that are sent at once: some 3 MB, and Milvus takes 64 MB at most.
_BATCH = 1000
#: Seconds that the server has to take them.
_INSERT_S = 60.0
#: Recall@10 that is aimed at, and below which a snapshot is refused.
_GOOD_RECALL, _LEAST_RECALL = 0.99, 0.95
#: Tracks up to which `auto` compares with every one.
_EXACT_UP_TO = 15_000
#: What `auto` tries for more tracks, the smallest first; the last one misses nothing.
_BEYOND = ("ivf-sq8", "hnsw", "exact")
#: A collection without a row may be one that another indexer builds: it is left alone so long.
_BUILT_WITHIN = timedelta(days=1)
#: Most lists of one segment: a server splits a collection into segments of about half a million.
_MOST_LISTS = 4096


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """An index of Milvus that milvus-lite has as well."""

    index: str
    options: Callable[[int], dict[str, int]] = lambda _tracks: {}
    efforts: tuple[Mapping[str, int], ...] = ({},)  #: What searches may spend, least first.


def _lists(tracks: int) -> dict[str, int]:
    return {"nlist": max(16, min(round(4 * math.sqrt(tracks)), _MOST_LISTS))}


_PROBED = tuple({"nprobe": n} for n in (8, 16, 32, 64, 128, 256, 512))
_KINDS = {
    "exact": _Kind(index="FLAT"),
    "ivf": _Kind(index="IVF_FLAT", options=_lists, efforts=_PROBED),
    "ivf-sq8": _Kind(index="IVF_SQ8", options=_lists, efforts=_PROBED),
    "hnsw": _Kind(
        index="HNSW",
        options=lambda _tracks: {"M": 32, "efConstruction": 200},
        efforts=tuple({"ef": n} for n in (64, 128, 256, 512)),
    ),
}


class MilvusBuilder:
    """The `Builder` over a server. A collection without a row is found and dropped by `prune`."""

    def __init__(
        self,
        url: str,
        *,
        kind: str = "auto",
        kept: int = 3,
        exact_up_to: int = _EXACT_UP_TO,
        least_recall: float = _LEAST_RECALL,
        built_within: timedelta = _BUILT_WITHIN,
    ) -> None:
        """Take the address; nothing is connected yet.

        Args:
            url: as `milvus_server.Server` takes it.
            kind: one of `exact`, `ivf`, `ivf-sq8`, `hnsw`; `auto` goes by the number of tracks.
            kept: retired snapshots that are kept for a roll back.
            exact_up_to: tracks up to which `auto` compares with every one.
            least_recall: share of the 10 nearest that an index must find, or another is tried.
            built_within: no build takes longer; what is older and has no row is dropped.

        Raises:
            ConfigurationError: there is no address, no such kind, or no client installed.
        """
        if kind != "auto" and kind not in _KINDS:
            raise ConfigurationError(f"there is no index of the kind {kind!r} on Milvus")
        self._server = Server(url)
        self._kind = kind
        self._kept = kept
        self._exact_up_to = exact_up_to
        self._least_recall = least_recall
        self._built_within = built_within

    def build(self, tracks: Iterable[IndexedTrack], plan: Plan) -> Snapshot | None:
        """Build and verify a collection; see `building.Builder`.

        Raises:
            SnapshotRefused: there is nothing to index, or too little of it is found again.
            IndexUnavailable: the server does not answer, or takes no more.
        """
        # To the microsecond: versions must sort by age, also of two builds in one second.
        version = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"
        name, snapshot = collection_of(plan.space, version), None
        try:
            snapshot = self._built(tracks, plan, version)
        finally:
            if snapshot is None:
                with contextlib.suppress(IndexUnavailable):  # a leftover, for `prune`
                    self._drop(name)
        return snapshot

    def verify(self, snapshot: Snapshot) -> None:
        """Compare a collection with its manifest: that it is there, loads, and has as many tracks.

        Raises:
            Elsewhere: it does not lie on a server.
            SnapshotRefused: it is not whole.
            IndexUnavailable: the server does not answer.
        """
        if snapshot.manifest.get("backend") != BACKEND:
            raise Elsewhere(
                f"snapshot {snapshot.version} does not lie on a Milvus server, and only such are"
                " read through here: SIGHTSONG_INDEX_BACKEND is milvus"
            )
        check(self._server, snapshot)

    def glance(self, snapshot: Snapshot) -> object:  # noqa: ARG002 - all look the same
        """Look for a change without asking the server: it answers for its own bytes."""
        return None

    def prune(self, space: Space, rows: ports.Snapshots) -> list[str]:
        """Drop the collections that nobody needs; see `building.Builder`.

        Retired ones are let go of by the server's memory, but for the newest: a reader that still
        serves one has it loaded again. What has no row is dropped once it is too old to be in the
        making.

        Raises:
            IndexUnavailable: the server does not answer.
        """
        listed = rows.listed(space)
        active = next((row for row in listed if row.state is SnapshotState.ACTIVE), None)
        if active is None:
            return []
        mine = [row for row in listed if row.manifest.get("backend") == BACKEND]
        retired = [row.version for row in mine if row.state is SnapshotState.RETIRED]
        needed = {active.version, *retired[: self._kept]}
        unneeded = {
            row.version
            for row in mine
            if row.version not in needed and row.created_at < active.created_at
        }
        for version in unneeded:
            rows.remove(version)  # the row first: no reader is sent to what is gone
        left = _left_behind(active, built_within=self._built_within)
        dropped = self._drop_without_row(space, rows, lambda one: one in unneeded or left(one))
        self._let_go([collection_of(space, version) for version in retired[1 : self._kept]])
        return dropped

    def _built(self, tracks: Iterable[IndexedTrack], plan: Plan, version: str) -> Snapshot | None:
        began = time.monotonic()
        fitting = Fitting(tracks)
        batches = _batches(fitting)
        first = next(batches, None)
        if first is None:
            raise fitting.nothing()
        # Ids are random, so that the first tracks are as good a sample as any.
        is_alike = plan.phrases.shape[1] == fitting.dimension
        sample = Sample(_vectors_of(first), plan.phrases if is_alike else plan.phrases[:0])
        snapshot = _begun(plan, version, dimension=fitting.dimension)
        self._create(snapshot)
        if not self._insert(snapshot.path, itertools.chain([first], batches), plan, sample):
            return None
        fitting.tell()
        snapshot = self._indexed(_with(snapshot, tracks=sample.seen), sample)
        built_s = round(time.monotonic() - began, 1)
        return _with(snapshot, left_out=fitting.left_out, built_s=built_s)

    def _create(self, snapshot: Snapshot) -> None:
        client = self._server.pymilvus
        schema = client.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        add_fields(schema, client.DataType, dimension=snapshot.manifest["dimension"])
        options = {"schema": schema, "consistency_level": "Strong"}
        self._server.ask("create_collection", snapshot.path, within_s=ADMIN_S, **options)

    def _insert(
        self, name: str, batches: Iterable[list[IndexedTrack]], plan: Plan, sample: Sample
    ) -> bool:
        """Send all tracks; False when told to stop."""
        for batch in batches:
            if not plan.go_on():
                return False
            rows = [row_of(track) for track in batch]
            self._server.ask("insert", name, rows, within_s=_INSERT_S)
            sample.take(_vectors_of(batch))
        return plan.go_on()

    def _indexed(self, snapshot: Snapshot, sample: Sample) -> Snapshot:
        """Index a collection, with the first kind that finds enough, and note how.

        Raises:
            SnapshotRefused: none does, or the collection is not whole.
        """
        for name in self._kinds_for(sample.seen):
            self._index(snapshot.path, _KINDS[name], sample.seen)
            known = _with(snapshot, kind=name, factory=_KINDS[name].index)
            tuned, worst = self._tuned(known, sample)
            if worst >= self._least_recall:
                return tuned
            log.warning("index.finds_too_little", kind=name, recall_at_10=worst)
            self._unindex(snapshot.path)
        raise SnapshotRefused(f"the index finds only {worst:.1%} of what is nearest")

    def _kinds_for(self, tracks: int) -> tuple[str, ...]:
        if self._kind != "auto":
            return (self._kind,)
        return ("exact",) if tracks <= self._exact_up_to else _BEYOND

    def _unindex(self, name: str) -> None:
        self._server.ask("release_collection", name, within_s=ADMIN_S)
        self._server.ask("drop_index", name, "vector", within_s=ADMIN_S)

    def _index(self, name: str, kind: _Kind, tracks: int) -> None:
        self._server.ask("flush", name, within_s=LOAD_S)
        indexes = self._server.pymilvus.MilvusClient.prepare_index_params()
        indexes.add_index(
            "vector", index_type=kind.index, metric_type="IP", params=kind.options(tracks)
        )
        self._server.ask("create_index", name, indexes, within_s=LOAD_S)

    def _tuned(self, snapshot: Snapshot, sample: Sample) -> tuple[Snapshot, float]:
        """Find the least effort that finds enough, else the most there is.

        Returns:
            The snapshot with that noted, and the recall of the sort of query that fares worst.

        Raises:
            SnapshotRefused: the collection is not whole.
        """
        for effort in _KINDS[snapshot.manifest["kind"]].efforts:
            snapshot = _with(snapshot, parameters=dict(effort))
            recall = sample.recall(_search_of(MilvusSnapshot(snapshot, self._server)))
            snapshot = _with(snapshot, recall_at_10=recall)
            if (worst := min(recall.values())) >= _GOOD_RECALL:
                break
        return snapshot, worst

    def _drop_without_row(
        self, space: Space, rows: ports.Snapshots, is_unneeded: Callable[[str], bool]
    ) -> list[str]:
        """Drop what has no row, of killed builds too, if its version is unneeded."""
        names = self._server.ask("list_collections", within_s=ADMIN_S)
        mine = {version_of(name, space): name for name in names if name.startswith(home_of(space))}
        # Asked for after the collections: one that is published meanwhile has its row by now.
        with_row = {row.version for row in rows.listed(space)}
        old = sorted(one for one in mine if one not in with_row and is_unneeded(one))
        for version in old:
            self._drop(mine[version])
        return old

    def _let_go(self, names: Sequence[str]) -> None:
        for name in names:
            if self._server.is_there(name):
                self._server.ask("release_collection", name, within_s=ADMIN_S)

    def _drop(self, name: str) -> None:
        if self._server.is_there(name):
            self._server.ask("drop_collection", name, within_s=ADMIN_S)
            log.info("snapshot.dropped", collection=name)


def _left_behind(active: Snapshot, *, built_within: timedelta) -> Callable[[str], bool]:
    """Tell versions that nobody can be building any more, and that are older than what serves."""
    begun = f"{datetime.now(UTC) - built_within:%Y%m%dT%H%M%S%f}"
    return lambda version: version < min(active.version, begun)


def _begun(plan: Plan, version: str, *, dimension: int) -> Snapshot:
    name = collection_of(plan.space, version)
    manifest = {
        "format": FORMAT,
        "backend": BACKEND,
        "space": plan.space,
        "revision": plan.revision,
        "grouped": plan.grouped,
        "dimension": dimension,
        "windows": 0,  # they stay in the database
        "sha256": {},  # the server answers for its own bytes
    }
    return Snapshot(
        version=version, space=plan.space, path=name, revision=plan.revision, manifest=manifest
    )


def _with(snapshot: Snapshot, **known: object) -> Snapshot:
    """Note what has become known of a snapshot."""
    manifest = dict(snapshot.manifest) | known
    if "tracks" in known:  # a server does not tell what it takes: this is for the vectors
        manifest["bytes"] = manifest["tracks"] * manifest["dimension"] * 4
    return replace(snapshot, manifest=manifest)


def _search_of(reader: MilvusSnapshot) -> Search:
    """Search as readers do."""
    return lambda query, k: reader.nearest(query, k=k, where=Filters(), hidden=reader.hide(()))


def _vectors_of(batch: Sequence[IndexedTrack]) -> NDArray[np.float16]:
    return np.stack([track.entry.vector for track in batch])


def _batches(tracks: Iterable[IndexedTrack]) -> Iterator[list[IndexedTrack]]:
    rows = iter(tracks)
    while batch := list(itertools.islice(rows, _BATCH)):
        yield batch
