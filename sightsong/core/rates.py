"""How much work gets done in a second."""

from collections.abc import Iterable, Sequence

#: What "lately" means for a queue, in seconds: what ended before says little of it as it is now.
LATELY_S = 60.0
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


def pace(
    ended: Sequence[tuple[float, float]], *, now: float, since: float = float("-inf")
) -> float | None:
    """Work out how many jobs end in a second, from those that ended lately.

    While nothing was there to do, nothing was slow: only the time in which any of them ran counts,
    and that since the last of them ended, in which others have waited.

    Args:
        ended: of each its start and end, within `LATELY_S` of now; in seconds since the epoch.
        now: the time.
        since: from when on others have waited.

    Returns:
        None where fewer than three have ended, or they took no time.
    """
    if len(ended) < _FEWEST:
        return None
    pieces = [(max(start, now - LATELY_S), end, 1.0) for start, end in ended]
    idle_from = max(since, *(end for _, end in ended))
    return heard_rate([*pieces, (min(idle_from, now), now, 0.0)])


def end_in_s(
    ended: Sequence[tuple[float, float]], *, ahead: int, available_at: float, now: float
) -> float | None:
    """Work out when a job that waits will have ended, from those that ended lately.

    Args:
        ended: of each its start and end, within `LATELY_S` of now.
        ahead: jobs before it.
        available_at: when it may begin; in seconds since the epoch, like all times here.
        now: the time.

    Returns:
        Seconds from now; None where fewer than three have ended, or they took no time.
    """
    rate = pace(ended, now=now, since=available_at)
    if rate is None:
        return None
    return max(available_at - now, ahead / rate) + 1 / rate
