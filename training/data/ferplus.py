"""FER+: the faces of FER-2013 with the votes of ten raters each (Barsoum et al. 2016).

Two forms are read. One is `ferplus_train.npz`, `ferplus_valid.npz` and `ferplus_test.npz`, or any
of them: `images` uint8 (n, 48, 48), `votes` (n, 10) and `vote_columns`, the names of the ten. The
other is the published one: `fer2013new.csv` with the votes beside `fer2013.csv` with the faces.

Contempt, `unknown` and `NF` (not a face) have no place in our seven classes: those votes are left
out. What remains of a face tells how far it can be trusted (`raters`). To be measured on, a face
needs six votes in the seven, and none outside them ahead; to learn from, one will do.
"""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters import image_header
from training.data import classes, fer2013, rows
from training.data.pictures import InMemory
from training.data.problems import Problems
from training.errors import DataRefused
from training.samples import Part, Samples

NAME = "FER+"
#: The ten things that could be voted for, as the files call them.
VOTED_FOR = (
    *("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"),
    *("contempt", "unknown", "nf"),
)
TABLE = "fer2013new.csv"
#: Of ten votes; with fewer in the seven classes, a face says little about a model.
_FEWEST_VOTES = 6
_PATTERN = "ferplus_*.npz"


def npz_files(path: Path) -> list[Path]:
    """Find the npz files of FER+ in a folder, or the one that `path` names; by name."""
    if path.is_file():
        return [path] if path.suffix == ".npz" else []
    return sorted(path.glob(_PATTERN))


def read(path: Path, problems: Problems | None = None) -> Samples:
    """Read whichever of the two forms is there; of both, the npz.

    Raises:
        DataRefused: as the readers of the two.
    """
    return (read_npz if npz_files(path) else read_tables)(path, problems)


def read_npz(path: Path, problems: Problems | None = None) -> Samples:
    """Read faces and votes of the npz form.

    Args:
        path: a folder with `ferplus_*.npz`, or one such file.
        problems: where to put what is wrong; None: it is raised.

    Raises:
        DataRefused: there are no such files, or they hold something else.
    """
    noted = Problems(f"{NAME} at {path}") if problems is None else problems
    read = [held for file in npz_files(path) if (held := _read_file(file, noted)) is not None]
    if problems is None or not read:
        noted.settle()
    if not read:
        raise DataRefused(f"There is no {_PATTERN} to read at {path}.")
    names, parts, faces, votes = zip(*read, strict=True)
    return samples(
        np.concatenate(faces),
        np.concatenate(votes),
        names=tuple(name for held in names for name in held),
        parts=tuple(part for held in parts for part in held),
    )


def samples(
    faces: NDArray[np.uint8],
    votes: NDArray[np.float32],
    *,
    names: Sequence[str],
    parts: Sequence[Part | None],
) -> Samples:
    """Make samples of faces and their votes; those too doubtful for their part are left out.

    Args:
        faces: uint8, (n, height, width), grey.
        votes: float32, (n, 10), in the order of `VOTED_FOR`.
        names: of the faces.
        parts: what each is for.
    """
    ours, left = _of_seven(votes)
    held_out = np.array([part not in {None, Part.TRAIN} for part in parts], dtype=bool)
    sure = (left >= _FEWEST_VOTES) & (ours.max(axis=1) >= votes.max(axis=1))
    kept = np.flatnonzero(np.where(held_out, sure, left > 0)).tolist()
    return Samples(
        name=NAME,
        pictures=InMemory(faces[kept]),
        names=tuple(names[at] for at in kept),
        classes=classes.SEVEN,
        shares=classes.as_shares(ours[kept]),
        raters=left[kept],
        parts=tuple(parts[at] for at in kept),
    )


def _of_seven(votes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Reorder votes to our seven classes, (n, 7); and how many remain of each row, (n,)."""
    theirs = [classes.ours(name) for name in VOTED_FOR]
    ours = votes[:, [theirs.index(name) for name in classes.SEVEN]]
    return ours, ours.sum(axis=1, dtype=np.float32)


def _read_file(
    path: Path, problems: Problems
) -> tuple[tuple[str, ...], tuple[Part | None, ...], NDArray[np.uint8], NDArray[np.float32]] | None:
    """Read one npz: names, parts, faces, votes; None, and a problem, if it is none of ours."""
    try:
        # Without pickle: such a file can hold numbers and text, and nothing that runs.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
            faces, votes = held["images"], held["votes"]
            columns = [str(name).strip().lower() for name in held["vote_columns"]]
    except (*image_header.DAMAGE, zipfile.BadZipFile) as error:
        problems.add(f"{path.name}: no images, votes and vote_columns can be read from it: {error}")
        return None
    wrong = _wrong(faces, votes, columns)
    if wrong:
        problems.add(f"{path.name}: {wrong}")
        return None
    ordered = votes[:, [columns.index(name) for name in VOTED_FOR]].astype(np.float32)
    names = tuple(f"{path.name}:{row}" for row in range(len(faces)))
    return names, (_part(path),) * len(faces), faces, ordered


def _wrong(
    faces: NDArray[np.generic], votes: NDArray[np.generic], columns: Sequence[str]
) -> str | None:
    """Say why arrays are not what is expected; None: they are."""
    if faces.dtype != np.uint8 or faces.ndim != len(("n", "height", "width")):
        return f"images is {faces.dtype} {faces.shape}, not uint8 (n, height, width)"
    if sorted(columns) != sorted(VOTED_FOR):
        return f"vote_columns is {', '.join(columns)}, not {', '.join(VOTED_FOR)}"
    if votes.shape != (len(faces), len(VOTED_FOR)) or votes.dtype.kind not in "iuf":
        return f"votes is {votes.dtype} {votes.shape}, not numbers ({len(faces)}, 10)"
    if not np.all((counted := np.asarray(votes, np.float64)) >= 0) or np.isinf(counted).any():
        return "votes has numbers below 0, or none at all"
    return None


def _part(path: Path) -> Part | None:
    word = path.stem.rpartition("_")[2]
    return Part(word) if word in set(Part) else None


def tables_of(path: Path) -> tuple[Path, Path] | None:
    """Find the published table of votes and that of the faces in a folder; None: not both."""
    folder = path.parent if path.is_file() else path
    faces = next((folder / name for name in fer2013.TABLES if (folder / name).is_file()), None)
    return (folder / TABLE, faces) if faces and (folder / TABLE).is_file() else None


def read_tables(path: Path, problems: Problems | None = None) -> Samples:
    """Read the published form: `fer2013new.csv` beside `fer2013.csv`, row by row of each other.

    Args:
        path: the folder that both lie in, or one of them.
        problems: where to put what is wrong with rows; None: it is raised.

    Raises:
        DataRefused: they are not both there, or do not belong together.
    """
    tables = tables_of(path)
    if tables is None:
        raise DataRefused(
            f"FER+ is {TABLE} (the votes) beside {fer2013.TABLES[0]} (the faces of FER-2013); "
            f"{path} has not both."
        )
    noted = Problems(f"{NAME} at {path}") if problems is None else problems
    voted = _votes(tables[0], noted)
    faces = fer2013.faces_of(tables[1], noted)
    _check_together(voted, faces, noted)
    if problems is None:
        noted.settle()
    kept = [at for at, row in enumerate(faces.rows) if row in voted]
    rows_of = [faces.rows[at] for at in kept]
    return samples(
        faces.values[kept],
        np.array([voted[row][0] for row in rows_of], np.float32).reshape(-1, len(VOTED_FOR)),
        names=[f"{tables[1].name}:{row}" for row in rows_of],
        parts=[voted[row][1] for row in rows_of],
    )


def _votes(path: Path, problems: Problems) -> dict[int, tuple[list[float], Part | None]]:
    """Read the votes by row, with what the row is for; rows that are wrong are noted."""
    table = rows.open_table(path)
    lack = rows.lacking(path, table, [fer2013.USAGE, *VOTED_FOR])
    if lack:
        raise lack
    read: dict[int, tuple[list[float], Part | None]] = {}
    for number, row in enumerate(table.rows):
        votes = [row.number(name, problems, low=0) for name in VOTED_FOR]
        known = [value for value in votes if value is not None]
        if len(known) == len(votes):
            read[number] = known, fer2013.PARTS.get(row.values.get(fer2013.USAGE, "").lower())
    return read


def _check_together(
    voted: Mapping[int, tuple[list[float], Part | None]], faces: fer2013.Faces, problems: Problems
) -> None:
    """Note rows of votes and of faces that cannot be about the same faces."""
    parts = dict(zip(faces.rows, faces.parts, strict=True))
    alone = [row for row in parts if row not in voted] + [row for row in voted if row not in parts]
    if alone and not problems:
        problems.add(f"{len(alone)} rows are in one table only: they are not of one release")
    for row, part in parts.items():
        if row in voted and part is not None and voted[row][1] is not part:
            problems.add(f"row {row}: Usage is not the same in both tables; are both complete?")
