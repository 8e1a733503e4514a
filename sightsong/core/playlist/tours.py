"""The shortest path through points, visiting each once; its ends are free."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import Affect

#: Up to so many points the path is the shortest there is; beyond, none that reversing a part of it
#: makes shorter.
EXACT_UP_TO = 10
#: Rounds of that; each goes through all parts.
_MOST_ROUNDS = 100
#: Beneath lies the rounding of sums.
_LEAST_GAIN = 1e-9

Distances = NDArray[np.float64]


def in_path_order(points: Sequence[Affect | None]) -> list[int]:
    """Order points along a short path; those that are unknown follow in the order given.

    It runs in the direction in which it begins with the earlier given of its two ends.
    """
    known = [i for i, point in enumerate(points) if point is not None]
    unknown = [i for i, point in enumerate(points) if point is None]
    path = [known[i] for i in _path(_distances([p for p in points if p is not None]))]
    if path and path[0] > path[-1]:
        path.reverse()
    return [*path, *unknown]


def _distances(points: Sequence[Affect]) -> Distances:
    """All distances; float64, (n, n)."""
    places = np.array([(p.valence, p.arousal) for p in points], np.float64).reshape(-1, 2)
    between: Distances = np.linalg.norm(places[:, None] - places[None, :], axis=-1)
    return between


def _path(between: Distances) -> list[int]:
    if len(between) <= 2:  # noqa: PLR2004 - two points have one path
        return list(range(len(between)))
    return _exact(between) if len(between) <= EXACT_UP_TO else _improved(between)


def _exact(between: Distances) -> list[int]:
    """Try all paths, shortest ways to each set of points first (Held and Karp, 1962)."""
    count = len(between)
    # (1 << n, n): the shortest way through a set of points that ends at one of them.
    shortest = np.full((1 << count, count), np.inf)
    before = np.full((1 << count, count), -1)
    for i in range(count):
        shortest[1 << i, i] = 0.0
    for seen in range(1, 1 << count):
        for i in range(count):
            if seen & (1 << i):
                continue
            ways = shortest[seen] + between[:, i]
            last = int(ways.argmin())
            if ways[last] < shortest[seen | (1 << i), i]:
                shortest[seen | (1 << i), i], before[seen | (1 << i), i] = ways[last], last
    return _traced(shortest, before)


def _traced(shortest: Distances, before: NDArray[np.int_]) -> list[int]:
    seen = len(shortest) - 1
    at = int(shortest[seen].argmin())
    path = []
    while at >= 0:
        path.append(at)
        seen, at = seen & ~(1 << at), int(before[seen, at])
    return path


def _improved(between: Distances) -> list[int]:
    """Go to the nearest point each time, then reverse parts as long as that helps (2-opt)."""
    count = len(between)
    # One more point at no distance from any: a round trip through it is a path with free ends.
    closed = np.zeros((count + 1, count + 1))
    closed[1:, 1:] = between
    tour = np.array([0, *(i + 1 for i in _greedy(between)), 0])
    for _ in range(_MOST_ROUNDS):
        if not _shorten(tour, closed):
            break
    return [int(i) - 1 for i in tour[1:-1]]


def _greedy(between: Distances) -> list[int]:
    path, left = [0], set(range(1, len(between)))
    while left:
        nearest = min(sorted(left), key=lambda i: between[path[-1], i])
        path.append(nearest)
        left.remove(nearest)
    return path


def _shorten(tour: NDArray[np.int_], closed: Distances) -> bool:
    """Reverse parts of a round trip where it gets shorter by it; whether any was."""
    has_changed = False
    for i in range(1, len(tour) - 1):
        # The parts that begin at i, by where they end.
        first, lasts, nexts = tour[i], tour[i:-1], tour[i + 1 :]
        now = closed[tour[i - 1], first] + closed[lasts, nexts]
        gains = now - closed[tour[i - 1], lasts] - closed[first, nexts]
        best = int(gains.argmax())
        if gains[best] > _LEAST_GAIN:
            tour[i : i + best + 1] = tour[i : i + best + 1][::-1].copy()
            has_changed = True
    return has_changed
