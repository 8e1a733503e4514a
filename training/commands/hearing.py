"""`evaluate lite-music`: rated pieces, rendered and heard as the service hears music."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from training.evaluating.hearing import Heard
from training.lite.music import pieces, rendering
from training.reporting.published import Field
from workers.models.lite import track
from workers.models.lite.audio import LiteAudio

_SEEN = (
    "The weights were fitted on pieces of VGMIDI. Of pieces among those the figures say little; "
    "docs/models/lite-music.md has the ones of games that were left out."
)
_TIMBRE = "A rendered piano has one timbre: of real recordings these figures say less."


def hear(data: Path, told: Callable[[int, int], None]) -> Heard:
    """Render the rated pieces of VGMIDI into a folder for the time being, and hear them.

    Raises:
        DataRefused: the folder is no VGMIDI, or lacks pieces.
        RunRefused: there is no fluidsynth, or it cannot render one.
    """
    rated = pieces.read(data)
    read, spent_s = [], 0.0
    with tempfile.TemporaryDirectory(prefix="sightsong-") as folder:
        for path in rated.midi:
            sound = rendering.render(path, Path(folder))
            begun = time.perf_counter()
            read.append(track.affect_of(rendering.hear(sound)))
            spent_s += time.perf_counter() - begun
            sound.unlink()  # all of them together are more than a gigabyte
            told(len(read), len(rated))
    return Heard(
        data=Field.VGMIDI.value,
        names=tuple(path.name for path in rated.midi),
        groups=rated.series,
        told=rated.ratings,
        read=np.array([(one.valence, one.arousal) for one in read]),
        ms_per_sample=1000 * spent_s / len(rated),
        facts={"model": f"{LiteAudio.card.id} @ {LiteAudio.card.revision}"},
        notes=(_SEEN, _TIMBRE),
    )
