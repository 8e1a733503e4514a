"""`train lite-photos`: the weights of lite photos, made again from the ratings of OASIS."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sightsong.adapters import disk
from training.data import oasis
from training.errors import DataRefused, RunRefused
from training.lite.photos import dictionaries, looking, proving, regression, themes
from training.lite.photos.looking import Seen
from training.lite.photos.regression import Matrix
from workers.models.lite import photo
from workers.models.lite.photo import PhotoWeights

ROUNDS = 5
_LEAST_SPREAD = 1e-3
_FOLDERS = ("photos/oasis", "oasis", ".")


def make(
    data: Path, folder: Path, *, say: Callable[[str], None], rounds: int = ROUNDS
) -> Mapping[str, Any]:
    """Look at the photos, prove, fit, and write the weights; some minutes.

    Args:
        data: the folder of the photos, or one that it lies in.
        folder: where `photo.npz` goes.
        say: hears how far it is.
        rounds: how often all photos are read by fits on others.

    Returns:
        What was found: figures for each scale.

    Raises:
        DataRefused: the photos or their ratings cannot be used.
        RunRefused: the weights cannot be written.
    """
    samples = oasis.read(folder_of(data))
    if samples.affect is None:
        raise DataRefused(f"{data} tells no valence and arousal.")
    wanted = samples.affect.astype(np.float64)
    groups = themes.joined(samples.groups)
    say(f"looking at {len(samples)} photos")
    seen = looking.look(samples)
    reads = [proving.unseen(seen, wanted, groups, seed=at, say=say) for at in range(rounds)]
    alone = proving.unseen(seen, wanted, samples.names, seed=0, say=say)
    made, chosen = fitted(seen, wanted, groups, reads=reads)
    write(folder / photo.WEIGHTS.name, made)
    return {
        "photos": len(samples),
        "themes": len(set(groups)),
        "chosen": chosen,
        "new_themes": proving.figures(reads, wanted, groups),
        "new_photos": proving.figures([alone], wanted, samples.names),
    }


def fitted(
    seen: Seen, wanted: Matrix, groups: tuple[str, ...], *, reads: Sequence[Matrix]
) -> tuple[PhotoWeights, Mapping[str, Any]]:
    """Fit both scales on all photos.

    Args:
        seen: the photos.
        wanted: their ratings, (n, 2).
        groups: their themes.
        reads: how each was read by fits on other themes, some times.

    Returns:
        The weights, and what was chosen for each scale.
    """
    every = np.arange(len(wanted))
    photos = seen.by(dictionaries.learn(*seen.some(every)))
    scale = regression.scale_of(photos.rows)
    lines = [
        proving.line(photos, wanted[:, at], groups, seed=0) for at in range(len(proving.SCALES))
    ]
    stretch = _stretch(reads, wanted)
    weights = np.stack([line.weights for line in lines], axis=1) * stretch
    made = PhotoWeights(
        dictionaries=photos.dictionaries,
        middle=scale.middle.astype(np.float32),
        spread=scale.spread.astype(np.float32),
        weights=weights.astype(np.float32),
        constant=np.array([line.constant for line in lines], np.float32),
        error=_error(reads, wanted, stretch).astype(np.float32),
    )
    chosen = {
        name: {"blocks": list(line.choice.blocks), "ridge": line.choice.ridge}
        for name, line in zip(proving.SCALES, lines, strict=True)
    }
    return made, chosen


def folder_of(data: Path) -> Path:
    """Find the folder of the photos: `data`, or `photos/oasis` or `oasis` in it."""
    tried = (data / name for name in _FOLDERS)
    return next((folder for folder in tried if oasis.table_of(folder)), data)


def _stretch(reads: Sequence[Matrix], wanted: Matrix) -> Matrix:
    """Take back half of how much closer readings lie together than people's ratings do, (2,).

    The best guess of an unsure reader is near the middle, where every photo would feel the same.
    Half of the stretch to people's own spread makes the error hardly larger.
    """
    spread = np.mean([read.std(axis=0) for read in reads], axis=0)
    return np.asarray(np.sqrt(wanted.std(axis=0) / np.maximum(spread, _LEAST_SPREAD)))


def _error(reads: Sequence[Matrix], wanted: Matrix, stretch: Matrix) -> Matrix:
    """How far stretched readings of new themes are off, by scale, (2,)."""
    middle = wanted.mean(axis=0)
    off = [middle + (read - middle) * stretch - wanted for read in reads]
    return np.asarray(np.sqrt(np.mean(np.square(off), axis=(0, 1))))


def write(path: Path, made: PhotoWeights) -> None:
    """Write a file of weights, whole or not at all.

    Raises:
        RunRefused: it cannot be written.
    """
    kept = io.BytesIO()
    arrays: dict[str, Any] = dict(made.as_arrays())
    np.savez_compressed(kept, **arrays)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write_whole(path, path.with_name(f".{path.name}.part"), [kept.getvalue()])
    except OSError as error:
        raise RunRefused(f"{path} cannot be written: {error}.") from error
