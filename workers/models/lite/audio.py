"""Music to the affect space: what was heard already has its place there."""

from collections.abc import Callable, Sequence

import numpy as np

from sightsong.core import affect_space
from sightsong.core.embeddings import unit
from sightsong.core.models import Heard, Listener, ModelCard, TrackReading, nothing
from workers.models.lite.listening import LiteListener


class LiteAudio:
    """Music to the affect space by tempo, notes, brightness, mode and roughness."""

    card = ModelCard(
        id="sightsong/lite-track",
        revision="2",
        task="audio",
        licence="MIT",
        source="weights fitted to ratings of 148 piano pieces (VGMIDI), pulled towards reviews",
    )
    space = affect_space.SPACE
    listener: Listener = LiteListener()

    def read(
        self,
        heard: Sequence[Heard],
        *,
        between: Callable[[], None] = nothing,  # noqa: ARG002 - the port; here nothing takes time
    ) -> list[TrackReading]:
        """Give each track the mean of its windows."""
        return [_read(one) for one in heard]


def _read(heard: Heard) -> TrackReading:
    return TrackReading(
        vector=unit(heard.windows.mean(axis=0, dtype=np.float64)),
        windows=heard.windows,
        window_starts_s=heard.window_starts_s,
        affect=heard.affect,
        descriptors=heard.descriptors,
    )
