"""The samples that a model is evaluated on, and what is known of how it came to know them.

The folder of a run names the samples of each part (`parts.json`). For any other model the parts are
those that the data set tells itself; whether it was trained on them cannot be known, and is said.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sightsong.core.models import Pixels
from training.errors import DataRefused, RunRefused
from training.evaluating.evaluate import Wanted
from training.evaluating.lite import Lite
from training.samples import Part, Places, Samples

PARTS = "parts.json"
ALL = "all"
NEW = "no face or photo of the train part repeats it"

_UNKNOWN = "Which of these samples the model was trained on is not known here."
_SEEN = "The model was trained on these samples: the figures say nothing of new ones."
_CHOSEN_BY = (
    "Training chose its best epoch, and the temperature, by these samples: the figures of the test "
    "part are the honest ones."
)
_OF_LITE: Mapping[tuple[str, str], str] = {
    (Lite.PHOTOS, "OASIS"): (
        "The weights were fitted on photos of OASIS. Of photos among those the figures say little; "
        "docs/models/lite-photo.md has the ones of cross-validation by theme."
    ),
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for."""

    model: str  #: The name of a lite model, or a folder.
    part: str | None  #: None: test where it is known, else valid, else all.


def choose(samples: Samples, asked: Asked) -> Wanted:
    """Choose the samples of a part.

    Raises:
        DataRefused: there are none of this part, or the data set is not the run's.
        RunRefused: the run's `parts.json` cannot be read.
    """
    folder = run_of(Path(asked.model))
    if folder is not None and (folder / PARTS).is_file():
        return _of_run(samples, folder, asked.part or Part.TEST)
    part = asked.part or _default(samples)
    if part == ALL:
        return Wanted(samples=samples, part=ALL, notes=_notes(samples, asked.model, part))
    places = np.flatnonzero([own == part for own in samples.parts])
    if not len(places):
        raise DataRefused(
            f"{samples.name} tells of no sample that it is for {part}; say --part {ALL}"
        )
    return Wanted(
        samples=samples.at(places),
        part=part,
        notes=_notes(samples, asked.model, part),
        slices=_slices(samples, places, part),
    )


def run_of(folder: Path) -> Path | None:
    """Find the folder of the run that a classifier belongs to: itself, or the one it lies in.

    Args:
        folder: of a run or of a classifier; or a file in it. None: it is not there.
    """
    if not folder.exists():
        return None
    found = folder.resolve() if folder.is_dir() else folder.resolve().parent
    return found.parent if found.name == "best" else found


def _of_run(samples: Samples, folder: Path, part: str) -> Wanted:
    named = _read(folder / PARTS)
    if part == ALL:
        return Wanted(samples=samples, part=ALL, notes=(_SEEN,))
    wanted = named.get(part)
    if not isinstance(wanted, list):
        raise DataRefused(f"{folder / PARTS} names no part {part}")
    at = {name: place for place, name in enumerate(samples.names)}
    absent = [name for name in wanted if name not in at]
    if absent or not wanted:
        raise DataRefused(
            f"The data set is not the one of {folder}: {len(absent)} of the {len(wanted)} samples "
            f"of its {part} part are not in it{f', for instance {absent[0]}' if absent else ''}."
        )
    places = np.array(sorted(at[name] for name in wanted), dtype=np.int64)
    notes = {Part.TRAIN.value: (_SEEN,), Part.VALID.value: (_CHOSEN_BY,)}.get(part, ())
    return Wanted(samples=samples.at(places), part=part, notes=notes)


def _read(path: Path) -> Mapping[str, object]:
    try:
        named = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RunRefused(f"{path} cannot be read: {error}") from error
    if not isinstance(named, dict):
        raise RunRefused(f"{path} is no JSON object")
    return named


def _default(samples: Samples) -> str:
    known = {part for part in samples.parts if part is not None}
    return next((part.value for part in (Part.TEST, Part.VALID) if part in known), ALL)


def _notes(samples: Samples, model: str, part: str) -> tuple[str, ...]:
    if model in set(Lite):
        note = _SEEN if part == Part.TRAIN else _OF_LITE.get((model, samples.name), "")
        return (note,) if note else ()
    return (_UNKNOWN,)


def _slices(samples: Samples, places: Places, part: str) -> Mapping[str, Places]:
    """Find those that the set's own train part does not repeat, if it has one.

    Places are of the samples that were chosen.
    """
    trained = [at for at, own in enumerate(samples.parts) if own is Part.TRAIN]
    if part == Part.TRAIN or not trained:
        return {}
    seen = {_digest(samples.pictures[at]) for at in trained}
    is_new = [_digest(samples.pictures[int(at)]) not in seen for at in places]
    return {NEW: np.flatnonzero(is_new)}


def _digest(pixels: Pixels) -> bytes:
    shape = repr(pixels.shape).encode()
    return hashlib.blake2b(pixels.tobytes(), digest_size=16, person=shape[:16]).digest()
