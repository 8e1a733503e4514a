"""The forms of data sets: which one a folder is in, and the reader that it takes."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from training.data import emotion6, fer2013, ferplus, oasis, table
from training.data.problems import Problems
from training.errors import DataRefused
from training.samples import Samples

_LISTED = 8  # names of a folder that a message repeats


class Form(StrEnum):
    """How a data set lies on disk."""

    EMOTION6 = "emotion6"
    FERPLUS = "ferplus"
    FER2013 = "fer2013"
    FOLDERS = "folders"
    OASIS = "oasis"
    TABLE = "table"


WANTED: Mapping[Form, str] = {
    Form.EMOTION6: "ground_truth.txt, and images/ with a folder for each emotion",
    Form.FERPLUS: "ferplus_train.npz and its like, or fer2013new.csv beside fer2013.csv",
    Form.FER2013: "fer2013.csv with the columns emotion and pixels",
    Form.FOLDERS: "a folder of pictures for each class (angry, happy …), perhaps in train/, test/",
    Form.OASIS: "OASIS.csv, and images/ with the photos",
    Form.TABLE: "labels.csv with a column file, and votes or valence and arousal",
}
"""What each form is told by."""

#: The most telling first: FER+ lies beside FER-2013, and our own table can lie beside anything.
_TELLING: Mapping[Form, Callable[[Path], object]] = {
    Form.TABLE: table.table_of,
    Form.EMOTION6: emotion6.table_of,
    Form.OASIS: oasis.table_of,
    Form.FERPLUS: lambda path: ferplus.npz_files(path) or ferplus.tables_of(path),
    Form.FER2013: fer2013.table_of,
    Form.FOLDERS: fer2013.class_folders,
}
_READERS: Mapping[Form, Callable[[Path, Problems], Samples]] = {
    Form.FERPLUS: ferplus.read,
    Form.FER2013: fer2013.read_table,
    Form.FOLDERS: fer2013.read_folders,
    Form.OASIS: oasis.read,
    Form.TABLE: table.read,
}


def open_data(path: Path, form: Form | None = None, *, keep_neutral: bool = False) -> Samples:
    """Read a data set.

    Args:
        path: its folder, or the one file that it is.
        form: None: the one that it looks like.
        keep_neutral: Emotion6 with seven classes. Faces always keep theirs.

    Raises:
        DataRefused: there is none of a known form, or something is wrong with it; tells it all.
    """
    chosen = form or recognise(path)
    problems = Problems(f"The data set at {path} (read as {chosen})")
    samples = read(path, chosen, problems, keep_neutral=keep_neutral)
    problems.settle()
    if not len(samples):
        raise DataRefused(f"The data set at {path} (read as {chosen}) holds nothing to learn from.")
    return samples


def read(path: Path, form: Form, problems: Problems, *, keep_neutral: bool = False) -> Samples:
    """Read what is right of a data set, and note what is wrong.

    Raises:
        DataRefused: it is not of this form at all.
    """
    if not path.exists():
        raise DataRefused(f"{path} is not there.")
    if form is Form.EMOTION6:
        return emotion6.read(path, problems, keep_neutral=keep_neutral)
    return _READERS[form](path, problems)


def recognise(path: Path) -> Form:
    """Tell the form of a data set by the files in it.

    Raises:
        DataRefused: it looks like none; tells what is there, and what each form needs.
    """
    found = next((form for form, tells in _TELLING.items() if tells(path)), None)
    if found is not None:
        return found
    if not path.exists():
        raise DataRefused(f"{path} is not there.")
    known = "\n".join(f"  {form}: {wanted}" for form, wanted in WANTED.items())
    raise DataRefused(f"{path} looks like no data set that is known ({_holds(path)}):\n{known}")


def _holds(path: Path) -> str:
    if path.is_file():
        return "it is a file; most forms are folders"
    names = sorted(each.name for each in path.iterdir())
    if not names:
        return "the folder is empty"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"it holds {', '.join(names[:_LISTED])}{more}"
