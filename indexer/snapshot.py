"""Snapshots in folders: built beside the others, verified, and only then given their name."""

import json
import os
import shutil
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from indexer import filling, kinds, locks, pruning, reading_back, room, steps
from indexer.building import Elsewhere, Plan
from indexer.fitting import Fitting
from sightsong.adapters import disk
from sightsong.adapters.library import layout
from sightsong.core import errors, ports
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import IndexedTrack, Snapshot

#: With less, searches would miss what a person would miss.
_LEAST_RECALL = 0.95


class FaissBuilder:
    """Builds snapshots in folders, one at a time, whatever else is at work on the machine.

    Args:
        root: the library folder.
        kind: of index: one of `kinds.KINDS`, or `auto`.
        threads: that train and fill; 0: one for each core.
        kept: retired snapshots that pruning leaves.
        reserve_bytes: what is to be left free on the disk.
        least_recall: share of the 10 nearest that an index must find, or it is refused.
    """

    def __init__(
        self,
        root: Path,
        *,
        kind: str = "auto",
        threads: int = 0,
        kept: int = 3,
        reserve_bytes: int = 0,
        least_recall: float = _LEAST_RECALL,
    ) -> None:
        self._root = root
        self._kind = kind
        self._threads = threads or os.cpu_count() or 1
        self._kept = kept
        self._reserve_bytes = reserve_bytes
        self._least_recall = least_recall

    def build(self, tracks: Iterable[IndexedTrack], plan: Plan) -> Snapshot | None:
        """Build and verify a snapshot; it is not active yet. None when told to stop.

        Tracks are written as they come, so that memory holds no more than a sample of them.

        Args:
            tracks: in the order of track ids; at least one.
            plan: what else there is to know.

        Raises:
            SnapshotRefused: there is nothing to index, or what was written does not verify.
            StorageFull: there is no room for it; says how many bytes it needs.
            ConfigurationError: the library folder cannot be locked.
        """
        if plan.extent.tracks == 0:
            raise errors.SnapshotRefused("there are no embedded tracks to index")
        home = self._root / layout.space_folder(plan.space)
        home.mkdir(parents=True, exist_ok=True)
        with locks.waited_for(home / pruning.LOCK, plan.go_on) as is_held:
            if not is_held:
                return None
            pruning.clear_half_built(home)  # before it is counted what is free
            try:
                return self._build(Fitting(tracks), plan, home)
            except steps.Stopped:
                return None

    def verify(self, snapshot: Snapshot) -> None:
        """Compare a snapshot with its manifest: every byte, and that it opens.

        Raises:
            Elsewhere: it does not lie in a folder.
            SnapshotRefused: it is not whole.
        """
        if snapshot.manifest.get("backend", pruning.BACKEND) != pruning.BACKEND:
            raise Elsewhere(
                f"snapshot {snapshot.version} does not lie in a folder, and only such are read"
                " through here: SIGHTSONG_INDEX_BACKEND is faiss"
            )
        folder = self._root / snapshot.path
        manifest = layout.read_manifest(folder)
        if manifest != json.loads(json.dumps(snapshot.manifest)):
            raise errors.SnapshotRefused(f"snapshot {snapshot.version}: another manifest")
        reading_back.check(folder, manifest)

    def glance(self, snapshot: Snapshot) -> object:
        """Look at a snapshot's files without reading them; changed ones look different."""
        files = [layout.MANIFEST, *snapshot.manifest.get("sha256", ())]
        return layout.signs(self._root / snapshot.path, {"sha256": dict.fromkeys(files)})

    def prune(self, space: Space, rows: ports.Snapshots) -> list[str]:
        """Remove snapshots that nobody needs, and what killed builds left behind.

        Returns:
            The versions that were removed.
        """
        return pruning.prune(self._root, space, rows, kept=self._kept)

    def _build(self, tracks: Fitting, plan: Plan, home: Path) -> Snapshot:
        if not tracks.dimension:
            raise tracks.nothing()
        recipe = filling.Recipe(
            kind=self._kind,
            dimension=tracks.dimension,
            threads=self._threads,
            reserve_bytes=self._reserve_bytes,
            least_recall=self._least_recall,
        )
        needed = self._needed(plan, recipe)
        room.check(home, needed=needed, reserve_bytes=self._reserve_bytes)
        try:
            with disk.full_is_told():
                return self._publish(home, tracks, plan, recipe)
        except errors.StorageFull as error:  # somebody else has filled it meanwhile
            raise room.full(home, needed=needed, reserve_bytes=self._reserve_bytes) from error

    def _publish(self, home: Path, tracks: Fitting, plan: Plan, recipe: filling.Recipe) -> Snapshot:
        """Build in a folder that no reader looks at, and give it its name once it is whole."""
        # To the microsecond: versions must sort by age, also of two builds in one second.
        version = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"
        building, final = home / f"{pruning.HALF_BUILT}{version}", home / version
        try:
            building.mkdir()
            manifest = filling.fill(building, tracks, plan, recipe)
            building.rename(final)
            disk.sync(home)
        finally:
            shutil.rmtree(building, ignore_errors=True)
        return Snapshot(
            version=version,
            space=plan.space,
            path=str(final.relative_to(self._root)),
            revision=plan.revision,
            manifest=manifest,
        )

    def _needed(self, plan: Plan, recipe: filling.Recipe) -> int:
        tried = kinds.kinds_of(recipe.kind, tracks=plan.extent.tracks)
        return max(
            room.needed_bytes(plan.extent, kind, dimension=recipe.dimension) for kind in tried
        )
