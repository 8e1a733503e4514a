"""What is shown of a run."""

import io

import pytest

pytest.importorskip("torch", reason="training needs the extra `train`")

from rich.console import Console
from rich.progress import Progress

from training.commands.progress import Bars


def test_each_epoch_is_a_line_and_better_ones_are_marked():
    told = io.StringIO()
    with Progress(disable=True) as progress:
        bars = Bars(Console(file=told), progress)
        bars.preparing("decoding pictures", 1, 2)
        for epoch, loss in enumerate((0.5, 0.25, 0.375), start=1):
            bars.step(epoch, 3, loss)
            bars.epoch({"epoch": epoch, "train_loss": 1.0, "valid_loss": loss, "kl": loss})
    lines = told.getvalue().splitlines()
    assert [line.split("  ")[:2] for line in lines] == [
        [f"epoch {at}", "train_loss 1.000"] for at in (1, 2, 3)
    ]
    assert [line.endswith("*") for line in lines] == [True, True, False]


def test_a_bar_tells_how_far_and_begins_anew_with_another_work():
    with Progress(disable=True) as progress:
        bars = Bars(Console(file=io.StringIO()), progress)
        bars.preparing("decoding pictures", 3, 7)
        [bar] = progress.tasks
        assert (bar.description, bar.completed, bar.total) == ("decoding pictures", 3, 7)
        bars.step(2, 40, 0.5)
        [bar] = progress.tasks
        assert (bar.description, bar.completed, bar.total) == ("learning", 2, 40)
        assert bar.fields["note"] == "loss 0.500"
