"""How steady the lite profile's reading of music is: loudness, codecs, rates and excerpts.

    python -m benchmarks.lite_music ../shared/data/music/tracks.csv --every 2

Each track of the table that is music and lasts at least a minute is read once as it is, and once in
each other form of it. Printed are, over the tracks, the mean and the largest difference from the
reading of the original, and the correlation with it. Nothing is kept.
"""

import argparse
import csv
import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import av
import numpy as np
import soundfile
import soxr
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from sightsong.adapters.sound.decoding import open_sound
from sightsong.core.affect import Affect
from workers.models.lite.listening import LiteListener

Samples = NDArray[np.float32]

RATE_HZ = 44_100
SHORTEST_S = 60
LONGEST_S = 90
EXCERPT_S = 30
#: Samples that are encoded at once.
BLOCK = 48_000
#: What the titles of speech and animals in the table end with.
NO_MUSIC = ("(speech)", "(animal)")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--every", type=int, default=1, help="read each second, third, ... only")
    chosen = parser.parse_args()
    tracks = [load(path) for path in music(chosen.table)[:: chosen.every]]
    originals = readings(tracks, hear)
    print(f"{len(tracks)} tracks, spread of valence and arousal: {originals.std(axis=0).round(3)}")
    print(f"{'form':24}  {'valence: mean, most, r':26}  arousal: mean, most, r")
    for name, form in FORMS.items():
        told(name, originals, readings(tracks, form))


def music(table: Path) -> list[Path]:
    """The files of a table that are music and long enough."""
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if not row["title"].endswith(NO_MUSIC)]
    return [table.parent / row["file"] for row in rows if float(row["seconds"]) >= SHORTEST_S]


def load(path: Path) -> Samples:
    """Decode the first minute and a half, mono, at 44.1 kHz."""
    with open_sound(path) as sound:
        samples = np.concatenate(list(sound.blocks(max_s=36_000)))[: LONGEST_S * sound.rate_hz]
        resampled: Samples = soxr.resample(samples, sound.rate_hz, RATE_HZ)
    return resampled


def hear(samples: Samples, *, rate_hz: int = RATE_HZ) -> Affect:
    """Read samples."""
    return LiteListener().hear([samples.astype(np.float32)], rate_hz=rate_hz).affect


def readings(tracks: list[Samples], form: Callable[[Samples], Affect]) -> NDArray[np.float64]:
    """Valence and arousal of each track in a form, (n, 2)."""
    read = [form(samples) for samples in tracks]
    return np.array([[affect.valence, affect.arousal] for affect in read])


def told(name: str, originals: NDArray[np.float64], read: NDArray[np.float64]) -> None:
    """Print a line of the table."""
    away = np.abs(read - originals)
    parts = [
        f"{away[:, axis].mean():.3f}, {away[:, axis].max():.3f}, "
        f"{np.corrcoef(originals[:, axis], read[:, axis])[0, 1]:.3f}"
        for axis in (0, 1)
    ]
    print(f"{name:24}  {parts[0]:26}  {parts[1]}", flush=True)


def louder(decibels: float) -> Callable[[Samples], Affect]:
    """Turn the volume up or down; what goes beyond full scale is cut, as a file would."""
    return lambda samples: hear(np.clip(samples * 10 ** (decibels / 20), -1, 1))


def encoded(muxer: str, codec: str, kbits: int) -> Callable[[Samples], Affect]:
    """Encode with FFmpeg and decode as a worker does."""
    return lambda samples: hear_file(encode(samples, muxer=muxer, codec=codec, kbits=kbits))


def encode(samples: Samples, *, muxer: str, codec: str, kbits: int) -> bytes:
    """Encode mono samples at 48 kHz, which all codecs know."""
    resampled = soxr.resample(samples, RATE_HZ, 48_000).astype(np.float32)
    content = io.BytesIO()
    with av.open(content, "w", format=muxer) as container:
        stream = cast("AudioStream", container.add_stream(codec, rate=48_000, layout="mono"))
        stream.codec_context.bit_rate = kbits * 1000
        kind = stream.codec_context.format
        resampler = av.AudioResampler(format=kind, layout="mono", rate=48_000)
        fifo, size = av.AudioFifo(), stream.codec_context.frame_size or 1024
        for start in range(0, len(resampled), BLOCK):
            part = resampled[None, start : start + BLOCK]
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            frame.sample_rate = 48_000
            for made in resampler.resample(frame):
                fifo.write(made)
            while full := fifo.read(size):
                container.mux(stream.encode(full))
        if rest := fifo.read(0, partial=True):
            container.mux(stream.encode(rest))
        container.mux(stream.encode(None))
    return content.getvalue()


def vorbis(quality: float) -> Callable[[Samples], Affect]:
    """Encode as Ogg Vorbis with libsndfile, quality 0 .. 1, and decode as a worker does."""

    def form(samples: Samples) -> Affect:
        content = io.BytesIO()
        how = {"format": "OGG", "subtype": "VORBIS", "compression_level": 1 - quality}
        with soundfile.SoundFile(content, "w", RATE_HZ, 1, **how) as file:
            for start in range(0, len(samples), BLOCK):  # the library falls over long ones
                file.write(samples[start : start + BLOCK])
        return hear_file(content.getvalue())

    return form


def hear_file(content: bytes) -> Affect:
    """Read an encoded sound."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with open_sound(Path(file.name)) as sound:
            return LiteListener().hear(sound.blocks(max_s=36_000), rate_hz=sound.rate_hz).affect


def at_rate(rate_hz: int) -> Callable[[Samples], Affect]:
    """Resample."""
    return lambda samples: hear(soxr.resample(samples, RATE_HZ, rate_hz), rate_hz=rate_hz)


def excerpt(share: float) -> Callable[[Samples], Affect]:
    """Half a minute: 0 the first, 1 the last."""

    def form(samples: Samples) -> Affect:
        start = int(share * (len(samples) - EXCERPT_S * RATE_HZ))
        return hear(samples[start : start + EXCERPT_S * RATE_HZ])

    return form


FORMS: Mapping[str, Callable[[Samples], Affect]] = {
    "12 dB softer": louder(-12),
    "6 dB louder": louder(6),
    "12 dB louder": louder(12),
    "MP3, 64 kbit/s": encoded("mp3", "libmp3lame", 64),
    "MP3, 128 kbit/s": encoded("mp3", "libmp3lame", 128),
    "MP3, 320 kbit/s": encoded("mp3", "libmp3lame", 320),
    "Opus, 64 kbit/s": encoded("ogg", "libopus", 64),
    "Opus, 160 kbit/s": encoded("ogg", "libopus", 160),
    "Vorbis, lowest": vorbis(0.0),
    "Vorbis, usual": vorbis(0.4),
    "16 kHz": at_rate(16_000),
    "22.05 kHz": at_rate(22_050),
    "48 kHz": at_rate(48_000),
    "first 30 s": excerpt(0),
    "middle 30 s": excerpt(0.5),
    "last 30 s": excerpt(1),
}

if __name__ == "__main__":
    main()
