"""Decoded frames of any sample format to float32."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

from sightsong.core import errors

#: FFmpeg's sample formats: the type in numpy, and what full scale is in it.
_TYPES: dict[str, tuple[type[np.generic], float]] = {
    "u8": (np.uint8, 2.0**7),
    "s16": (np.int16, 2.0**15),
    "s32": (np.int32, 2.0**31),
    "s64": (np.int64, 2.0**63),
    "flt": (np.float32, 1.0),
    "dbl": (np.float64, 1.0),
}

#: PyAV counts the planes of a frame up to the first pointer that is NULL. That holds up to seven of
#: them; from eight on it reads past the end of FFmpeg's list, and hands out foreign memory.
_MANY_CHANNELS = 8


def rows_of(frame: AudioFrame, *, wanted: int) -> NDArray[np.float32]:
    """Turn a frame into rows of samples, one for each wanted channel.

    Args:
        frame: of any sample format and number of channels.
        wanted: if the frame has another number of channels, each row is the mean of all of them.

    Returns:
        float32, (wanted, n_samples), clipped to [-1, 1].

    Raises:
        BrokenAudio: there are samples that are no numbers; not retried.
        UnsupportedAudio: the sample format is not known; not retried.
    """
    channels, full = _channels(frame)
    if len(channels) == wanted:
        rows = np.stack([channel.astype(np.float32) for channel in channels])
        rows *= np.float32(1 / full)
    else:
        rows = np.repeat(_sum(channels)[np.newaxis], wanted, axis=0)
        rows *= np.float32(1 / full / len(channels))
    if frame.format.name.startswith("u8"):
        rows -= 1  # its silence is in the middle
    if not np.isfinite(rows).all():
        raise errors.BrokenAudio("The file holds samples that are no numbers.")
    return np.clip(rows, -1, 1, out=rows)


def _channels(frame: AudioFrame) -> tuple[Sequence[NDArray[Any]], float]:
    """Views of the frame's own memory, one for each channel; and what full scale is."""
    kind = _TYPES.get(frame.format.name.removesuffix("p"))
    if kind is None:
        raise errors.UnsupportedAudio("The sound is in a form of samples that is not read.")
    dtype, full = kind
    count = frame.layout.nb_channels
    if frame.format.is_planar and count >= _MANY_CHANNELS:
        return _channels(_interleaved(frame))
    if frame.format.is_planar:
        planes = [memoryview(plane) for plane in frame.planes]
        return [np.frombuffer(plane, dtype, frame.samples) for plane in planes], full
    interleaved = np.frombuffer(memoryview(frame.planes[0]), dtype, frame.samples * count)
    return list(interleaved.reshape(frame.samples, count).T), full


def _interleaved(frame: AudioFrame) -> AudioFrame:
    resampler = AudioResampler(format="flt", layout=frame.layout, rate=frame.sample_rate)
    return resampler.resample(frame)[0]


def _sum(channels: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Add up the channels, one after the other: numpy's sums over a short axis take much longer."""
    total = channels[0].astype(np.float32)
    for channel in channels[1:]:
        total += channel
    return total
