"""What was read of samples, beside what people told of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.errors import DataRefused
from training.samples import Places, Samples

#: float64, (n, k): rows of shares over classes, each of sum 1.
Shares = NDArray[np.float64]
#: float64, (n, 2): valence and arousal, -1 .. 1.
Plane = NDArray[np.float64]

_OFF = 1e-3  #: How far the sum of a row may be from 1; rows are brought to 1.


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a model reads of samples: shares, valence and arousal, or both."""

    classes: tuple[str, ...] = ()
    shares: Shares | None = None  #: Over `classes`.
    affect: Plane | None = None


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Readings beside what was told; a pair is None where one of both lacks it."""

    names: tuple[str, ...]
    groups: tuple[str, ...]  #: Samples of one group are no independent evidence.
    classes: tuple[str, ...] = ()
    read: Shares | None = None
    told: Shares | None = None
    read_affect: Plane | None = None
    told_affect: Plane | None = None

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self.names)

    def at(self, places: Places | Sequence[int]) -> "Predictions":
        """Choose some, in the order of `places`."""
        chosen = np.asarray(places, dtype=np.int64)
        return replace(
            self,
            names=tuple(self.names[at] for at in chosen),
            groups=tuple(self.groups[at] for at in chosen),
            read=None if self.read is None else self.read[chosen],
            told=None if self.told is None else self.told[chosen],
            read_affect=None if self.read_affect is None else self.read_affect[chosen],
            told_affect=None if self.told_affect is None else self.told_affect[chosen],
        )


def beside(samples: Samples, reading: Reading) -> Predictions:
    """Put a reading beside what a data set tells; its classes may be the same in another order.

    Raises:
        DataRefused: both tell shares, of other classes; or a reading is no distribution.
    """
    read, told = _pair(samples, reading)
    both = reading.affect is not None and samples.affect is not None
    return Predictions(
        names=samples.names,
        groups=samples.groups or samples.names,
        classes=samples.classes if read is not None else (),
        read=read,
        told=told,
        read_affect=_float(reading.affect) if both else None,
        told_affect=_float(samples.affect) if both else None,
    )


def normalised(shares: NDArray[np.floating]) -> Shares:
    """Bring rows of shares to a sum of exactly 1.

    Raises:
        DataRefused: a row is no distribution, by more than what rounding does.
    """
    rows = np.asarray(shares, dtype=np.float64)
    sums = rows.sum(axis=1, keepdims=True)
    wrong = ~(np.isfinite(rows).all(axis=1) & (rows >= 0).all(axis=1))
    wrong |= np.abs(sums[:, 0] - 1) > _OFF
    if wrong.any():
        at = int(wrong.argmax())
        raise DataRefused(f"row {at} is no distribution: {np.round(rows[at], 4).tolist()}")
    whole: Shares = rows / sums
    return whole


def softmax(logits: NDArray[np.floating], *, temperature: float = 1.0) -> Shares:
    """Shares of logits, (n, k), divided by a temperature."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares: Shares = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _pair(samples: Samples, reading: Reading) -> tuple[Shares | None, Shares | None]:
    if reading.shares is None or samples.shares is None:
        return None, None
    if sorted(reading.classes) != sorted(samples.classes):
        raise DataRefused(
            f"the model reads {', '.join(reading.classes)}; "
            f"{samples.name} tells {', '.join(samples.classes)}"
        )
    order = [reading.classes.index(name) for name in samples.classes]
    return normalised(reading.shares[:, order]), normalised(samples.shares)


def _float(values: NDArray[np.floating] | None) -> Plane:
    return np.asarray(values, dtype=np.float64)
