"""Trained classifiers to folders and back: the same logits, whoever reads them."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="training needs the extra `train`")

from safetensors.torch import load_file, save_file  # noqa: E402

from sightsong.core.affect import Emotion  # noqa: E402
from tests.unit.training.networks.tiny import SIDE, pictures, tiny  # noqa: E402
from training.errors import RunRefused  # noqa: E402
from training.fitting import checkpoints  # noqa: E402
from training.networks.theirs import KINDS  # noqa: E402
from training.trained import CONFIG, WEIGHTS, Architecture, Input, Trained  # noqa: E402

TAKEN = Input(side_px=SIDE, mean=(0.4, 0.5, 0.6), deviation=(0.2, 0.3, 0.25))


def trained(
    architecture: Architecture, *, has_affect: bool = False, temperature: float = 1.0
) -> Trained:
    return Trained(
        network=tiny(architecture, len(Emotion) + 2 * has_affect),
        architecture=architecture,
        input=TAKEN,
        classes=tuple(Emotion),
        has_affect=has_affect,
        temperature=temperature,
        facts={"data": {"name": "of a test"}},
    )


@pytest.mark.parametrize("has_affect", [False, True])
@pytest.mark.parametrize("architecture", list(Architecture))
def test_what_is_read_gives_the_logits_of_what_was_written_less_its_temperature(
    architecture: Architecture, has_affect: bool, tmp_path: Path
):
    wrote = trained(architecture, has_affect=has_affect, temperature=2.5)
    checkpoints.write(wrote, tmp_path / "made" / "here")
    found = checkpoints.read(tmp_path / "made" / "here")
    wanted = wrote.network(pictures())
    wanted = torch.cat([wanted[:, :6] / 2.5, wanted[:, 6:]], dim=1)
    assert torch.allclose(found.network(pictures()), wanted, atol=1e-6)
    assert (found.temperature, found.classes, found.input) == (1.0, tuple(Emotion), TAKEN)
    assert (found.has_affect, found.architecture) == (has_affect, architecture)
    assert found.facts == {"temperature": 2.5, "data": {"name": "of a test"}}


def test_affect_alone_has_no_classes(tmp_path: Path):
    wrote = Trained(
        network=tiny(Architecture.SMALL, 2),
        architecture=Architecture.SMALL,
        input=TAKEN,
        classes=(),
        has_affect=True,
        facts={},
    )
    checkpoints.write(wrote, tmp_path)
    found = checkpoints.read(tmp_path)
    assert found.classes == ()
    assert torch.equal(found.network(pictures()), wrote.network(pictures()))


@pytest.mark.parametrize("architecture", list(KINDS))
def test_transformers_reads_a_folder_as_one_of_its_own(architecture: Architecture, tmp_path: Path):
    wrote = trained(architecture, temperature=1.7)
    checkpoints.write(wrote, tmp_path)
    kind = getattr(transformers, KINDS[architecture].name)
    theirs, report = kind.from_pretrained(tmp_path, output_loading_info=True)
    wanted = wrote.network(pictures()) / 1.7
    assert torch.allclose(theirs.eval()(pictures()).logits, wanted, atol=1e-5)
    assert not any(report.values())
    assert theirs.config.id2label == dict(enumerate(Emotion))


def no_config(folder: Path) -> None:
    (folder / CONFIG).unlink()


def foreign_config(folder: Path) -> None:
    (folder / CONFIG).write_text('{"model_type": "resnet", "id2label": {"0": "joy"}}')


def odd_architecture(folder: Path) -> None:
    values = json.loads((folder / CONFIG).read_text())
    values["sightsong"]["architecture"] = "vgg99"
    (folder / CONFIG).write_text(json.dumps(values))


def odd_settings(folder: Path) -> None:
    values = json.loads((folder / CONFIG).read_text())
    values["sightsong"]["settings"] = {"widths": "wide"}
    (folder / CONFIG).write_text(json.dumps(values))


def no_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def cut_weights(folder: Path) -> None:
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])


def more_tensors(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    save_file(tensors | {"odd": torch.zeros(1)}, folder / WEIGHTS)


def more_classes(folder: Path) -> None:
    values = json.loads((folder / CONFIG).read_text())
    values["id2label"]["6"] = "calm"
    (folder / CONFIG).write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (no_config, "cannot be read"),
        (foreign_config, "is of no classifier of ours"),
        (odd_architecture, "is of no classifier of ours"),
        (odd_settings, "makes no small"),
        (no_weights, "cannot be read"),
        (cut_weights, "cannot be read"),
        (more_tensors, "does not fit config.json"),
        (more_classes, "does not fit config.json"),
    ],
)
def test_a_broken_folder_is_refused_with_the_reason(spoil, told: str, tmp_path: Path):
    checkpoints.write(trained(Architecture.SMALL), tmp_path)
    spoil(tmp_path)
    with pytest.raises(RunRefused, match=told):
        checkpoints.read(tmp_path)
