"""What is in a data set, and what is wrong with it, told before anybody trains on it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from training.data import forms, twins
from training.data.forms import Form
from training.data.problems import Problems
from training.samples import Part, Samples

_TOLD = 20  # problems and twins by name; the rest are counted
_UNSAID = "not said"


@dataclass(frozen=True, kw_only=True)
class ClassCount:
    """How much of one class there is."""

    dominant: int  #: Samples in which it is ahead.
    mean_share: float


@dataclass(frozen=True, kw_only=True)
class Range:
    """Where numbers lie."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Twin:
    """Two samples with one picture."""

    names: tuple[str, str]
    is_exact: bool  #: Pixel by pixel.


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a check of a data set found. Counts are of what is right with it."""

    path: str
    form: Form
    name: str
    count: int
    classes: Mapping[str, ClassCount]
    parts: Mapping[str, int]  #: As the set says itself.
    groups: int  #: With near-duplicates joined.
    widths_px: Range | None
    heights_px: Range | None
    valence: Range | None
    arousal: Range | None
    raters: Range | None
    exact_twins: int
    near_twins: int
    twins_across_parts: int  #: Pairs that the set itself puts in two parts.
    twins: Sequence[Twin]  #: The first few.
    problems: Sequence[str]  #: All; none: the set can be trained on.

    def to_json(self) -> str:
        """Write all of it as JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)

    def lines(self) -> Iterator[str]:
        """Tell it in lines of text."""
        yield f"{self.name}: {self.count:,} pictures, read as {self.form} from {self.path}"
        for name, of in self.classes.items():
            yield f"  {name:<10} {of.dominant:>7,} dominant, mean share {of.mean_share:.3f}"
        yield from self._ranges()
        if set(self.parts) - {_UNSAID}:
            told = ", ".join(f"{name} {count:,}" for name, count in self.parts.items())
            yield f"  its own parts: {told}"
        yield from self._twins()
        yield from self._problems()

    def _ranges(self) -> Iterator[str]:
        for what in ("widths_px", "heights_px", "valence", "arousal", "raters"):
            found: Range | None = getattr(self, what)
            if found is not None:
                numbers = f"{found.low:g} .. {found.high:g}, median {found.median:g}"
                yield f"  {what.replace('_px', ' in px')}: {numbers}"

    def _twins(self) -> Iterator[str]:
        yield (
            f"  pairs that show one picture: {self.exact_twins:,} pixel by pixel, "
            f"{self.near_twins:,} nearly; {self.groups:,} groups to be parted"
        )
        if self.twins_across_parts:
            yield (
                f"  pairs of them in two of its own parts: {self.twins_across_parts:,}; "
                "what repeats a held-out picture is not trained on"
            )
        for twin in self.twins:
            yield f"    {'=' if twin.is_exact else '≈'} {twin.names[0]}  {twin.names[1]}"

    def _problems(self) -> Iterator[str]:
        count = len(self.problems)
        yield f"  problems: {count or 'none'}"
        for problem in self.problems[:_TOLD]:
            yield f"    {problem}"
        if count > _TOLD:
            yield f"    … and {count - _TOLD} more"


def check(path: Path, form: Form | None = None, *, keep_neutral: bool = False) -> Findings:
    """Read all of a data set, every picture included.

    Args:
        path: its folder, or the one file that it is.
        form: None: the one that it looks like.
        keep_neutral: Emotion6 with seven classes.

    Raises:
        DataRefused: it is of no known form, or not of this one at all.
    """
    chosen = form or forms.recognise(path)
    problems = Problems(str(path))
    samples = forms.read(path, chosen, problems, keep_neutral=keep_neutral)
    looks = twins.look(samples.pictures, problems)
    pairs = twins.find(looks)
    exact = int(pairs.is_exact.sum())
    valence, arousal = _affect(samples)
    return Findings(
        path=str(path),
        form=chosen,
        name=samples.name,
        count=len(samples),
        classes=_classes(samples),
        parts=_parts(samples),
        groups=len(set(twins.joined(samples, pairs).groups)),
        widths_px=_range(looks.sizes[:, 0]),
        heights_px=_range(looks.sizes[:, 1]),
        valence=valence,
        arousal=arousal,
        raters=None if samples.raters is None else _range(samples.raters),
        exact_twins=exact,
        near_twins=len(pairs.places) - exact,
        twins_across_parts=_across(samples, pairs),
        twins=_named(samples, pairs),
        problems=problems.found,
    )


def _classes(samples: Samples) -> dict[str, ClassCount]:
    if samples.shares is None or not len(samples):
        return {}
    ahead = np.bincount(samples.shares.argmax(axis=1), minlength=len(samples.classes))
    means = samples.shares.mean(axis=0, dtype=np.float64)
    return {
        name: ClassCount(dominant=int(ahead[at]), mean_share=float(means[at]))
        for at, name in enumerate(samples.classes)
    }


def _parts(samples: Samples) -> dict[str, int]:
    found = Counter(samples.parts or [None] * len(samples))
    told = {part.value: found[part] for part in Part if found[part]}
    return told | ({_UNSAID: found[None]} if found[None] else {})


def _affect(samples: Samples) -> tuple[Range | None, Range | None]:
    if samples.affect is None:
        return None, None
    return _range(samples.affect[:, 0]), _range(samples.affect[:, 1])


def _range(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Range | None:
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return None
    low, median, high = np.quantile(known, (0, 0.5, 1)).tolist()
    return Range(low=low, median=median, high=high)


def _across(samples: Samples, pairs: twins.Pairs) -> int:
    """Count pairs that the set puts in two parts."""
    if not samples.parts:
        return 0
    own = samples.parts
    return sum(own[one] is not own[other] for one, other in pairs.places.tolist())


def _named(samples: Samples, pairs: twins.Pairs) -> list[Twin]:
    first = zip(pairs.places[:_TOLD].tolist(), pairs.is_exact[:_TOLD].tolist(), strict=True)
    return [
        Twin(names=(samples.names[one], samples.names[other]), is_exact=is_exact)
        for (one, other), is_exact in first
    ]
