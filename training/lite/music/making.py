"""`train lite-music`: the weights of lite music, made again from the rated pieces."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sightsong.adapters import disk
from training.errors import RunRefused
from training.lite.music import beliefs, pieces, pulling, rendering
from training.lite.music.pieces import Pieces
from training.lite.music.pulling import Belief, Numbers
from training.measuring import intervals, plane
from training.samples import Places
from workers.models.lite import track
from workers.models.lite.sound import Sound

WEIGHTS = track.WEIGHTS.name
_SCALES = ("valence", "arousal")
_DIGITS = 4
_EVERY = 10  # pieces between two words on how far it is


def make(data: Path, folder: Path, *, say: Callable[[str], None]) -> Mapping[str, Any]:
    """Render and hear the pieces, fit, and write the weights; some minutes.

    Args:
        data: the folder of the pieces, or the one that it lies in.
        folder: where `music.json` goes.
        say: hears how far it is.

    Returns:
        What was found: figures for each scale, and of what.

    Raises:
        DataRefused: the table of pieces cannot be used.
        RunRefused: a piece cannot be rendered, or the weights cannot be written.
    """
    rated = pieces.read(data)
    heard = _heard(rated, say)
    found = fitted(rated, heard)
    _write(folder / WEIGHTS, found)
    return found


def fitted(rated: Pieces, heard: list[Sound]) -> Mapping[str, Any]:
    """Fit both scales to what was heard of the pieces.

    Returns:
        JSON values: the weights, and how well they do on series that no fit has seen.
    """
    spreads = [track.standardised(one) for one in heard]
    descriptors = np.array([[z[name] for name in beliefs.NAMES] for z in spreads])
    lines = {
        scale: _scale(scale, descriptors, rated.ratings[:, at], rated)
        for at, scale in enumerate(_SCALES)
    }
    return {
        **{scale: line["weights"] for scale, line in lines.items()},
        "facts": {
            "pieces": len(rated),
            "series": len(set(rated.series)),
            **{scale: line["figures"] for scale, line in lines.items()},
        },
    }


def _scale(scale: str, descriptors: Numbers, ratings: Numbers, rated: Pieces) -> dict[str, Any]:
    """Fit one scale, and measure the fits that saw nothing of the series that they read."""
    belief = beliefs.of(scale)
    pull = pulling.choose_pull(descriptors, ratings, belief, rated.series)
    line = pulling.fit(descriptors, ratings, belief, pull=pull)
    unseen = pulling.nested(descriptors, ratings, belief, rated.series)
    held = Belief(weights=belief.weights, freedom=np.zeros(len(beliefs.NAMES)))
    by_hand = pulling.fit(descriptors, ratings, held, pull=pull).read(descriptors)
    return {
        "weights": {
            name: round(float(weight), _DIGITS)
            for name, weight in zip(beliefs.NAMES, line.weights, strict=True)
            if weight
        },
        "figures": {
            "pull": pull,
            "unseen_series": _figures(unseen, ratings, rated),
            "belief_alone": _figures(by_hand, ratings, rated),
        },
    }


def _figures(read: Numbers, ratings: Numbers, rated: Pieces) -> dict[str, list[float]]:
    """Correlations with intervals; pieces of one series are drawn together."""

    def measure(places: Places) -> Numbers:
        told, found = ratings[places], read[places]
        return np.array([plane.pearson(told, found), plane.spearman(told, found)])

    both = intervals.estimates(measure, len(rated), groups=rated.series)
    return {
        name: [round(value, 3) for value in (one.value, one.low, one.high)]
        for name, one in zip(("pearson", "spearman"), both, strict=True)
    }


def _heard(rated: Pieces, say: Callable[[str], None]) -> list[Sound]:
    def told(count: int) -> None:
        if count % _EVERY == 0 or count == len(rated):
            say(f"heard {count} of {len(rated)} pieces")

    with tempfile.TemporaryDirectory() as scratch:
        return rendering.hear_all(rated.midi, Path(scratch), told=told)


def _write(path: Path, found: Mapping[str, Any]) -> None:
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write_whole(path, path.with_name(f".{path.name}.part"), [text.encode()])
    except OSError as error:
        raise RunRefused(f"{path} cannot be written: {error}") from error
