"""FER-2013: 48 x 48 grey faces of one class each (Goodfellow et al. 2013).

Two forms are read. The published table has the columns `emotion` (0 .. 6), `pixels` (2,304 numbers
with spaces between) and mostly `Usage` (Training, PublicTest, PrivateTest). The other form is a
folder for each class (`angry/`, `happy/` …), in folders for the parts (`train/`, `test/` …) or in
none; any faces or photos of one class each can be kept like that.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsong.core.blend import NEUTRAL
from training.data import classes, rows
from training.data.classes import SEVEN, SIX
from training.data.pictures import SUFFIXES, Files, InMemory, wrong_with
from training.data.problems import Problems
from training.errors import DataRefused
from training.samples import Part, Samples

NAME = "FER-2013"
#: As the file is called at its two homes.
TABLES = ("fer2013.csv", "icml_face_data.csv")
#: What the numbers in the table stand for.
NUMBERED = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
_EMOTION, _PIXELS, USAGE = "emotion", "pixels", "usage"
_SIDE_PX = 48
_BRIGHTEST = 255
PARTS: Mapping[str, Part] = {
    **{part.value: part for part in Part},
    "training": Part.TRAIN,
    "publictest": Part.VALID,
    "validation": Part.VALID,
    "val": Part.VALID,
    "privatetest": Part.TEST,
    "testing": Part.TEST,
}
"""What parts are called, in small letters."""


@dataclass(frozen=True, kw_only=True)
class Faces:
    """The rows of a table that are right."""

    rows: Sequence[int]  #: Which they are; the first below the header is 0.
    values: NDArray[np.uint8]  #: (n, 48, 48), grey.
    labels: Sequence[int]  #: Places in `NUMBERED`.
    parts: Sequence[Part | None]


def table_of(path: Path) -> Path | None:
    """Find the table of faces in a folder, or take the file itself; None: there is none."""
    if path.is_file():
        return path if path.suffix == ".csv" and _is_of_faces(path) else None
    return next((path / name for name in TABLES if (path / name).is_file()), None)


def read_table(path: Path, problems: Problems | None = None) -> Samples:
    """Read the published table.

    Args:
        path: the table, or the folder that it lies in.
        problems: where to put what is wrong with rows; None: it is raised.

    Raises:
        DataRefused: there is no such table, or it holds something else.
    """
    table = table_of(path)
    if table is None:
        raise DataRefused(f"There is no {' or '.join(TABLES)} at {path}.")
    noted = Problems(f"{NAME} at {path}") if problems is None else problems
    faces = faces_of(table, noted)
    if problems is None:
        noted.settle()
    return Samples(
        name=NAME,
        pictures=InMemory(faces.values),
        names=tuple(f"{table.name}:{row}" for row in faces.rows),
        classes=SEVEN,
        shares=_certain([classes.ours(NUMBERED[label]) for label in faces.labels], SEVEN),
        parts=tuple(faces.parts) if any(faces.parts) else (),
    )


def faces_of(path: Path, problems: Problems) -> Faces:
    """Read the faces of a table, and note what is wrong with rows.

    Raises:
        DataRefused: it has other columns, or cannot be read.
    """
    table = rows.open_table(path)
    lack = rows.lacking(path, table, [_EMOTION, _PIXELS])
    if lack:
        raise lack
    read = [
        (number, *found)
        for number, row in enumerate(table.rows)
        if (found := _face(row, problems)) is not None
    ]
    kept, values, labels, parts = zip(*read, strict=True) if read else ((), (), (), ())
    stacked = np.array(values, np.uint8).reshape(-1, _SIDE_PX, _SIDE_PX)
    return Faces(rows=kept, values=stacked, labels=labels, parts=parts)


def class_folders(path: Path) -> dict[str, Part | None]:
    """Find folders that are called like a class of ours: relative name to part; none: no form."""
    if not path.is_dir():
        return {}
    found: dict[str, Part | None] = {}
    for folder in _folders(path):
        if classes.ours(folder.name):
            found[folder.name] = None
        part = PARTS.get(folder.name.lower())
        if part:
            found.update({f"{folder.name}/{inner.name}": part for inner in _folders(folder)})
    return found if any(classes.ours(name.rpartition("/")[2]) for name in found) else {}


def read_folders(path: Path, problems: Problems | None = None) -> Samples:
    """Read pictures that lie in a folder for each class.

    Args:
        path: the folder of those folders, or of the parts that they lie in.
        problems: where to put what is wrong; None: it is raised.

    Raises:
        DataRefused: there are no such folders.
    """
    folders = class_folders(path)
    if not folders:
        raise DataRefused(f"{path} has no folder that is called like a class: {', '.join(SEVEN)}.")
    noted = Problems(f"{NAME} in folders at {path}") if problems is None else problems
    listed = [each for name in sorted(folders) for each in _listed(path, name, noted)]
    if problems is None:
        noted.settle()
    files = [file for file, _label in listed]
    labels = [label for _file, label in listed]
    parts = tuple(folders[file.rpartition("/")[0]] for file in files)
    kept = SEVEN if NEUTRAL in labels else SIX
    return Samples(
        name=path.resolve().name,
        pictures=Files(path, files),
        names=tuple(files),
        classes=kept,
        shares=_certain(labels, kept),
        parts=parts if any(parts) else (),
    )


def _is_of_faces(path: Path) -> bool:
    try:
        return {_EMOTION, _PIXELS} <= set(rows.open_table(path).columns)
    except DataRefused:
        return False


def _face(row: rows.Row, problems: Problems) -> tuple[NDArray[np.uint8], int, Part | None] | None:
    label = row.number(_EMOTION, problems, low=0, high=len(NUMBERED) - 1)
    pixels = _pixels(row.values.get(_PIXELS, ""))
    usage = row.values.get(USAGE, "").lower()
    if pixels is None:
        problems.add(f"line {row.line}: pixels are not {_SIDE_PX**2} whole numbers from 0 to 255")
    if usage and usage not in PARTS:
        problems.add(f"line {row.line}: Usage is {row.values[USAGE]!r}; known: {', '.join(PARTS)}")
    if label is None or pixels is None:
        return None
    return pixels, int(label), PARTS.get(usage)


def _pixels(text: str) -> NDArray[np.uint8] | None:
    """Read the pixels of one face, (48, 48); None: they are none."""
    with warnings.catch_warnings():
        # What numpy says, so far, of text that is no number to its end.
        warnings.simplefilter("error", DeprecationWarning)
        try:
            # Twenty times as fast as word by word: a table has 83 million of them.
            values = np.fromstring(text, dtype=np.int64, sep=" ")
        except (ValueError, DeprecationWarning):
            return None
    if len(values) != _SIDE_PX**2 or values.min() < 0 or values.max() > _BRIGHTEST:
        return None
    return values.astype(np.uint8).reshape(_SIDE_PX, _SIDE_PX)


def _folders(path: Path) -> list[Path]:
    return sorted(
        each for each in path.iterdir() if each.is_dir() and not each.name.startswith(".")
    )


def _listed(root: Path, folder: str, problems: Problems) -> Iterator[tuple[str, str]]:
    """List the pictures of a class's folder: name relative to the root, and our class."""
    label = classes.ours(folder.rpartition("/")[2])
    if label is None:
        problems.add(f"{folder}: no class of ours ({', '.join(SEVEN)}); move the folder elsewhere")
        return
    for path in sorted((root / folder).iterdir()):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            continue
        wrong = wrong_with(path)
        if wrong:
            problems.add(f"{folder}/{path.name} {wrong}; mend it, or move it elsewhere")
        else:
            yield f"{folder}/{path.name}", label


def _certain(labels: Sequence[str | None], names: Sequence[str]) -> NDArray[np.float32]:
    """Make the shares of labels that are certain: 1 for the class, 0 for the others."""
    places = [names.index(label) for label in labels if label is not None]
    return np.eye(len(names), dtype=np.float32)[np.array(places, np.int64)]
