"""Plans in words: what is written is what is read, and nothing else is taken."""

from pathlib import Path

import pytest

from training.errors import PlanRefused
from training.plans import Aim, Course, Network, Plan, Precision, files
from training.trained import Architecture

ODD = Plan(
    network=Network(architecture=Architecture.SMALL, backbone=Path("some/where"), frozen=True),
    course=Course(rate=3e-4, precision=Precision.BF16, epochs=7, warmup_epochs=0.5),
    aim=Aim(class_weights=True, affect=None),
)


def read(tmp_path: Path, text: str) -> Plan:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    return files.read(path)


@pytest.mark.parametrize("plan", [Plan(), ODD], ids=["usual", "odd"])
def test_a_plan_that_is_written_is_the_plan_that_is_read(tmp_path: Path, plan: Plan):
    path = tmp_path / "plan.yaml"
    files.write(plan, path)
    assert files.read(path) == plan


def test_what_a_file_leaves_out_is_as_usual(tmp_path: Path):
    assert read(tmp_path, "course:\n  epochs: 3\n") == Plan(course=Course(epochs=3))
    assert read(tmp_path, "") == Plan()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("network: {architectur: small}", "there is no architectur; did you mean architecture?"),
        ("netwrk: {}", "there is no netwrk; did you mean network?"),
        ("course: {zzz: 1}", "there is no zzz; it may be average, "),
        ("course: {epochs: 1.5}", "epochs is 1.5; it may be a whole number"),
        ("course: {epochs: many}", "epochs is 'many'; it may be a whole number"),
        ("course: {epochs: true}", "epochs is True; it may be a whole number"),
        ("course: {epochs: null}", "epochs is None; it may be a whole number"),
        ("augment: {flip: 1}", "flip is 1; it may be true or false"),
        ("aim: {loss: nice}", "loss is 'nice'; it may be kl, cross-entropy"),
        ("aim: {affect: nice}", "affect is 'nice'; it may be mse, ccc, none"),
        ("course: {rate: -1, epochs: 0}", "epochs 0, rate -1.0"),
        ("course: {rate: .nan}", "rate nan"),
        ("course: {seed: -1}", "seed -1"),
        ("data: {valid: 0.6, test: 0.5}", "valid 0.6"),
        ("network: {side_px: 3}", "side_px 3"),
        ("course: [1]", "course must have values by name"),
        ("[1]", "must have chapters: aim, augment, course, data, network"),
        ("a: [", "cannot be read"),
    ],
)
def test_what_no_plan_knows_is_refused_by_its_name(tmp_path: Path, text: str, told: str):
    with pytest.raises(PlanRefused) as refusal:
        read(tmp_path, text)
    assert told in str(refusal.value)


def test_a_file_cannot_make_objects(tmp_path: Path):
    with pytest.raises(PlanRefused, match="cannot be read"):
        read(tmp_path, "course: !!python/object/apply:os.getcwd []")


def test_every_field_says_what_it_is_for():
    assert [word.name for word in files.words() if not word.help] == []


def test_names_are_of_one_field_each_so_that_flags_need_no_chapter():
    names = [word.name for word in files.words()]
    assert sorted(set(names)) == sorted(names)
