"""Pickled weights: converted once, in a process of their own, and never run."""

import os
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

from sightsong.adapters import weights
from sightsong.adapters.weights.converting import ConversionRefused, convert
from sightsong.adapters.weights.mirror import Mirror
from sightsong.adapters.weights.sources import open_hub
from tests.unit.adapters.weights.conftest import TINY, need, pull
from tests.unit.adapters.weights.fake_hub import FakeHub

#: A program in the language of pickles: call `os.system` with the command.
_PROGRAM = b"cos\nsystem\n(S'%b'\ntR."


@pytest.fixture(autouse=True)
def torch():
    need("torch", "safetensors")
    return import_module("torch")


@pytest.fixture
def converter():
    """The converter itself, in this process: a process of its own takes seconds to import torch."""
    return import_module("workers.models.full.convert")


@pytest.fixture
def pickled(torch, tmp_path: Path) -> Path:
    """A file of weights as training scripts write them: tied, wrapped, a view among them."""
    shared = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    state = {"embed": shared, "head": shared, "view": shared[1:, ::2], "step": torch.tensor(7)}
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "pytorch_model.bin")
    return tmp_path / "pytorch_model.bin"


def read(path: Path):
    return import_module("safetensors.torch").load_file(path)


def test_tensors_come_through_whole_tied_ones_and_views_too(
    torch, converter, pickled: Path, tmp_path: Path
):
    converter.convert(pickled, tmp_path / "out")
    tensors = read(tmp_path / "out")
    whole = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    assert set(tensors) == {"embed", "head", "view", "step"}
    assert torch.equal(tensors["head"], whole)
    assert torch.equal(tensors["view"], whole[1:, ::2])
    assert tensors["step"].item() == 7


def test_a_file_of_the_old_format_is_read_too(torch, converter, tmp_path: Path):
    state = {"w": torch.ones(2, dtype=torch.float16)}
    torch.save(state, tmp_path / "old", _use_new_zipfile_serialization=False)
    converter.convert(tmp_path / "old", tmp_path / "out")
    assert read(tmp_path / "out")["w"].dtype == torch.float16


class Evil:
    """What a hostile file holds: unpickling it runs a command."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, (self._command,))


def test_a_program_in_a_pickle_is_refused_and_never_run(torch, tmp_path: Path):
    proof = tmp_path / "proof"
    torch.save({"w": torch.ones(1), "x": Evil(f"touch {proof}")}, tmp_path / "evil")
    with pytest.raises(ConversionRefused, match=r"evil is refused: .*system"):
        convert(tmp_path / "evil", tmp_path / "out")
    assert not proof.exists()
    assert not (tmp_path / "out").exists()


def test_so_is_one_in_a_file_of_the_old_format(torch, converter, tmp_path: Path):
    proof = tmp_path / "proof"
    evil = {"x": Evil(f"touch {proof}")}
    torch.save(evil, tmp_path / "evil", _use_new_zipfile_serialization=False)
    with pytest.raises(converter.Refused, match="system"):
        converter.convert(tmp_path / "evil", tmp_path / "out")
    assert not proof.exists()


@pytest.mark.parametrize("shape", ["bare", "zip"])
def test_a_bare_program_is_refused_and_never_run(converter, tmp_path: Path, shape: str):
    proof = tmp_path / "proof"
    program = _PROGRAM % f"touch {proof}".encode()
    if shape == "bare":
        (tmp_path / "evil").write_bytes(program)
    else:
        with zipfile.ZipFile(tmp_path / "evil", "w") as archive:
            archive.writestr("archive/data.pkl", program)
            archive.writestr("archive/version", "3\n")
    with pytest.raises(converter.Refused):
        converter.convert(tmp_path / "evil", tmp_path / "out")
    assert not proof.exists()


def test_a_tensor_that_claims_the_whole_memory_is_refused(torch, tmp_path: Path):
    torch.save({"w": torch.zeros(1).expand(2**40)}, tmp_path / "huge")
    with pytest.raises(ConversionRefused, match="huge is refused: w: "):
        convert(tmp_path / "huge", tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"\x80\x02", b"PK\x03\x04 and no more", b"\x00" * 4096])
def test_damage_is_refused(converter, tmp_path: Path, content: bytes):
    (tmp_path / "broken").write_bytes(content)
    with pytest.raises(converter.Refused):
        converter.convert(tmp_path / "broken", tmp_path / "out")


def test_what_is_not_all_tensors_is_refused(torch, converter, tmp_path: Path):
    torch.save({"w": torch.ones(1), "name": "no tensor"}, tmp_path / "mixed")
    with pytest.raises(converter.Refused, match="other things than tensors"):
        converter.convert(tmp_path / "mixed", tmp_path / "out")


def test_a_pull_keeps_the_converted_file_alone(mirror: Path, pickled: Path, tmp_path: Path):
    only_pickled(mirror, pickled)
    done = pull(tmp_path / "models", Mirror(mirror))
    assert done.converted
    folder = tmp_path / "models" / TINY.repository
    assert {path.name for path in folder.iterdir()} == {
        "config.json",
        "vocab.txt",
        "model.safetensors",
    }
    assert "head" in read(folder / "model.safetensors")
    assert len({path.stat().st_mode for path in folder.iterdir()}) == 1
    assert weights.verify(tmp_path / "models", TINY) == []


def test_a_converted_file_is_mended_from_the_same_pickle(
    mirror: Path, pickled: Path, tmp_path: Path
):
    only_pickled(mirror, pickled)
    models = tmp_path / "models"
    pull(models, Mirror(mirror))
    path = models / TINY.repository / "model.safetensors"
    right = path.read_bytes()
    path.write_bytes(b"wrong")
    assert pull(models, Mirror(mirror)).converted
    assert path.read_bytes() == right


def test_a_hostile_repository_leaves_nothing_behind(torch, hub: FakeHub, tmp_path: Path):
    evil = tmp_path / "evil"
    torch.save({"w": Evil(f"touch {tmp_path / 'proof'}")}, evil)
    files = hub.repositories[TINY.repository].files
    del files["model.safetensors"]
    files["pytorch_model.bin"] = evil.read_bytes()
    with pytest.raises(ConversionRefused, match=r"ours/tiny: pytorch_model\.bin is refused"):
        pull(tmp_path / "models", open_hub(hub.endpoint))
    assert not (tmp_path / "proof").exists()
    assert list(tmp_path.glob("models/**/*.bin")) == []
    assert weights.state_of(tmp_path / "models", TINY) is weights.State.NOT_PULLED


def only_pickled(mirror: Path, pickled: Path) -> None:
    """Make a mirror that has no safetensors."""
    folder = mirror / TINY.repository
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickled.read_bytes())
