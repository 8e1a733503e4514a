"""The learning rate over a course."""

from training.fitting.schedule import share_of_rate


def rates(warmup: int) -> list[float]:
    return [share_of_rate(step, steps=100, warmup=warmup) for step in range(100)]


def test_it_rises_while_warming_up_and_falls_from_then_on():
    found = rates(warmup=10)
    assert found[:11] == sorted(found[:11])
    assert found[10:] == sorted(found[10:], reverse=True)
    assert max(found) == found[10] == 1


def test_no_step_is_for_nothing():
    assert min(rates(warmup=0)) > 0
    assert min(rates(warmup=200)) > 0
    assert share_of_rate(0, steps=1, warmup=0) == 1
