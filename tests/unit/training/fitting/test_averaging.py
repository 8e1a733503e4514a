"""The average of weights over steps."""

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

from tests.unit.training.fitting import tasks  # noqa: E402
from training.fitting.averaging import Average  # noqa: E402


def moved(network, by: float) -> None:
    with torch.no_grad():
        for value in network.state_dict().values():
            value.add_(by) if value.is_floating_point() else value.add_(1)


def test_without_decay_it_is_the_network_itself():
    network = tasks.network()
    average = Average(network, decay=0.0)
    moved(network, 1.0)
    average.follow(network, step=100)
    assert tasks.are_equal(average.network, network)


def test_a_step_moves_it_by_what_decay_leaves():
    network = tasks.network()
    average = Average(network, decay=0.9)
    before = average.network.head.bias.clone()
    moved(network, 1.0)
    average.follow(network, step=1000)
    assert torch.allclose(average.network.head.bias - before, torch.tensor(0.1), atol=1e-6)


def test_the_random_start_is_soon_forgotten():
    network = tasks.network()
    average = Average(network, decay=0.9999)
    moved(network, 1.0)
    for step in range(20):
        average.follow(network, step=step)
    assert torch.allclose(average.network.head.bias, network.head.bias, atol=0.02)
