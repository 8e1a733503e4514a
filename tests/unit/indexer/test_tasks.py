"""Rebuilds on in-memory stores and real folders."""

from sightsong.adapters.library.loaded import LoadedSnapshot
from tests.unit.indexer.parts import SPACE, Bench


def test_a_rebuild_publishes_a_snapshot_that_loads(bench, music):
    bench.ingest(music)
    bench.embed_all()
    rebuilt = bench.rebuild()
    active = bench.stores.snapshots.active(SPACE)
    assert rebuilt.result == {"version": active.version, "tracks": 2}
    LoadedSnapshot(active, bench.snapshots_dir / active.path)


def test_a_rebuild_of_an_empty_library_fails_and_leaves_no_folder(bench):
    failed = bench.rebuild()
    assert failed.error.code == "snapshot_refused"
    assert bench.stores.snapshots.active(SPACE) is None
    assert not bench.snapshots_dir.exists()


def folders(bench: Bench) -> set[str]:
    return {path.name for path in bench.snapshots_dir.glob("*/*")}


def test_old_snapshots_are_removed_but_for_those_kept_for_a_roll_back(bench, music):
    bench.ingest(music)
    bench.embed_all()
    versions = [bench.rebuild().result["version"] for _ in range(6)]
    bench.rebuild()
    kept = {row.version for row in bench.stores.snapshots.listed(SPACE)}
    assert versions[-1] in kept
    assert len(kept) == 4  # the active one, the one before it, and two more for a roll back
    assert folders(bench) == kept


def test_what_a_killed_build_left_behind_is_removed_by_the_next(bench, music):
    bench.ingest(music)
    bench.embed_all()
    bench.rebuild()
    home = next(bench.snapshots_dir.iterdir())
    left = [home / ".building-20200101T000000-dead", home / "20200101T000000-norow"]
    for folder in left:
        folder.mkdir()
    bench.rebuild()
    assert not any(folder.exists() for folder in left)


def test_a_track_that_was_removed_is_not_in_the_next_snapshot(bench, music):
    bench.ingest(music)
    bench.embed_all()
    bench.rebuild()
    bench.stores.tracks.remove(bench.stores.tracks.page(limit=1)[0].id)
    assert bench.rebuild().result["tracks"] == 1
