"""Pulling from a folder: for machines without a network."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sightsong.adapters import weights
from sightsong.adapters.weights.lock import lock_folder
from sightsong.adapters.weights.mirror import Mirror
from sightsong.adapters.weights.sources import PullFailed
from sightsong.core import catalogue
from sightsong.core.catalogue import YUNET, Task
from sightsong.core.errors import ModelsMissing
from tests.unit.adapters.weights.conftest import FILES, TINY, Watching, pull

COMMIT = "ab" * 20


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_plain_folders_are_named_by_their_bytes(mirror: Path, models: Path, tmp_path: Path):
    done = pull(models, Mirror(mirror))
    assert done.revision.startswith("local-")
    assert weights.verify(models, TINY) == []
    assert pull(tmp_path / "again", Mirror(mirror)).revision == done.revision
    (mirror / TINY.repository / "vocab.txt").write_bytes(b"other\n")
    assert pull(tmp_path / "other", Mirror(mirror)).revision != done.revision


def test_other_bytes_are_another_space(mirror: Path, models: Path):
    revision = pull(models, Mirror(mirror)).revision
    checkpoint = weights.checkpoints(models, [TINY])[Task.CAPTION]
    assert catalogue.space_of(checkpoint) == f"ours/tiny@{revision}"


def test_a_mirror_with_a_lock_hands_on_its_revision(mirror: Path, models: Path):
    lock_folder(mirror, {TINY: COMMIT})
    assert pull(models, Mirror(mirror)).revision == COMMIT
    assert (models / TINY.repository / "vocab.txt").read_bytes() == FILES["vocab.txt"]
    assert not (models / TINY.repository / "README.md").exists()


def test_a_mirror_that_is_not_what_its_own_lock_says_is_refused(mirror: Path, models: Path):
    lock_folder(mirror, {TINY: COMMIT})
    path = mirror / TINY.repository / "model.safetensors"
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(PullFailed, match=r"model\.safetensors of ours/tiny does not arrive"):
        pull(models, Mirror(mirror))
    assert weights.state_of(models, TINY) is weights.State.NOT_PULLED


def test_a_mirror_whose_revision_is_another_folder_changes_nothing_there(
    mirror: Path, models: Path, tmp_path: Path
):
    lock_folder(mirror, {TINY: COMMIT})
    precious = tmp_path / "precious" / "config.json"
    precious.parent.mkdir()
    precious.write_text("precious")
    lock = (mirror / "models.lock").read_text()
    (mirror / "models.lock").write_text(lock.replace(COMMIT, str(precious.parent)))
    with pytest.raises(ModelsMissing, match=r"mirror/models\.lock is damaged"):
        pull(models, Mirror(mirror))
    assert list(precious.parent.iterdir()) == [precious]
    assert precious.read_text() == "precious"


def test_a_staging_folder_that_is_a_link_out_of_the_models_folder_is_refused(
    mirror: Path, models: Path, tmp_path: Path
):
    (tmp_path / "elsewhere").mkdir()
    (models / ".pull").mkdir(parents=True)
    (models / ".pull" / "ours").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelsMissing, match="leads out of the models folder"):
        pull(models, Mirror(mirror))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_mirror_whose_lock_leads_out_of_it_is_refused(mirror: Path, models: Path, tmp_path: Path):
    lock_folder(mirror, {TINY: COMMIT})
    (tmp_path / "secret").write_bytes(FILES["vocab.txt"])
    inner = mirror / TINY.repository / "vocab.txt"
    inner.unlink()
    inner.symlink_to(tmp_path / "secret")
    with pytest.raises(ModelsMissing, match="leads out of"):
        pull(models, Mirror(mirror))


def test_a_mirror_without_the_model_says_where_it_looked(models: Path, tmp_path: Path):
    with pytest.raises(PullFailed, match="holds no ours/tiny; expected in"):
        pull(models, Mirror(tmp_path))


def test_files_that_are_just_those_of_the_lock_need_no_update(mirror: Path, models: Path):
    lock_folder(mirror, {TINY: COMMIT})
    pull(models, Mirror(mirror))
    (mirror / "models.lock").unlink()
    (models / TINY.repository / "vocab.txt").unlink()
    assert pull(models, Mirror(mirror)).revision == COMMIT
    assert weights.verify(models, TINY) == []


def test_a_mirror_with_something_else_than_the_lock_needs_an_update(mirror: Path, models: Path):
    pull(models, Mirror(mirror))
    (models / TINY.repository / "vocab.txt").unlink()
    (mirror / TINY.repository / "vocab.txt").write_bytes(b"other\n")
    with pytest.raises(PullFailed, match="take it anyway with --update"):
        pull(models, Mirror(mirror))
    pull(models, Mirror(mirror), update=True)
    assert (models / TINY.repository / "vocab.txt").read_bytes() == b"other\n"


def test_a_stopped_copy_leaves_a_folder_that_the_next_one_mends(mirror: Path, models: Path):
    with pytest.raises(KeyboardInterrupt):
        pull(models, Mirror(mirror), watcher=Watching(stop_after=1000))
    pull(models, Mirror(mirror))
    assert weights.verify(models, TINY) == []
    assert not (models / ".pull").exists()


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        (("2023mar", "2026may", "2026may_int8"), "2023mar"),
        (("2024jan", "2026may", "2026may_int8"), "2026may"),
    ],
)
def test_the_face_detector_may_be_of_another_date(
    models: Path, tmp_path: Path, there: tuple[str, ...], chosen: str
):
    folder = tmp_path / "mirror" / YUNET.repository
    folder.mkdir(parents=True)
    for date in there:
        (folder / f"face_detection_yunet_{date}.onnx").write_bytes(date.encode())
    pull(models, Mirror(tmp_path / "mirror"), spec=YUNET)
    found = weights.checkpoints(models, [YUNET])[Task.FACES]
    assert found.weights.read_bytes() == chosen.encode()
    assert [path.name for path in found.folder.iterdir()] == [found.weights.name]


def test_what_an_update_no_longer_needs_is_removed(mirror: Path, models: Path):
    (mirror / TINY.repository / "tokenizer.json").write_bytes(b"{}")
    pull(models, Mirror(mirror))
    (mirror / TINY.repository / "tokenizer.json").unlink()
    pull(models, Mirror(mirror), update=True)
    assert not (models / TINY.repository / "tokenizer.json").exists()
    assert "tokenizer.json" not in (models / "models.lock").read_text()


def test_other_models_of_the_lock_stay(mirror: Path, models: Path):
    pull(models, Mirror(mirror))
    other = replace(TINY, repository="ours/other")
    (mirror / "ours" / "tiny").rename(mirror / "ours" / "other")
    pull(models, Mirror(mirror), spec=other)
    assert set(json.loads((models / "models.lock").read_text())["models"]) == {
        "ours/tiny",
        "ours/other",
    }
