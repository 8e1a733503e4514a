"""What a start accepts as weights, and what it refuses."""

import json
import os
from pathlib import Path

import pytest

from sightsong.adapters import weights
from sightsong.core.catalogue import CLAP_GENERAL, Task
from sightsong.core.errors import ModelsMissing
from tests.unit.adapters.weights.conftest import FILES, TINY

COMMIT = "ab" * 20


@pytest.fixture
def models(mirror: Path) -> Path:
    """A models folder with the model in it, locked."""
    (mirror / TINY.repository / "README.md").unlink()
    weights.lock_folder(mirror, {TINY: COMMIT})
    return mirror


def edit(models: Path, **changes: object) -> None:
    """Change a model's entry in the lock."""
    lock = json.loads((models / "models.lock").read_text())
    lock["models"][TINY.repository].update(changes)
    (models / "models.lock").write_text(json.dumps(lock))


def rewrite(path: Path, content: bytes) -> None:
    """Change a file, and its time: within one tick of the clock nobody could tell."""
    path.write_bytes(content)
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))


def test_what_was_locked_is_found(models: Path):
    found = weights.checkpoints(models, [TINY])[Task.CAPTION]
    assert (found.revision, found.weights.name) == (COMMIT, "model.safetensors")
    assert weights.state_of(models, TINY) is weights.State.READY


def test_an_empty_folder_names_every_model_and_the_command(tmp_path: Path):
    with pytest.raises(ModelsMissing) as refused:
        weights.checkpoints(tmp_path, [TINY, CLAP_GENERAL])
    assert refused.value.detail == (
        f"ours/tiny, laion/clap-htsat-unfused: not in {tmp_path}; run "
        f"`sightsong models pull --clap laion/clap-htsat-unfused --models-dir {tmp_path}`"
    )


@pytest.mark.parametrize("name", ["vocab.txt", "model.safetensors"])
def test_a_missing_file_is_refused_by_name(models: Path, name: str):
    (models / TINY.repository / name).unlink()
    with pytest.raises(ModelsMissing, match=f"{name} is missing or altered; run `sightsong models"):
        weights.checkpoints(models, [TINY])
    assert weights.state_of(models, TINY) is weights.State.INCOMPLETE


def test_a_file_that_was_altered_to_the_same_size_is_refused(models: Path):
    rewrite(models / TINY.repository / "vocab.txt", b"a\nX\n")
    assert weights.state_of(models, TINY) is weights.State.UNVERIFIED
    with pytest.raises(ModelsMissing, match=r"vocab\.txt is missing or altered"):
        weights.checkpoints(models, [TINY])


def test_a_file_that_was_only_touched_is_read_through_once(models: Path):
    rewrite(models / TINY.repository / "vocab.txt", FILES["vocab.txt"])
    weights.checkpoints(models, [TINY])
    assert weights.state_of(models, TINY) is weights.State.READY


def test_a_file_that_has_not_changed_is_not_read_again(models: Path):
    path = models / TINY.repository / "vocab.txt"
    before = path.stat()
    path.write_bytes(b"a\nX\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    weights.checkpoints(models, [TINY])  # this is what makes a start quick
    assert weights.verify(models, TINY) == ["ours/tiny/vocab.txt"]  # and this is the cure


def test_a_folder_without_stamps_is_read_through(models: Path):
    (models / ".verified.json").unlink()
    assert weights.state_of(models, TINY) is weights.State.UNVERIFIED
    weights.checkpoints(models, [TINY])
    assert weights.state_of(models, TINY) is weights.State.READY


@pytest.mark.parametrize("stamps", ["not json", "[]", '{"ours/tiny/vocab.txt": 3}'])
def test_damaged_stamps_are_no_stamps(models: Path, stamps: str):
    (models / ".verified.json").write_text(stamps)
    rewrite(models / TINY.repository / "vocab.txt", b"a\nX\n")
    with pytest.raises(ModelsMissing):
        weights.checkpoints(models, [TINY])


def test_a_folder_that_cannot_be_written_to_is_no_hindrance(models: Path):
    (models / ".verified.json").unlink()
    (models / ".verified.json").mkdir()  # holds for root too, whom no permission stops
    assert weights.checkpoints(models, [TINY])[Task.CAPTION].revision == COMMIT


def test_verify_reads_everything_and_hears_of_it(models: Path):
    counted: list[int] = []
    assert weights.verify(models, TINY, on_bytes=counted.append) == []
    there = (models / TINY.repository).iterdir()
    assert sum(counted) == sum(path.stat().st_size for path in there)


@pytest.mark.parametrize(
    "name", ["../../secret", "/etc/hostname", "a/../../../secret", "..", ".", "a\\b", "./vocab.txt"]
)
def test_a_lock_that_names_what_is_no_file_of_the_model_is_refused(models: Path, name: str):
    file = {"sha256": "0" * 64, "size_bytes": 1}
    (models.parent / "secret").write_bytes(b"1")
    edit(models, files={name: file})
    with pytest.raises(ModelsMissing, match=r"which is no file name|leads out of"):
        weights.verify(models, TINY)
    with pytest.raises(ModelsMissing):
        weights.checkpoints(models, [TINY])


def test_a_link_out_of_the_folder_is_refused_though_its_bytes_are_right(
    models: Path, tmp_path: Path
):
    path = models / TINY.repository / "vocab.txt"
    (tmp_path / "elsewhere").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelsMissing, match="leads out of the models folder"):
        weights.checkpoints(models, [TINY])


def test_a_models_folder_may_itself_be_a_link(models: Path, tmp_path: Path):
    (tmp_path / "link").symlink_to(models)
    assert weights.checkpoints(tmp_path / "link", [TINY])


def test_a_lock_that_names_no_weights_is_not_enough(models: Path):
    edit(models, files={})
    with pytest.raises(ModelsMissing, match=r"model\.safetensors is missing"):
        weights.checkpoints(models, [TINY])
    assert weights.verify(models, TINY) == [
        "ours/tiny/config.json",
        "ours/tiny/model.safetensors",
        "ours/tiny/vocab.*",
    ]


def _naming(sha256: str, size_bytes: int) -> str:
    """A lock with one file."""
    file = {"sha256": sha256, "size_bytes": size_bytes}
    return json.dumps({"models": {TINY.repository: {"revision": "x", "files": {"a": file}}}})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"models": {"ours/tiny": {"revision": "x", "files": []}}}',
        _naming("short", 1),
        _naming("0" * 64, -1),
        "[" * 100_000,
    ],
    ids=["empty", "list", "no files", "short digest", "negative size", "deep"],
)
def test_a_lock_that_is_none_is_refused_with_a_way_out(models: Path, text: str):
    (models / "models.lock").write_text(text)
    with pytest.raises(ModelsMissing, match=r"models\.lock is damaged; delete it and run"):
        weights.checkpoints(models, [TINY])


@pytest.mark.parametrize(
    "revision", ["", ".", "..", "../x", "/x", "a/b", "a\\b", "a\0", "x\n", ".x", "x" * 101, None, 7]
)
def test_a_lock_with_a_revision_that_is_no_plain_name_is_refused(models: Path, revision: object):
    edit(models, revision=revision)
    with pytest.raises(ModelsMissing, match=r"models\.lock is damaged"):
        weights.checkpoints(models, [TINY])


@pytest.mark.parametrize("revision", [COMMIT, "main", "v1.0_rc-2", "local-0123456789ab", "x" * 100])
def test_a_lock_with_a_plain_revision_is_read(models: Path, revision: str):
    edit(models, revision=revision)
    assert weights.checkpoints(models, [TINY])[Task.CAPTION].revision == revision


def test_what_came_from_a_folder_is_mended_from_a_folder(models: Path):
    edit(models, revision="local-0123456789ab")
    (models / TINY.repository / "vocab.txt").unlink()
    with pytest.raises(ModelsMissing, match="--from DIR`"):
        weights.checkpoints(models, [TINY])
