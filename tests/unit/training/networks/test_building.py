"""Networks as plans want them: of the published sizes, on a backbone or on none."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")
pytest.importorskip("transformers", reason="training needs the extra `train`")

from safetensors.torch import load_file, save_file  # noqa: E402

from tests.unit.training.networks.tiny import SIDE, pictures, tiny  # noqa: E402
from training.errors import PlanRefused  # noqa: E402
from training.fitting import checkpoints  # noqa: E402
from training.networks.building import build, make  # noqa: E402
from training.plans import Network  # noqa: E402
from training.trained import CONFIG, PREPARATION, WEIGHTS, Architecture, Input, Trained  # noqa: E402


def folder_of(architecture: Architecture, path: Path) -> Path:
    trained = Trained(
        network=tiny(architecture, 4),
        architecture=architecture,
        input=Input(side_px=SIDE, mean=(0.1, 0.2, 0.3), deviation=(0.4, 0.5, 0.6)),
        classes=("a", "b", "c", "d"),
        facts={},
    )
    checkpoints.write(trained, path)
    return path


@pytest.mark.parametrize(
    ("architecture", "millions"),
    [
        # Trunks as published (25.6 M, 5.3 M and 28.6 M with a thousand classes), heads of six.
        (Architecture.RESNET50, 23.52),
        (Architecture.EFFICIENTNET_B0, 4.02),
        (Architecture.CONVNEXT_TINY, 27.82),
        (Architecture.VGG16, 14.72),
        (Architecture.SMALL, 0.66),
    ],
)
def test_networks_have_their_published_sizes(architecture: Architecture, millions: float):
    with torch.device("meta"):
        network = make(Network(architecture=architecture), 6, settings=None)
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count / 1e6 == pytest.approx(millions, abs=0.01)


@pytest.mark.parametrize("architecture", list(Architecture))
def test_a_backbone_lends_its_trunk_and_its_pixels_to_another_head(
    architecture: Architecture, tmp_path: Path
):
    backbone = folder_of(architecture, tmp_path)
    built = build(Network(architecture=architecture, backbone=backbone, frozen=True), 6)
    network = built.network.eval()
    assert torch.equal(network.trunk(pictures()), tiny(architecture, 4).trunk(pictures()))
    assert network(pictures()).shape == (3, 6)
    assert built.input.mean == (0.1, 0.2, 0.3)


def test_a_trunk_as_published_has_tensors_without_a_head(tmp_path: Path):
    backbone = folder_of(Architecture.CONVNEXT_TINY, tmp_path)
    tensors = load_file(backbone / WEIGHTS)
    bare = {n.removeprefix("convnext."): t for n, t in tensors.items() if "classifier" not in n}
    save_file(bare, backbone / WEIGHTS)
    (backbone / PREPARATION).unlink()
    built = build(Network(architecture=Architecture.CONVNEXT_TINY, backbone=backbone), 6)
    made = built.network.eval().trunk(pictures())
    assert torch.equal(made, tiny(Architecture.CONVNEXT_TINY, 4).trunk(pictures()))
    assert built.input.mean == (0.485, 0.456, 0.406)


def test_vgg_takes_the_names_of_published_files(tmp_path: Path):
    torch.manual_seed(0)
    network = make(Network(architecture=Architecture.VGG16), 6, settings={"layers": [4, 0, 8, 0]})
    layers = network.trunk.layers.state_dict()
    save_file({f"features.{name}": value for name, value in layers.items()}, tmp_path / WEIGHTS)
    own = {"architecture": "vgg16", "settings": {"layers": [4, 0, 8, 0]}}
    (tmp_path / CONFIG).write_text(json.dumps({"model_type": "vgg", "sightsong": own}))
    built = build(Network(architecture=Architecture.VGG16, backbone=tmp_path), 6)
    assert torch.equal(built.network.trunk(pictures()), network.eval().trunk(pictures()))


def test_a_frozen_trunk_of_random_weights_is_refused():
    with pytest.raises(PlanRefused, match="give --backbone"):
        build(Network(frozen=True), 6)


def spoiled_config(folder: Path) -> None:
    (folder / CONFIG).write_text("[]")


def no_config(folder: Path) -> None:
    (folder / CONFIG).unlink()


def no_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def spoiled_weights(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"no weights")


def fewer_tensors(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    tensors.pop(min(name for name in tensors if name.startswith("resnet.")))
    save_file(tensors, folder / WEIGHTS)


def other_shapes(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    name = min(name for name in tensors if name.endswith("convolution.weight"))
    save_file(tensors | {name: torch.zeros(1, 2)}, folder / WEIGHTS)


def odd_shape(folder: Path) -> None:
    values = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(values | {"layer_type": "odd"}))


def odd_pixels(folder: Path) -> None:
    (folder / PREPARATION).write_text('{"image_mean": [1]}')


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoiled_config, "is no JSON object"),
        (no_config, "cannot be read"),
        (no_weights, "weights must be safetensors"),
        (spoiled_weights, "weights must be safetensors"),
        (fewer_tensors, "lacks 1 tensors, for instance"),
        (other_shapes, "does not fit resnet50"),
        (odd_shape, "makes no resnet50"),
        (odd_pixels, "are no three figures"),
    ],
)
def test_a_backbone_that_is_broken_is_refused_with_the_reason(spoil, told: str, tmp_path: Path):
    backbone = folder_of(Architecture.RESNET50, tmp_path)
    spoil(backbone)
    with pytest.raises(PlanRefused, match=told):
        build(Network(architecture=Architecture.RESNET50, backbone=backbone), 6)


def test_a_backbone_of_another_kind_is_refused_by_what_it_is(tmp_path: Path):
    backbone = folder_of(Architecture.RESNET50, tmp_path)
    with pytest.raises(PlanRefused, match="--backbone holds 'resnet50', not vgg16"):
        build(Network(architecture=Architecture.VGG16, backbone=backbone), 6)
