"""The loop: it learns, it can be repeated, and a run that was stopped ends where it would have."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

from tests.unit.training.fitting import tasks  # noqa: E402
from training.errors import PlanRefused, RunRefused  # noqa: E402
from training.fitting.keeping import LAST, Kept  # noqa: E402
from training.fitting.loop import Unwatched, fit, read  # noqa: E402
from training.plans import Augment, Optimiser, Precision  # noqa: E402

#: Of an epoch: 96 examples in batches of 16.
STEPS = 6


class Stopped(Exception):
    pass


class StopsAt(Unwatched):
    """Ends a run at a step, as Ctrl-C would."""

    def __init__(self, step: int) -> None:
        self._step = step

    def step(self, done: int, total: int, loss: float) -> None:
        if done == self._step:
            raise Stopped


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.BF16])
@pytest.mark.parametrize("optimiser", list(Optimiser))
def test_it_learns_what_can_be_learned(precision: Precision, optimiser: Optimiser):
    rate = 0.02 if optimiser is Optimiser.ADAMW else 0.2
    course = replace(tasks.COURSE, precision=precision, optimiser=optimiser, rate=rate)
    fitted = fit(tasks.network(), tasks.task(augment=Augment()), course)
    assert fitted.best["hits"] == 1
    assert fitted.best["valid_loss"] < fitted.lines[0]["valid_loss"]
    assert fitted.place == f"cpu {precision}"


def test_the_same_seed_gives_the_same_weights_and_another_others():
    course = replace(tasks.COURSE, epochs=2)
    one, same, other = (tasks.network() for _ in range(3))
    fit(one, tasks.task(augment=Augment()), course)
    fit(same, tasks.task(augment=Augment()), course)
    fit(other, tasks.task(augment=Augment()), replace(course, seed=1))
    assert tasks.are_equal(one, same)
    assert not tasks.are_equal(one, other)


@pytest.mark.parametrize("optimiser", list(Optimiser))
@pytest.mark.parametrize("step", [3, 6, 7, 20])
def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(
    tmp_path: Path, step: int, optimiser: Optimiser
):
    course = replace(tasks.COURSE, epochs=4, optimiser=optimiser)
    task = tasks.task(augment=Augment())
    whole = tasks.network()
    wanted = fit(whole, task, course)
    with pytest.raises(Stopped):
        fit(tasks.network(), task, course, watch=StopsAt(step), keep=Kept(tmp_path))
    # Where an epoch was kept, its weights count, and not those that it is begun with again.
    again = tasks.network(seed=0 if step <= STEPS else 9)
    assert fit(again, task, course, keep=Kept(tmp_path)) == wanted
    assert tasks.are_equal(again, whole)


def test_a_run_that_is_over_learns_no_more_and_has_its_best_weights(tmp_path: Path):
    course = replace(tasks.COURSE, epochs=2)
    first, again = tasks.network(), tasks.network(seed=5)
    fit(first, tasks.task(), course, keep=Kept(tmp_path))
    fit(again, tasks.task(), course, keep=Kept(tmp_path), watch=StopsAt(1))
    assert tasks.are_equal(first, again)


def test_the_best_epoch_is_kept_and_not_the_last():
    task = replace(
        tasks.task(),
        figures=lambda *_: {"odd": next(odd)},
        choose_by="odd",
    )
    odd = iter([0.3, 0.1, 0.2, 0.4])
    best_of_two = tasks.network()
    found = fit(best_of_two, task, replace(tasks.COURSE, epochs=4))
    assert found.best["epoch"] == 2
    outputs = read(best_of_two, task.valid, task.prepare)
    loss = task.loss(
        torch.from_numpy(outputs), torch.from_numpy(task.valid.targets), torch.ones(30)
    )
    assert loss.item() == pytest.approx(found.lines[1]["valid_loss"], abs=1e-6)


def test_it_stops_when_nothing_gets_better_for_a_while():
    odd = iter([0.3, 0.1, 0.2, 0.4, 0.5, 0.0])
    task = replace(tasks.task(), figures=lambda *_: {"odd": next(odd)}, choose_by="odd")
    found = fit(tasks.network(), task, replace(tasks.COURSE, patience=2))
    assert [line["odd"] for line in found.lines] == [0.3, 0.1, 0.2, 0.4]


def test_a_loss_that_is_no_number_ends_the_run_with_advice():
    task = replace(tasks.task(), loss=lambda out, *_: (out * float("nan")).sum())
    with pytest.raises(RunRefused, match="lower --rate"):
        fit(tasks.network(), task, tasks.COURSE)


def test_a_trunk_of_no_rate_stays_as_it_is():
    network = tasks.network()
    before = network.trunk.layers[0].weight.clone()
    task = replace(tasks.task(), is_trunk=lambda name: name.startswith("trunk."))
    fit(network, task, replace(tasks.COURSE, trunk_rate=0.0, epochs=1, average=0.0))
    assert torch.equal(network.trunk.layers[0].weight, before)
    assert not torch.equal(network.head.weight, tasks.network().head.weight)


def test_examples_of_no_weight_teach_nothing():
    task = tasks.task()
    none = replace(task.train, weights=np.zeros(96, np.float32))
    network = tasks.network()
    head = network.head.weight.clone()
    fit(network, replace(task, train=none), replace(tasks.COURSE, epochs=1, decay=0.0))
    assert torch.equal(network.head.weight, head)


def test_only_what_has_a_chance_is_drawn():
    task = tasks.task()
    of = task.train.targets.argmax(1)
    ones = replace(task.train, chances=(of == 1).astype(np.float64))
    found = fit(tasks.network(), replace(task, train=ones), tasks.COURSE)
    assert found.lines[-1]["hits"] == pytest.approx(1 / 3)


def test_a_last_batch_of_one_is_left_for_other_epochs():
    task, seen = tasks.task(), []
    train = replace(task.train, inputs=task.train.inputs[:33], targets=task.train.targets[:33])

    class Counts(Unwatched):
        def step(self, done: int, total: int, loss: float) -> None:
            seen.append((done, total))

    fit(
        tasks.network(), replace(task, train=train), replace(tasks.COURSE, epochs=2), watch=Counts()
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_figures_of_the_valid_part_that_are_no_numbers_end_the_run():
    task = tasks.task()
    odd = replace(task.valid, targets=np.full_like(task.valid.targets, np.nan))
    with pytest.raises(RunRefused, match="valid part is no number"):
        fit(tasks.network(), replace(task, valid=odd), tasks.COURSE)


@pytest.mark.parametrize(
    ("change", "told"),
    [({"precision": Precision.FP16}, "needs a GPU"), ({"device": "cuda:77"}, "does not work here")],
)
def test_what_is_not_there_is_refused(change: dict[str, object], told: str):
    with pytest.raises(PlanRefused, match=told):
        fit(tasks.network(), tasks.task(), replace(tasks.COURSE, **change))


@pytest.mark.parametrize("content", [b"", b"no state", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_state_that_is_broken_is_told_with_what_to_do(tmp_path: Path, content: bytes):
    (tmp_path / LAST).parent.mkdir()
    (tmp_path / LAST).write_bytes(content)
    with pytest.raises(RunRefused, match="delete it to begin this run anew"):
        fit(tasks.network(), tasks.task(), tasks.COURSE, keep=Kept(tmp_path))


def test_a_state_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / LAST.parent).write_text("a file where a folder should be")
    with pytest.raises(RunRefused, match="cannot be written"):
        fit(tasks.network(), tasks.task(), tasks.COURSE, keep=Kept(tmp_path))
