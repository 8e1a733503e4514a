"""Fingerprints: what two encodings of one recording share, whatever model hears them.

A fingerprint is a row of 32-bit words, five a second: each bit says whether the step from one band
of hearing to the next rose or fell since the word before (after Haitsma and Kalker 2002, who take
finer steps to find a song from a few seconds of it). A word without a bit is silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Fingerprint = NDArray[np.uint32]
"""uint32, (n,), n up to `MOST_WORDS`."""

#: Words of the beginning that are kept: 95 s, and 2 kB.
MOST_WORDS = 512
_WORD_BITS = 32
#: Fewer words than these, 1.5 s, tell nothing.
_FEWEST_WORDS = 8
#: Words by which one may begin later: encoders add up to 0.1 s of silence.
_SHIFTS = (-1, 0, 1)
#: Share of bits that differ below which two are of one recording. Measured on 67 tracks: 0.29 at
#: most with the lowest quality of Vorbis, 0.43 at least between two pieces of music.
_DIFFERENT = 0.35
#: Words of a sketch: by these alone, spread over all, most pairs are told to be different.
_SKETCH_WORDS = 16
#: The same share in a sketch. Measured on those tracks and on shorter parts of them: 0.35 at most
#: between encodings, while one pair in 900 of different music lies below.
_PLAINLY_DIFFERENT = 0.4


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Several fingerprints as one array."""

    words: NDArray[np.uint32]  #: (n, width): a fingerprint in each row, then zeros.
    counts: NDArray[np.intp]  #: (n,): words of each.

    def rows(self, which: Any) -> "Stack":  # noqa: ANN401 - whatever picks rows of an array
        """Pick some of them."""
        return Stack(words=self.words[which], counts=self.counts[which])


def stacked(fingerprints: Sequence[Fingerprint]) -> Stack:
    """Put fingerprints into one array."""
    counts = np.array([len(one) for one in fingerprints], dtype=np.intp)
    words = np.zeros((len(counts), counts.max(initial=0)), dtype=np.uint32)
    for row, one in zip(words, fingerprints, strict=True):
        row[: len(one)] = one
    return Stack(words=words, counts=counts)


def nothing_heard() -> Fingerprint:
    """The fingerprint of what is too short to tell."""
    return np.zeros(0, dtype=np.uint32)


def tells(one: Fingerprint) -> bool:
    """Whether a fingerprint is long enough to be like another."""
    return len(one) >= _FEWEST_WORDS


def are_alike(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two fingerprints are of one recording."""
    return bool(all_alike(stacked([one]), stacked([other]))[0])


def distance(one: Fingerprint, other: Fingerprint) -> float:
    """The share of bits that differ where the two lie best on one another, 0 .. 1.

    1 where they are too short to tell. Two pieces of music are near 0.5.
    """
    return float(_distances(stacked([one]), stacked([other]))[0])


def all_alike(ones: Stack, others: Stack) -> NDArray[np.bool_]:
    """Whether each fingerprint is of one recording with that in the same row, bool, (n,)."""
    return _distances(ones, others) < _DIFFERENT


def maybe_alike(ones: Stack, others: Stack) -> NDArray[np.bool_]:
    """Whether each of n and each of m fingerprints may be of one recording, bool, (n, m).

    Cheap: some 50 ns a pair. What is alike is missed only where the few words that are compared
    differ far more than all of them do. All must tell something and should be about equally long:
    only what even the shortest has is compared.
    """
    shared = int(min(ones.counts.min(), others.counts.min()))
    count = min(_SKETCH_WORDS, shared - 2) // 2 * 2
    places = np.linspace(1, shared - 2, count).astype(np.intp)  # each has a word on either side
    theirs = _sketch(others, places).T.copy()
    found = np.zeros((len(ones.counts), len(others.counts)), dtype=np.bool_)
    for shift in _SHIFTS:
        differing = _differing(_sketch(ones, places + shift), theirs)
        found |= differing < _PLAINLY_DIFFERENT * count * _WORD_BITS
    return found


def _sketch(stack: Stack, places: NDArray[np.intp]) -> NDArray[np.uint64]:
    """The words at some places, two in one: half of the work."""
    return stack.words.take(places, axis=1).view(np.uint64)


def _differing(ones: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """The number of bits that differ between rows, (n, k), and columns, (k, m): (n, m)."""
    total = np.zeros((len(ones), others.shape[1]), dtype=np.uint16)
    words = np.empty(total.shape, dtype=np.uint64)
    bits = np.empty(total.shape, dtype=np.uint8)
    for mine, theirs in zip(ones.T, others, strict=True):
        np.bitwise_xor(mine[:, None], theirs, out=words)
        total += np.bitwise_count(words, out=bits)
    return total


def _distances(ones: Stack, others: Stack) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.min([_at(ones, others, by) for by in _SHIFTS], axis=0)
    return found


def _at(ones: Stack, others: Stack, shift: int) -> NDArray[np.float64]:
    skipped, skips = max(shift, 0), max(-shift, 0)
    later, earlier = ones.words[:, skipped:], others.words[:, skips:]
    width = min(later.shape[1], earlier.shape[1])
    later, earlier = later[:, :width], earlier[:, :width]
    shared = np.minimum(ones.counts - skipped, others.counts - skips)
    # Where both are silent, they are alike in nothing that tells two recordings apart.
    heard = ((later | earlier) != 0) & (np.arange(width) < shared[:, None])
    differing = (np.bitwise_count(later ^ earlier) * heard).sum(axis=1, dtype=np.int64)
    words = heard.sum(axis=1)
    share = differing / np.maximum(words * _WORD_BITS, 1)
    found: NDArray[np.float64] = np.where(words < _FEWEST_WORDS, 1.0, share)
    return found
