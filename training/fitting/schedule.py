"""How fast a network learns at each step."""

import math

#: What is left of the rate at the end: a little, so that the last epoch still does something.
_END = 0.01


def share_of_rate(step: int, *, steps: int, warmup: int) -> float:
    """Tell which share of the highest rate step `step` has: a line up, then half a cosine down.

    Args:
        step: 0 .. steps - 1.
        steps: of the whole course.
        warmup: the first steps, in which the rate grows.

    Returns:
        More than 0, at most 1.
    """
    if step < warmup:
        return (step + 1) / (warmup + 1)
    way = (step - warmup) / max(steps - warmup, 1)
    return _END + (1 - _END) * (1 + math.cos(math.pi * min(way, 1.0))) / 2
