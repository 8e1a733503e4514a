"""How much work gets done in a second."""

from collections.abc import Iterable

#: Pieces of work that say something of the next one.
_FEWEST = 3


def heard_rate(pieces: Iterable[tuple[float, float, float]]) -> float | None:
    """Work out how much is done in a second of the time in which anything was done.

    Pieces may overlap: what runs side by side takes its time once.

    Args:
        pieces: of each its start and end, in seconds, and how much was done in it.

    Returns:
        None where there are fewer than three pieces, or they took no time.
    """
    ordered = sorted(pieces)
    busy_s, until = 0.0, float("-inf")
    for start, end, _ in ordered:
        busy_s += max(0.0, end - max(start, until))
        until = max(until, end)
    if len(ordered) < _FEWEST or busy_s <= 0:
        return None
    return sum(done for _, _, done in ordered) / busy_s
