"""A piece of a sound, encoded so that browsers play it."""

import io
from typing import cast

import av
import numpy as np
from av import AudioFrame, AudioResampler
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from sightsong.adapters.sound.decoding import Sound
from sightsong.core import errors

#: The rate of all previews: Opus has this one only.
RATE_HZ = 48_000
#: FFmpeg's muxer and encoder, by the name of the kind.
_KINDS = {"ogg": ("ogg", "libopus"), "mp3": ("mp3", "libmp3lame")}
#: Bits per second and channel: more than enough to know a song by.
_BITS = 64_000
#: At either end, so that a cut in the middle of a wave does not click.
_FADE_S = 0.02
_LAYOUTS = {1: "mono", 2: "stereo"}


def piece(sound: Sound, *, start_s: float, duration_s: float) -> NDArray[np.float32]:
    """Read a piece of a sound, faded in and out.

    Returns:
        float32, (channels, n_samples) at `RATE_HZ`, in [-1, 1]; two channels if the sound has two,
        else one; shorter than asked for where the sound ends.

    Raises:
        InvalidRequest: the sound ends before the piece begins; not retried.
        InputError: as `Sound.blocks`; not retried.
    """
    channels = sound.channels if sound.channels in _LAYOUTS else 1
    resampler = AudioResampler(format="fltp", layout=_LAYOUTS[channels], rate=RATE_HZ)
    wanted = round(duration_s * sound.rate_hz)
    made: list[NDArray[np.float32]] = []
    for part in sound.parts(channels=channels, max_s=float("inf"), start_s=start_s):
        frame = _frame(np.ascontiguousarray(part[:, :wanted]), sound.rate_hz)
        made += _arrays(resampler.resample(frame))
        wanted -= part.shape[1]
        if wanted <= 0:
            break
    if not made:
        raise errors.InvalidRequest("The track ends before that.")
    made += _arrays(resampler.resample(None))
    return _faded(np.concatenate(made, axis=1))


def encode(rows: NDArray[np.float32], *, media: str) -> bytes:
    """Encode samples, float32 (1 or 2, n) at `RATE_HZ`; the same samples give the same bytes."""
    muxer, encoder = _KINDS[media]
    content = io.BytesIO()
    with av.open(content, "w", format=muxer, options={"fflags": "+bitexact"}) as container:
        layout = _LAYOUTS[len(rows)]
        stream = cast("AudioStream", container.add_stream(encoder, rate=RATE_HZ, layout=layout))
        codec = stream.codec_context
        codec.bit_rate = _BITS * len(rows)
        codec.open()
        resampler = AudioResampler(
            format=codec.format.name, layout=layout, rate=RATE_HZ, frame_size=codec.frame_size
        )
        frames = [*resampler.resample(_frame(rows, RATE_HZ)), *resampler.resample(None), None]
        for frame in frames:
            container.mux(stream.encode(frame))
    return content.getvalue()


def _arrays(frames: list[AudioFrame]) -> list[NDArray[np.float32]]:
    return [np.asarray(frame.to_ndarray(), dtype=np.float32) for frame in frames]


def _frame(rows: NDArray[np.float32], rate_hz: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(rows, format="fltp", layout=_LAYOUTS[len(rows)])
    frame.sample_rate = rate_hz
    return frame


def _faded(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    count = min(round(_FADE_S * RATE_HZ), rows.shape[1] // 2)
    ramp = np.linspace(0, 1, count, endpoint=False, dtype=np.float32)
    rows[:, :count] *= ramp
    rows[:, rows.shape[1] - count :] *= ramp[::-1]
    return rows
