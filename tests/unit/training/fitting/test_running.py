"""Whole runs on a data set in Emotion6's layout whose pictures show their labels."""

import functools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")
pytest.importorskip("transformers", reason="training needs the extra `train`")

from tests.unit.training.networks.tiny import tiny  # noqa: E402
from training.data import generated, splits  # noqa: E402
from training.data.forms import open_data  # noqa: E402
from training.errors import PlanRefused, RunRefused  # noqa: E402
from training.fitting import checkpoints  # noqa: E402
from training.fitting.folder import LOG, PARTS, RunFolder  # noqa: E402
from training.fitting.loop import Unwatched  # noqa: E402
from training.fitting.pictures import squares  # noqa: E402
from training.fitting.running import Wanted, train  # noqa: E402
from training.networks.small import small  # noqa: E402
from training.plans import STILL, AffectLoss, Aim, Course, Network, Plan, Precision  # noqa: E402
from training.samples import Samples  # noqa: E402
from training.trained import Architecture, Input, Trained  # noqa: E402

PLAN = Plan(
    network=Network(architecture=Architecture.SMALL, side_px=16, dropout=0.0),
    course=Course(
        epochs=8,
        batch=12,
        rate=0.03,
        trunk_rate=1.0,
        average=0.8,
        threads=1,
        precision=Precision.FP32,
        patience=0,
    ),
    augment=replace(STILL, flip=True, views=2),
)


class Noted(Unwatched):
    """Remembers what it is told; ends the run at a step."""

    def __init__(self, *, stops_at: int = 0) -> None:
        self.prepared: list[str] = []
        self._stops_at = stops_at

    def preparing(self, what: str, done: int, total: int) -> None:
        self.prepared.append(f"{what} {done}/{total}")

    def step(self, done: int, total: int, loss: float) -> None:
        if done == self._stops_at:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    folder = generated.make(tmp_path_factory.mktemp("data") / "set", each=14, side_px=32)
    return open_data(folder)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A plan for a network that is smaller than the plan alone could ask for."""
    start = Trained(
        network=small(2, widths=(8, 16), depth=1),
        architecture=Architecture.SMALL,
        input=Input(side_px=16, mean=(0.5,) * 3, deviation=(0.25,) * 3),
        classes=("x", "y"),
        facts={},
    )
    folder = tmp_path_factory.mktemp("start")
    checkpoints.write(start, folder)
    return replace(PLAN, network=replace(PLAN.network, backbone=folder))


def run(
    samples: Samples, plan: Plan, folder: Path, *, watch: Noted | None = None, anew: bool = True
) -> Trained:
    wanted = Wanted(
        samples=samples,
        parted=splits.part(samples),
        plan=plan,
        commands=("do it",),
        goes_on=not anew,
    )
    return train(wanted, RunFolder(folder), watch=watch or Noted())


def test_a_run_learns_what_pictures_show_and_leaves_a_classifier(
    photos: Samples, plan: Plan, tmp_path: Path
):
    run(photos, plan, tmp_path / "run")
    made = checkpoints.read(tmp_path / "run" / "best")
    figures = made.facts["figures"]["of the valid part, calibrated"]
    assert figures["pearson"] > 0.7
    assert figures["kl"] < 0.5
    assert made.classes == photos.classes
    assert made.facts["commands"] == ["do it"]
    lines = [json.loads(line) for line in (tmp_path / "run" / LOG).read_text().splitlines()]
    assert [line["epoch"] for line in lines] == list(range(1, 9))
    assert {"time", "train_loss", "valid_loss", "kl", "top1", "pearson", "ece"} <= set(lines[0])


def test_the_folder_names_the_samples_of_each_part(photos: Samples, plan: Plan, tmp_path: Path):
    run(photos, replace(plan, course=replace(plan.course, epochs=1)), tmp_path)
    told = json.loads((tmp_path / PARTS).read_text())
    named = [*told["train"], *told["valid"], *told["test"]]
    assert sorted(named) == sorted(photos.names)
    assert len(told["train"]) > len(told["valid"]) > 0


def test_a_frozen_trunk_stays_and_its_features_are_computed_once(photos: Samples, tmp_path: Path):
    backbone = Trained(
        network=tiny(Architecture.RESNET50, 2),
        architecture=Architecture.RESNET50,
        input=Input(side_px=32, mean=(0.5,) * 3, deviation=(0.25,) * 3),
        classes=("x", "y"),
        facts={},
    )
    checkpoints.write(backbone, tmp_path / "backbone")
    network = Network(
        architecture=Architecture.RESNET50,
        backbone=tmp_path / "backbone",
        frozen=True,
        side_px=32,
    )
    watch = Noted()
    made = run(photos, replace(PLAN, network=network), tmp_path / "run", watch=watch)
    before, after = backbone.network.trunk.state_dict(), made.network.trunk.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert made.facts["figures"]["epochs"] == 8
    count = len(splits.part(photos).train)
    assert watch.prepared.count(f"seeing the train part {count}/{count}") == 1


@pytest.mark.parametrize("loss", list(AffectLoss))
def test_valence_and_arousal_are_learned_beside_classes_or_alone(
    photos: Samples, plan: Plan, tmp_path: Path, loss: AffectLoss
):
    plan = replace(plan, aim=Aim(affect=loss))
    both = run(photos, plan, tmp_path / "both")
    alone = run(replace(photos, classes=(), shares=None), plan, tmp_path / "alone")
    assert both.network.head.out_features == len(photos.classes) + 2
    assert alone.network.head.out_features == 2
    for made in (both, alone):
        assert made.facts["figures"]["of the valid part, calibrated"]["ccc_valence"] > 0.5


def test_a_stopped_run_goes_on_and_ends_as_if_it_had_not_been(
    photos: Samples, plan: Plan, tmp_path: Path
):
    plan = replace(plan, course=replace(plan.course, epochs=4))
    whole = run(photos, plan, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(photos, plan, tmp_path / "halved", watch=Noted(stops_at=13))
    found = run(photos, RunFolder(tmp_path / "halved").plan(), tmp_path / "halved", anew=False)
    pairs = zip(
        whole.network.state_dict().values(), found.network.state_dict().values(), strict=True
    )
    assert all(torch.equal(mine, yours) for mine, yours in pairs)
    lines = (tmp_path / "halved" / LOG).read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3, 4]


def test_a_run_does_not_go_on_with_other_data(photos: Samples, plan: Plan, tmp_path: Path):
    with pytest.raises(KeyboardInterrupt):
        run(photos, plan, tmp_path, watch=Noted(stops_at=8))
    assert photos.shares is not None
    other = replace(photos, shares=photos.shares[:, ::-1])
    with pytest.raises(RunRefused, match="the data is not what"):
        run(other, plan, tmp_path, anew=False)


def begun(folder: Path) -> None:
    RunFolder(folder).begin(PLAN)


def occupied(folder: Path) -> None:
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")


def a_file(folder: Path) -> None:
    folder.write_text("mine")


@pytest.mark.parametrize(
    ("prepare", "told"),
    [(begun, "go on with it by --resume"), (occupied, "not empty"), (a_file, "not empty")],
)
def test_a_folder_that_holds_something_is_not_written_over(
    prepare: Callable[[Path], None], told: str, tmp_path: Path
):
    prepare(tmp_path / "run")
    with pytest.raises(RunRefused, match=told):
        RunFolder(tmp_path / "run").check_free()


def test_a_run_that_is_over_says_so_and_keeps_little(photos: Samples, plan: Plan, tmp_path: Path):
    run(photos, replace(plan, course=replace(plan.course, epochs=1)), tmp_path)
    folder = RunFolder(tmp_path)
    folder.end()
    assert not (tmp_path / "last").exists()
    with pytest.raises(RunRefused, match="is over"):
        folder.plan()
    with pytest.raises(RunRefused, match="choose another --out"):
        folder.check_free()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"affect": None}, "leave --affect out"),
        ({"shares": None, "classes": ()}, "say --affect ccc"),
    ],
)
def test_what_the_data_does_not_tell_cannot_be_learned(
    photos: Samples, plan: Plan, change: dict[str, object], told: str, tmp_path: Path
):
    aim = Aim(affect=AffectLoss.CCC if "affect" in change else None)
    with pytest.raises(PlanRefused, match=told):
        run(replace(photos, **change), replace(plan, aim=aim), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_rows_of_more_people_count_more(photos: Samples, plan: Plan, tmp_path: Path):
    plan = replace(plan, course=replace(plan.course, epochs=2))
    many = np.where(np.arange(len(photos)) % 2, 5.0, 50.0).astype(np.float32)
    same = run(replace(photos, raters=np.full(len(photos), 9, np.float32)), plan, tmp_path / "same")
    plain = run(photos, plan, tmp_path / "plain")
    other = run(replace(photos, raters=many), plan, tmp_path / "other")
    heads = [made.network.head.weight for made in (plain, same, other)]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


@pytest.mark.parametrize("change", [{"class_weights": True}, {"balanced": True}])
def test_rare_classes_come_to_their_right(
    photos: Samples, plan: Plan, change: dict[str, bool], tmp_path: Path
):
    assert photos.shares is not None
    dominant = photos.shares.argmax(axis=1)
    rare = np.flatnonzero(dominant == 3)[:3]
    few = photos.at(np.sort(np.concatenate([np.flatnonzero(dominant < 3), rare])))
    plan = replace(plan, aim=Aim(**change), course=replace(plan.course, epochs=2))
    made = run(few, plan, tmp_path / "even")
    plain = run(few, replace(plan, aim=Aim()), tmp_path / "plain")
    losses = [one.facts["figures"]["of the valid part, calibrated"]["kl"] for one in (made, plain)]
    assert losses[0] != losses[1]


def test_too_many_pictures_for_memory_are_kept_in_a_file(photos: Samples, tmp_path: Path):
    spill = tmp_path / "deep" / "pictures.npy"
    look = functools.partial(squares, photos.pictures, 16, spill=spill)
    mapped, held = look(most_bytes=1000), look()
    assert isinstance(mapped, np.memmap)
    assert not isinstance(held, np.memmap)
    assert np.array_equal(mapped, held)
    assert held.shape == (len(photos), 16, 16, 3)
