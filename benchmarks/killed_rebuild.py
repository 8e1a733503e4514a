"""kill -9 of a process in the midst of a rebuild: does the old snapshot serve on, and is it tidy?

    python -m benchmarks.killed_rebuild [--kills 10] [--tracks 60000] [--kind auto] [--seed 1]

Builds a snapshot of made-up vectors and opens it as workers do. Then a process of its own builds
the next one again and again, and is killed at random points of what that takes. After each kill
the old snapshot must answer as before, through the reader that had it open and through one that
opens it now; no reader may be sent to anything else, and what earlier kills left behind must be
gone. In the end a build that nobody kills must succeed, be served, and be alone with the old one
after pruning. Prints a line for each kill and a verdict, and ends with status 1 if anything failed.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic import DIMENSION, Library
from indexer.building import Plan
from indexer.snapshot import FaissBuilder
from sightsong.adapters import memory
from sightsong.adapters.library import layout
from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.core import errors
from sightsong.core.embeddings import Space
from sightsong.core.facts import Facts, Filters
from sightsong.core.snapshots import Entry, Extent, IndexedTrack, Snapshot, Windows
from sightsong.core.tracks import TrackId

_SPACE = Space("synthetic/space@1")
_QUERIES, _NEAREST = 20, 10
_LONGEST_S = 900

Answers = list[list[tuple[str, float]]]
"""For each query the nearest tracks, with their cosines."""


def main() -> None:
    """Run as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--tracks", type=int, default=60_000)
    parser.add_argument("--kind", default="auto")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build-in", type=Path, help="be the process that is killed")
    asked = parser.parse_args()
    if asked.build_in:
        print("begun", flush=True)
        _build(asked.build_in, asked.tracks, asked.kind)
        return
    with tempfile.TemporaryDirectory() as folder:
        ground = _Ground(Path(folder), asked.tracks, asked.kind)
        dice = random.Random(asked.seed)  # noqa: S311 - when to kill is no secret
        failures = _kill_all(ground, kills=asked.kills, dice=dice) + ground.finish()
    print("\n".join(failures) or "the old snapshot served on, and nothing was left behind")
    raise SystemExit(bool(failures))


@dataclass(frozen=True)
class _Outcome:
    """What a process that was to be killed has left."""

    lived_s: float
    left: Sequence[Path]  #: Folders of builds that did not end.
    is_late: bool  #: The build had ended before.


class _Ground:
    """A library folder with one published snapshot, that is being read."""

    def __init__(self, root: Path, tracks: int, kind: str) -> None:
        self._root, self._tracks, self._kind = root, tracks, kind
        self._queries = Library(tracks).queries(_QUERIES, is_text=False)
        self._rows = memory.open_stores().snapshots
        began = time.monotonic()
        self._old = _build(root, tracks, kind)
        self.build_s = time.monotonic() - began
        self._publish(self._old)
        self._reader = self._open(self._old)
        self._expected = self._answers(self._reader)
        told = {name: self._old.manifest[name] for name in ("kind", "tracks", "recall_at_10")}
        print(f"the old snapshot: {told}, built in {self.build_s:.1f} s")

    @property
    def home(self) -> Path:
        """Where the snapshots lie."""
        return self._root / layout.space_folder(_SPACE)

    def begin(self) -> subprocess.Popen[str]:
        """Start a process that builds; it has begun when this returns."""
        command = [sys.executable, "-m", "benchmarks.killed_rebuild", "--kind", self._kind]
        command += ["--tracks", str(self._tracks), "--build-in", str(self._root)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if process.stdout is None or process.stdout.readline() != "begun\n":
            raise RuntimeError("the building process did not begin")
        return process

    def kill(self, after_s: float) -> _Outcome:
        """Begin a build, and kill its process after a while."""
        process = self.begin()
        began = time.monotonic()
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.kill()
        status = process.wait(_LONGEST_S)
        left = [one for one in self.home.iterdir() if one.name.startswith(".building-")]
        return _Outcome(time.monotonic() - began, left, is_late=status == 0)

    def failures(self, outcome: _Outcome) -> list[str]:
        """What is not as it should be after a kill."""
        found = [] if len(outcome.left) <= 1 else ["an earlier kill's folder is still there"]
        if self._rows.active(_SPACE) != self._rows.get(self._old.version):
            found.append("another snapshot is served")
        if self._answers(self._reader) != self._expected:
            found.append("the old snapshot answers otherwise")
        try:
            opened = self._open(self._old)
        except errors.SnapshotRefused as error:
            return [*found, f"the old snapshot is refused: {error.detail}"]
        if self._answers(opened) != self._expected:
            found.append("the old snapshot answers otherwise once it is opened anew")
        opened.close()
        return found

    def finish(self) -> list[str]:
        """Build once more in peace, publish, prune, and tell what is not as it should be."""
        new = _build(self._root, self._tracks, self._kind)
        self._publish(new)
        served = self._open(new)
        is_same = self._answers(served) == self._expected
        served.close()
        FaissBuilder(self._root, kept=1).prune(_SPACE, self._rows)
        folders = {one.name for one in self.home.iterdir() if one.is_dir()}
        self._reader.close()
        failures = [] if is_same else ["the new snapshot answers otherwise"]
        if folders != {self._old.version, new.version}:
            failures.append(f"left behind: {sorted(folders)}")
        return failures

    def _publish(self, snapshot: Snapshot) -> None:
        self._rows.add(snapshot)
        self._rows.activate(snapshot.version)

    def _open(self, snapshot: Snapshot) -> LoadedSnapshot:
        loaded = LoadedSnapshot(snapshot, self._root / snapshot.path)
        loaded.check_late()
        return loaded

    def _answers(self, loaded: LoadedSnapshot) -> Answers:
        nothing = loaded.hide(())
        return [
            [
                (one.track_id, one.cosine)
                for one in loaded.nearest(query, k=_NEAREST, where=Filters(), hidden=nothing)
            ]
            for query in self._queries
        ]


def _kill_all(ground: _Ground, *, kills: int, dice: random.Random) -> list[str]:
    failures = []
    longest_s = ground.build_s
    kill = 0
    while kill < kills:
        outcome = ground.kill(dice.uniform(0, longest_s))
        found = ground.failures(outcome)
        failures += found
        if outcome.is_late:  # a build takes less time than it was thought to
            longest_s = min(longest_s, outcome.lived_s)
            continue
        kill += 1
        left = sum(len(list(folder.iterdir())) for folder in outcome.left)
        said = "; ".join(found) or "fine"
        print(f"kill {kill} at {outcome.lived_s:.2f} s, {left} files half built: {said}")
    return failures


def _build(root: Path, tracks: int, kind: str) -> Snapshot:
    plan = Plan(
        space=_SPACE,
        revision=1,
        grouped=1,
        extent=Extent(tracks=tracks, window_bytes=tracks * DIMENSION * 2),
        phrases=np.empty((0, DIMENSION), np.float32),
        go_on=lambda: True,
    )
    built = FaissBuilder(root, kind=kind).build(_tracks(tracks), plan)
    if built is None:
        raise RuntimeError("the build was stopped")
    return built


def _tracks(count: int) -> Iterator[IndexedTrack]:
    vectors = (vector for block in Library(count).blocks() for vector in block)
    for i, vector in enumerate(vectors):
        yield _track(i, vector)


def _track(i: int, vector: NDArray[np.float16]) -> IndexedTrack:
    artist = f"artist:artist {i % 997}"
    facts = Facts(terms=(f"genre:genre {i % 13}", artist), artist=artist, duration_s=200.0)
    entry = Entry(track_id=TrackId(f"{i:036d}"), vector=vector, facts=facts)
    return IndexedTrack(entry=entry, windows=Windows(vectors=vector[np.newaxis], starts_s=(0.0,)))


if __name__ == "__main__":
    main()
