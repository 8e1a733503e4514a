"""The command: from words to a report on disk."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from sightsong.adapters import disk
from sightsong.core.blend import NEUTRAL
from sightsong.core.models import Pixels
from training.data.forms import Form, open_data
from training.errors import RunRefused
from training.evaluating.choosing import Asked, choose, run_of
from training.evaluating.described import is_ours
from training.evaluating.evaluate import evaluate
from training.evaluating.hearing import Hears, report_of
from training.evaluating.lite import Lite, open_lite
from training.evaluating.own import Runtime, open_own
from training.evaluating.reads import Reads, unwatched
from training.evaluating.service import open_foreign
from training.measuring import intervals
from training.reporting.document import document
from training.reporting.page import page
from training.reporting.report import Report
from training.samples import Samples
from training.trained import ONNX

JSON, PAGE = "report.json", "report.html"
_THUMBNAIL_PX = 112
#: Where `train lite-…` finds each data set in a folder with all of them.
_WITHIN = {
    Lite.FACES: Path("faces"),
    Lite.PHOTOS: Path("photos/oasis"),
    Lite.MUSIC: Path("music_affect"),
}


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be evaluated, on what, and where the report goes."""

    model: str  #: `lite-faces` and its like, or the folder of a run or of a classifier.
    data: Path  #: Of lite models also a folder with `faces`, `photos/oasis`, `music_affect`.
    form: Form | None = None  #: None: the one that the data look like.
    part: str | None = None  #: None: test where it is known, else valid, else all.
    runtime: Runtime = Runtime.AUTO
    out: Path | None = None  #: None: `evaluation-PART` in the run's folder; of lite models nothing.
    pictures: bool = False  #: Show small pictures of the worst mistakes; the page then holds data.
    rounds: int = intervals.ROUNDS  #: Drawings of the bootstrap.


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """A report, and the files that it was written to."""

    report: Report
    files: tuple[Path, ...]


def run(
    order: Order, *, told: Callable[[int, int], None] = unwatched, hears: Hears | None = None
) -> Evaluated:
    """Evaluate a model on a data set, and write what was found.

    Args:
        order: what is to be done.
        told: hears how many of how many samples are read.
        hears: what hears music, where that is asked for.

    Raises:
        DataRefused: something is wrong with the data set, or it does not fit the model.
        RunRefused: the model cannot be used, or the report cannot be written.
        TrainingError: the page needs a library that is not installed.
    """
    if order.model == Lite.MUSIC and hears is not None:
        found, shown = report_of(hears(_data_of(order), told), rounds=order.rounds), None
    else:
        found, shown = _of_pictures(order, told)
    out = order.out or _default_out(order, found.part)
    files = write(found, out, pictures=shown) if out is not None else ()
    return Evaluated(report=found, files=files)


def _of_pictures(
    order: Order, told: Callable[[int, int], None]
) -> tuple[Report, dict[int, bytes] | None]:
    model = open_model(order)
    samples = open_data(_data_of(order), order.form, keep_neutral=NEUTRAL in model.classes)
    wanted = choose(samples, Asked(model=order.model, part=order.part))
    report = evaluate(model, wanted, told=told, rounds=order.rounds)
    return report, _thumbnails(report, wanted.samples) if order.pictures else None


def _data_of(order: Order) -> Path:
    """The data set itself: of lite models, it may lie in a folder with the others."""
    within = order.data / _WITHIN[Lite(order.model)] if order.model in set(Lite) else order.data
    return within if within.is_dir() else order.data


def open_model(order: Order) -> Reads:
    """Open what is to be evaluated.

    Raises:
        RunRefused: there is none of this name, or it cannot be used.
    """
    if order.model in (Lite.FACES, Lite.PHOTOS):
        return open_lite(Lite(order.model))
    named = Path(order.model)
    folder, runtime = (named.parent, Runtime.ONNX) if named.name == ONNX else (named, order.runtime)
    if not folder.is_dir():
        raise RunRefused(
            f"{order.model} is neither a folder nor one of {', '.join(Lite)}; name the folder that "
            "`train emotion` wrote"
        )
    best = folder / "best"
    folder = best if best.is_dir() else folder
    return open_own(folder, runtime) if is_ours(folder) else open_foreign(folder, runtime)


def write(
    report: Report, out: Path, *, pictures: Mapping[int, bytes] | None = None
) -> tuple[Path, ...]:
    """Write a report as JSON and as a page, into a folder that is made if needed.

    Raises:
        RunRefused: the disk does not take it.
        TrainingError: the page needs matplotlib, which is not installed; the JSON is written.
    """
    told = json.dumps(document(report), indent=1, allow_nan=False, ensure_ascii=False)
    first = _write(out, JSON, told + "\n")
    return first, _write(out, PAGE, page(report, pictures=pictures))


def _write(out: Path, name: str, text: str) -> Path:
    path = out / name
    try:
        out.mkdir(parents=True, exist_ok=True)
        disk.write_whole(path, path.with_name(f".{name}.part"), [text.encode()])
    except OSError as error:
        raise RunRefused(f"{path} cannot be written: {error}") from error
    return path


def _default_out(order: Order, part: str) -> Path | None:
    folder = run_of(Path(order.model))
    return None if folder is None else folder / f"evaluation-{part}"


def _thumbnails(report: Report, samples: Samples) -> dict[int, bytes]:
    """Make small JPEGs of the worst mistakes."""
    at = {name: place for place, name in enumerate(samples.names)}
    return {one.at: _thumbnail(samples.pictures[at[one.name]]) for one in report.worst}


def _thumbnail(pixels: Pixels) -> bytes:
    image = Image.fromarray(pixels)
    image.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    taken = io.BytesIO()
    image.save(taken, "JPEG", quality=80)
    return taken.getvalue()
