"""Files of sound, made as they are needed."""

import io
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
from av import AudioFrame, AudioResampler

#: By ending: FFmpeg's muxer and encoder.
KINDS: Mapping[str, tuple[str, str]] = {
    "wav": ("wav", "pcm_s16le"),
    "aiff": ("aiff", "pcm_s16be"),
    "flac": ("flac", "flac"),
    "mp3": ("mp3", "libmp3lame"),
    "opus": ("ogg", "libopus"),
    "m4a": ("ipod", "aac"),
    "aac": ("adts", "aac"),
    "alac": ("ipod", "alac"),
    "oga": ("ogg", "flac"),
    "wma": ("asf", "wmav2"),
    "ac3": ("ac3", "ac3"),
    "mka": ("matroska", "aac"),
    "webm": ("webm", "libopus"),
    "tta": ("tta", "tta"),
    "wv": ("wv", "wavpack"),
    "caf": ("caf", "pcm_s16be"),
    "au": ("au", "pcm_s16be"),
    "w64": ("w64", "pcm_s16le"),
}
#: Where an encoder would choose eight bits.
FORMS = {"tta": "s16", "wavpack": "s16p"}


def tone(seconds: float, rate_hz: int, *, hz: float = 440.0, channels: int = 1) -> np.ndarray:
    """float32, (channels, n): a sine at half of full scale, the same in each channel."""
    at = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.tile((0.5 * np.sin(2 * np.pi * hz * at)).astype(np.float32), (channels, 1))


def noise(seconds: float, rate_hz: int, *, channels: int = 1) -> np.ndarray:
    """float32, (channels, n): noise that never repeats, so that each place is told from others."""
    rng = np.random.default_rng(5)
    return rng.normal(0, 0.1, (channels, round(seconds * rate_hz))).astype(np.float32)


def write(
    path: Path,
    rows: np.ndarray,
    rate_hz: int,
    *,
    kind: str | tuple[str, str] = "",
    options: Mapping[str, str] | None = None,
) -> Path:
    """Encode samples, float32 (channels, n), as the ending of a path says, or another kind."""
    muxer, encoder = KINDS[kind or path.suffix[1:]] if isinstance(kind, str) else kind
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}.get(len(rows), f"{len(rows)} channels")
    content = io.BytesIO()
    with av.open(content, "w", format=muxer, options=dict(options or {})) as container:
        stream = container.add_stream(encoder, rate=rate_hz, layout=layout)
        codec = stream.codec_context
        codec.bit_rate = 64_000 * len(rows)
        codec.format = FORMS.get(encoder, codec.format)
        codec.open()
        frame = AudioFrame.from_ndarray(rows.T.reshape(1, -1), format="flt", layout=layout)
        frame.sample_rate, frame.pts = rate_hz, 0
        resampler = AudioResampler(
            format=codec.format, layout=layout, rate=rate_hz, frame_size=codec.frame_size or 1024
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(piece))
    path.write_bytes(content.getvalue())
    return path


def differ(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference of two arrays of one shape."""
    assert one.shape == other.shape
    return float(np.abs(one - other).max())
