"""How fast a minute of music is decoded to mono: ours, against libsndfile and librosa.

    python -m benchmarks.decode_speed [--seconds 60] [--rounds 7] [TRACK]

One track (by default a minute of made-up music) is written once in each format, and decoded by
each in turns. The clock counts the time that the processor spent on this process.
"""

import argparse
import functools
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import av
import librosa
import numpy as np
import soundfile

from sightsong.adapters.sound.decoding import open_sound
from sightsong.adapters.sound.digest import sound_digest

RATE_HZ = 44_100
#: By name: FFmpeg's muxer, encoder, and whether libsndfile reads it.
FORMATS = {
    "wav": ("wav", "pcm_s16le", True),
    "flac": ("flac", "flac", True),
    "mp3": ("mp3", "libmp3lame", True),
    "vorbis": ("ogg", "", True),
    "opus": ("ogg", "libopus", True),
    "m4a (aac)": ("ipod", "aac", False),
    "m4a (alac)": ("ipod", "alac", False),
    "wma": ("asf", "wmav2", False),
}


def main() -> None:
    """Print a table of medians, in milliseconds for a minute of music."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("track", nargs="?", type=Path, help="music to be written in each format")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    rows = _music(asked.track, asked.seconds)
    minutes = rows.shape[1] / RATE_HZ / 60
    print(f"ms for a minute of stereo at {RATE_HZ} Hz, to mono; median of {asked.rounds} in turns")
    print(f"{'':12}{'ours':>9}{'sndfile':>9}{'librosa':>9}{'digest':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for name, (muxer, encoder, is_common) in FORMATS.items():
            path = Path(folder) / "music"
            _write(path, rows, muxer, encoder)
            ways = [_ours, *([_soundfile, _librosa] if is_common else []), _digest]
            took = _paired([functools.partial(way, path) for way in ways], rounds=asked.rounds)
            ms = [f"{1000 * one / minutes:9.1f}" for one in took]
            if not is_common:
                ms[1:1] = [f"{'-':>9}"] * 2
            print(f"{name:12}{''.join(ms)}")


def _music(track: Path | None, seconds: float) -> np.ndarray:
    """Read or make up music: float32, (2, n)."""
    if track is not None:
        with open_sound(track) as sound:
            if sound.rate_hz != RATE_HZ:
                raise SystemExit(f"the track must have {RATE_HZ} Hz")
            rows = np.concatenate(list(sound.parts(channels=2, max_s=36_000)), axis=1)
        return rows[:, : round(seconds * RATE_HZ)]
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    beat = np.exp(-8 * (at % 0.5))
    tones = sum(np.sin(2 * np.pi * 110 * 2 ** (step / 12) * at) for step in (0, 4, 7, 12, 19))
    noise = np.random.default_rng(0).normal(0, 0.1, (2, at.size))
    return (0.12 * tones * beat + noise * beat).astype(np.float32)


def _write(path: Path, rows: np.ndarray, muxer: str, encoder: str) -> None:
    if not encoder:  # FFmpeg's own encoder of Vorbis is poor; libsndfile's is not
        with soundfile.SoundFile(path, "w", RATE_HZ, 2, format="OGG", subtype="VORBIS") as file:
            for start in range(0, rows.shape[1], RATE_HZ):  # it fails on hours at once
                file.write(rows[:, start : start + RATE_HZ].T)
        return
    rate_hz = 48_000 if encoder == "libopus" else RATE_HZ
    with path.open("wb") as file, av.open(file, "w", format=muxer) as container:
        stream = container.add_stream(encoder, rate=rate_hz, layout="stereo")
        codec = stream.codec_context
        codec.bit_rate = 192_000
        codec.open()
        frame = av.AudioFrame.from_ndarray(rows, format="fltp", layout="stereo")
        frame.sample_rate = RATE_HZ
        resampler = av.AudioResampler(
            format=codec.format, layout="stereo", rate=rate_hz, frame_size=codec.frame_size or 4096
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(piece))


def _paired(ways: list[Callable[[], object]], *, rounds: int) -> list[float]:
    """Time each in turns; the median of each, in seconds."""
    took: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds + 1):  # the first is for warming up
        for way, times in zip(ways, took, strict=True):
            began = time.process_time()
            way()
            times.append(time.process_time() - began)
    return [statistics.median(times[1:]) for times in took]


def _ours(path: Path) -> int:
    with open_sound(path) as sound:
        return sum(len(block) for block in sound.blocks(max_s=36_000))


def _soundfile(path: Path) -> int:
    """As one would write it: block after block, column by column."""
    count = 0
    with soundfile.SoundFile(path) as sound:
        while len(block := sound.read(65_536, dtype="float32", always_2d=True)):
            count += len((block[:, 0] + block[:, 1]) * np.float32(0.5))
    return count


def _librosa(path: Path) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return len(librosa.load(path, sr=None, mono=True)[0])


def _digest(path: Path) -> str:
    return sound_digest(path)


if __name__ == "__main__":
    main()
