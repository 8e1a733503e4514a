"""What the committed weights read of rated pieces, beside what listeners said of them."""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.lite.music import pieces, rendering
from training.lite.music.making import folder_of
from workers.models.lite import track
from workers.models.lite.audio import LiteAudio

_NOTE = (
    "The weights were fitted to ratings of VGMIDI. If these are those pieces, `facts` in "
    "workers/models/lite/weights/music.json tells how series are read that no fit has seen."
)


@dataclass(frozen=True, kw_only=True)
class Read:
    """Pieces, what listeners said of them, and what was read, as an evaluation wants it."""

    data: str
    names: tuple[str, ...]
    groups: tuple[str, ...]
    told: NDArray[np.float64]  #: (n, 2), mean valence and arousal in [-1, 1].
    read: NDArray[np.float64]  #: (n, 2), the same.
    ms_per_sample: float  #: To decode and read a piece; without rendering it.
    facts: Mapping[str, str]
    notes: tuple[str, ...]


def read(data: Path, told: Callable[[int, int], None]) -> Read:
    """Render, hear and read the rated pieces of a folder, or of `music_affect` in it.

    Args:
        data: the folder.
        told: hears how many of how many pieces are done.

    Raises:
        DataRefused: the table of pieces cannot be used.
        RunRefused: a piece cannot be rendered.
    """
    rated = pieces.read(folder_of(data))
    felt, seconds = [], 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for count, midi in enumerate(rated.midi, start=1):
            wav = rendering.render(midi, Path(scratch))
            began = time.perf_counter()
            affect = track.affect_of(rendering.hear(wav))
            seconds += time.perf_counter() - began
            wav.unlink()
            felt.append((affect.valence, affect.arousal))
            told(count, len(rated))
    card = LiteAudio.card
    return Read(
        data="VGMIDI",
        names=tuple(midi.stem for midi in rated.midi),
        groups=rated.series,
        told=rated.ratings,
        read=np.array(felt),
        ms_per_sample=1000 * seconds / len(rated),
        facts={"model": f"{card.id} @ {card.revision}", "source": card.source},
        notes=(_NOTE,),
    )
