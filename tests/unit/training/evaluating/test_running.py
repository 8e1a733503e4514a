"""From words to a report on disk."""

import json

import numpy as np
import pytest

from training.data import generated
from training.data.forms import open_data
from training.errors import RunRefused
from training.evaluating.choosing import Asked, choose
from training.evaluating.evaluate import evaluate
from training.evaluating.hearing import Heard
from training.evaluating.own import Runtime
from training.evaluating.running import Order, open_model, run

pytest.importorskip("matplotlib", reason="matplotlib is not installed: `./run install train`")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A few photos in Emotion6's layout."""
    return generated.make(tmp_path_factory.mktemp("data") / "Emotion6", each=2, side_px=32, seed=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run: a small network with weights by chance."""
    pytest.importorskip("torch", reason="torch is not installed: `./run install train`")
    from training.data.classes import SIX  # noqa: PLC0415
    from training.fitting import checkpoints  # noqa: PLC0415
    from training.networks.building import build  # noqa: PLC0415
    from training.plans import Network  # noqa: PLC0415
    from training.trained import Architecture, Trained  # noqa: PLC0415

    built = build(Network(architecture=Architecture.SMALL, side_px=32), len(SIX) + 2)
    folder = tmp_path_factory.mktemp("runs") / "mine"
    checkpoints.write(
        Trained(
            network=built.network,
            architecture=Architecture.SMALL,
            input=built.input,
            classes=SIX,
            has_affect=True,
            facts={},
        ),
        folder / "best",
    )
    named = {"train": [], "valid": [], "test": ["joy/1.jpg", "fear/1.jpg", "anger/1.jpg"]}
    (folder / "parts.json").write_text(json.dumps(named), "utf-8")
    return folder


def test_a_run_is_evaluated_on_its_test_part_and_the_report_lies_beside_it(trained, data):
    done = run(Order(model=str(trained), data=data, runtime=Runtime.TORCH, rounds=5))
    told, page = done.files
    assert told.parent == trained / "evaluation-test"
    figures = json.loads(told.read_text("utf-8"))
    assert (figures["model"]["name"], figures["count"]) == ("mine", 3)
    assert figures["shares"]["top_1"]["value"] is not None
    assert figures["affect"].keys() == {"valence", "arousal"}
    assert "mine on Emotion6, test" in page.read_text("utf-8")


def test_pictures_of_the_worst_are_shown_if_asked_for(trained, data, tmp_path):
    order = Order(model=str(trained), data=data, out=tmp_path, pictures=True, rounds=5)
    page = run(order).files[1].read_text("utf-8")
    assert page.count("data:image/jpeg") == 3


def test_the_lite_photo_model_is_evaluated_and_writes_only_where_it_is_told_to(data, tmp_path):
    order = Order(model="lite-photos", data=data, rounds=5)
    done = run(order)
    assert done.files == ()
    assert done.report.summary.count == 12
    assert done.report.part == "all"
    assert done.report.facts["model"].startswith("sightsong/lite-photo @")


def test_music_is_evaluated_by_what_hears_it(tmp_path):
    plane = np.array([[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]])

    def hears(path, told) -> Heard:
        told(3, 3)
        names = ("a.mid", "b.mid", "c.mid")
        return Heard(
            data=path.name, names=names, groups=names, told=plane, read=plane, ms_per_sample=9.0
        )

    order = Order(model="lite-music", data=tmp_path, rounds=5)
    done = run(order, hears=hears)
    assert done.report.data == tmp_path.name
    assert done.report.summary.affect[1].pearson.value == pytest.approx(1)


def test_the_data_of_lite_models_may_lie_in_one_folder(data, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "oasis").symlink_to(data)
    done = run(Order(model="lite-photos", data=tmp_path, rounds=5))
    assert done.report.summary.count == 12


def test_a_classifier_that_was_trained_elsewhere_is_evaluated_as_a_worker_has_it(data, tmp_path):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    labels = dict(enumerate(("surprise", "sadness", "joy", "fear", "disgust", "anger")))
    shape = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}
    settings = transformers.ResNetConfig(**shape, id2label=labels, num_labels=6)
    transformers.ResNetForImageClassification(settings).save_pretrained(tmp_path / "hub")
    found = evaluate(
        open_model(Order(model=str(tmp_path / "hub"), data=data)),
        choose(open_data(data), Asked(model=str(tmp_path / "hub"), part=None)),
        rounds=5,
    )
    assert found.facts["model"].startswith("local/hub @")
    assert found.summary.shares is not None
    assert "not known" in found.notes[0]


def test_a_model_that_is_not_there_is_told(data):
    with pytest.raises(RunRefused, match="neither a folder nor one of lite-faces"):
        run(Order(model="nothing", data=data))


def test_a_place_that_cannot_be_written_to_is_told(data, tmp_path):
    (tmp_path / "taken").write_text("a file", "utf-8")
    order = Order(model="lite-photos", data=data, out=tmp_path / "taken", rounds=5)
    with pytest.raises(RunRefused, match="cannot be written"):
        run(order)
