"""Pulling from a hub: what is fetched, what is written down, and what goes wrong."""

import hashlib
import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from sightsong.adapters import weights
from sightsong.adapters.weights.sources import Offer, Offered, PullFailed, Source, open_hub
from sightsong.core.catalogue import ModelSpec, Task
from sightsong.core.errors import ModelsMissing
from tests import ports
from tests.unit.adapters.weights.conftest import FILES, TINY, Watching, need, pull
from tests.unit.adapters.weights.fake_hub import COMMIT, FakeHub

WANTED = {"config.json", "vocab.txt", "model.safetensors"}
OTHER = "0ddba11" + "0" * 33


@pytest.fixture
def source(hub: FakeHub) -> Source:
    return open_hub(hub.endpoint)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def on_disk(models: Path) -> set[str]:
    return {path.relative_to(models).as_posix() for path in models.rglob("*") if path.is_file()}


def test_a_pull_brings_just_what_is_needed_and_leaves_nothing_else(source: Source, models: Path):
    pull(models, source)
    expected = {f"{TINY.repository}/{name}" for name in WANTED}
    assert on_disk(models) == expected | {"models.lock", ".verified.json"}
    assert not any(path.is_symlink() for path in models.rglob("*"))


def test_the_lock_says_commit_digest_and_size_of_each_file(source: Source, models: Path):
    pull(models, source)
    told = json.loads((models / "models.lock").read_text())["models"][TINY.repository]
    assert told["revision"] == COMMIT
    assert told["files"] == {
        name: {"sha256": hashlib.sha256(FILES[name]).hexdigest(), "size_bytes": len(FILES[name])}
        for name in WANTED
    }


def test_a_worker_finds_what_was_pulled(source: Source, models: Path):
    pull(models, source)
    found = weights.checkpoints(models, [TINY])[Task.CAPTION]
    assert found.weights.read_bytes() == FILES["model.safetensors"]
    assert found.revision == COMMIT


def test_a_second_pull_asks_nobody(hub: FakeHub, source: Source, models: Path):
    pull(models, source)
    hub.asked.clear()
    assert pull(models, source).was_there
    assert hub.asked == []


def test_a_pull_that_was_stopped_goes_on_where_it_stopped(
    hub: FakeHub, source: Source, models: Path
):
    with pytest.raises(KeyboardInterrupt):
        pull(models, source, watcher=Watching(stop_after=1_000_000))
    [part] = models.rglob("*.part")
    have = part.stat().st_size
    assert have >= 1_000_000
    assert weights.state_of(models, TINY) is weights.State.NOT_PULLED
    pull(models, source)
    assert hub.ranges("model.safetensors") == [None, f"bytes={have}-"]
    assert weights.verify(models, TINY) == []
    assert not (models / ".pull").exists()


def test_a_line_that_breaks_is_taken_up_again_after_a_pause(hub: FakeHub, models: Path):
    patient = import_module("sightsong.adapters.weights.hub").Hub
    pauses: list[float] = []
    # The first file of a model is its weights; the second answer brings nothing at all.
    hub.breaks = [500_000, 0]
    pull(models, patient(hub.endpoint, pause=pauses.append))
    assert len(hub.ranges("model.safetensors")) == 3
    assert pauses == [1.0, 2.0]
    assert weights.verify(models, TINY) == []


def test_a_hub_that_knows_no_ranges_begins_anew(hub: FakeHub, source: Source, models: Path):
    with pytest.raises(KeyboardInterrupt):
        pull(models, source, watcher=Watching(stop_after=1_000_000))
    hub.ignores_ranges = True
    pull(models, source)
    assert weights.verify(models, TINY) == []


def test_a_part_that_is_wrong_is_fetched_from_its_beginning(
    hub: FakeHub, source: Source, models: Path
):
    with pytest.raises(KeyboardInterrupt):
        pull(models, source, watcher=Watching(stop_after=1_000_000))
    [part] = models.rglob("*.part")
    part.write_bytes(b"\0" * part.stat().st_size)
    pull(models, source)
    assert hub.ranges("model.safetensors")[2:] == [None]
    assert weights.verify(models, TINY) == []


def test_a_damaged_file_is_fetched_at_the_locked_commit_and_no_other_with_it(
    hub: FakeHub, source: Source, models: Path
):
    pull(models, source)
    (models / TINY.repository / "vocab.txt").write_bytes(b"a\nX\n")
    hub.asked.clear()
    assert not pull(models, source).was_there
    assert [path for path, _ in hub.asked] == [
        f"/api/models/{TINY.repository}/revision/{COMMIT}",
        f"/{TINY.repository}/resolve/{COMMIT}/vocab.txt",
    ]
    assert weights.verify(models, TINY) == []


def test_a_repository_that_moved_on_is_not_followed_unless_asked(
    hub: FakeHub, source: Source, models: Path
):
    pull(models, source)
    hub.repositories[TINY.repository].commit = OTHER
    hub.repositories[TINY.repository].files["vocab.txt"] = b"a\nb\nc\n"
    assert pull(models, source).revision == COMMIT
    hub.asked.clear()
    assert pull(models, source, update=True).revision == OTHER
    assert (models / TINY.repository / "vocab.txt").read_bytes() == b"a\nb\nc\n"
    assert hub.ranges("model.safetensors") == []  # it has not changed


def test_other_bytes_under_a_locked_commit_are_refused(hub: FakeHub, source: Source, models: Path):
    pull(models, source)
    (models / TINY.repository / "vocab.txt").unlink()
    hub.repositories[TINY.repository].files["vocab.txt"] = b"z\nz\n"
    with pytest.raises(PullFailed, match=r"vocab\.txt of ours/tiny is not the file .* --update"):
        pull(models, source)
    assert not (models / TINY.repository / "vocab.txt").exists()


def test_an_unknown_repository_is_named(hub: FakeHub, source: Source, models: Path):
    hub.repositories.clear()
    with pytest.raises(PullFailed, match="there is no ours/tiny at http://127"):
        pull(models, source)


def test_a_commit_that_is_gone_is_named(hub: FakeHub, source: Source, models: Path):
    pull(models, source)
    (models / TINY.repository / "vocab.txt").unlink()
    hub.repositories[TINY.repository].commit = OTHER
    with pytest.raises(PullFailed, match=f"ours/tiny has no revision {COMMIT}"):
        pull(models, source)


def test_a_hub_whose_commit_is_another_folder_changes_nothing_there(
    hub: FakeHub, source: Source, models: Path, tmp_path: Path
):
    hub.repositories[TINY.repository].commit = str(tmp_path / "precious")
    with pytest.raises(ModelsMissing, match="precious' for ours/tiny, which is no revision"):
        pull(models, source)
    assert not (tmp_path / "precious").exists()


def test_a_gated_repository_says_how_to_get_in(hub: FakeHub, source: Source, models: Path):
    hub.repositories[TINY.repository].is_gated = True
    with pytest.raises(PullFailed, match="gated: accept its terms"):
        pull(models, source)


def test_no_hub_at_the_address_says_what_to_do(models: Path):
    need("huggingface_hub")
    source = open_hub(f"http://127.0.0.1:{ports.free_port()}")
    with pytest.raises(PullFailed, match=r"cannot be reached .* take a mirror"):
        pull(models, source)


def test_a_repository_without_a_needed_file_is_refused_before_anything_is_fetched(
    hub: FakeHub, source: Source, models: Path
):
    del hub.repositories[TINY.repository].files["config.json"]
    with pytest.raises(PullFailed, match=r"does not have config\.json"):
        pull(models, source)
    assert hub.ranges("model.safetensors") == []


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(models: Path):
    small, huge = Offered(size_bytes=1), Offered(size_bytes=2**60)
    offer = Offer(
        revision=COMMIT,
        files={"config.json": small, "vocab.txt": small, "model.safetensors": huge},
    )
    with pytest.raises(PullFailed, match=r"needs 1,099,[0-9,]+ MiB .* free"):
        pull(models, _Claiming(offer))


def test_a_models_folder_that_cannot_be_is_one_clear_line(source: Source, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelsMissing, match="choose another folder with --models-dir"):
        pull(tmp_path / "file" / "models", source)


def test_a_second_pull_at_the_same_time_is_refused(source: Source, models: Path):
    class Meanwhile(Watching):
        def begin(self, what: str, *, size_bytes: int, done_bytes: int = 0) -> None:
            with pytest.raises(PullFailed, match="another pull is at work"):
                pull(models, source)
            super().begin(what, size_bytes=size_bytes, done_bytes=done_bytes)

    watcher = Meanwhile()
    pull(models, source, watcher=watcher)
    assert set(watcher.begun) == {f"fetching tiny: {name}" for name in WANTED}


class _Claiming:
    """A source with an offer of its own, that never delivers."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer

    def offer(self, spec: ModelSpec, revision: str) -> Offer:
        return self._offer

    def fetch(
        self,
        spec: ModelSpec,
        name: str,
        part: Path,
        *,
        revision: str,
        on_bytes: Callable[[int], None],
    ) -> None:
        raise AssertionError("nothing may be fetched")
