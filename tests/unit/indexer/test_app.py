"""What the indexer's process is put together of."""

from pathlib import Path

from indexer import app
from indexer.snapshot import FaissBuilder
from sightsong.adapters import settings
from sightsong.core.jobs import JobKind
from sightsong.engine.watch import Watch
from tests.unit.indexer.libraries import SPACE, library, plan


def test_every_kind_of_job_of_its_queues_is_done(bench):
    works = app.works_of(bench.runtime(), Watch(), Watch())
    for work in works:
        queues = {line.queue for line in work.lines}
        assert work.handlers.keys() == {kind for kind in JobKind if kind.queue in queues}


def test_snapshots_are_built_where_and_as_the_settings_say(tmp_path: Path):
    config = settings.load(data_dir=tmp_path, disk_reserve_bytes=0, index_kind="hnsw")
    builder = app.open_builder(config)
    assert isinstance(builder, FaissBuilder)
    tracks = library(20)
    built = builder.build(iter(tracks), plan(tracks))
    assert built.manifest["kind"] == "hnsw"
    assert (config.snapshots_dir / built.path).is_dir()
    assert built.space == SPACE
