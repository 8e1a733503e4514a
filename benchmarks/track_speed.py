r"""How fast whole tracks become what CLAP reads, on one thread, against the usual way.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
        python -m benchmarks.track_speed TRACK... [--rounds 5] [--long-s 900] [--mix-s 10800]

The usual way: `librosa.load(path, sr=48000, mono=True)`, then `ClapFeatureExtractor` of
transformers for each ten seconds. Ours makes the same spectrograms in a stream, from the bytes to
the log-mel. Each round runs both on the same file, one right after the other; the clock counts the
time that the processor spent on this process, for each second that was heard: of some MP3s of
variable bit rate libsndfile reads a part only. Besides the files that are named, both read an MP3
of `--long-s` seconds that is made for it. What a mix (FLAC) of `--mix-s` seconds takes of memory is
measured in processes of their own. It ends with how alike two encodings of one master sound.
"""

import argparse
import itertools
import multiprocessing
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from sightsong.adapters.sound.decoding import open_sound
from sightsong.core.models import Heard, Listener, Waveform
from workers.media.resampling import Resampling
from workers.media.windows import Windows
from workers.models.full.listening import MelEar, MelListener
from workers.models.full.logmel import LogMel, MelSettings
from workers.models.lite.audio import LiteAudio
from workers.models.lite.listening import LiteListener

SETTINGS = MelSettings(
    rate_hz=48_000, window_s=10, fft=1024, hop=480, mels=64, lowest_hz=50, highest_hz=14_000
)
SAMPLES = SETTINGS.samples
LITE, FULL = LiteListener(), MelListener(settings=SETTINGS)
LONGEST_S = 12 * 3600.0
RATE_HZ = 44_100


def main() -> None:
    """Time all, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tracks", type=Path, nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long-s", type=int, default=900)
    parser.add_argument("--mix-s", type=int, default=10_800)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tracks = list(chosen.tracks)
        if chosen.long_s:
            tracks.append(Path(folder) / "long.mp3")
            encode(music(chosen.long_s), tracks[-1])
        ratios = [ratio for path in tracks for ratio in compare(path, chosen.rounds)]
        if ratios:
            print(f"all: median of {len(ratios)} paired ratios {statistics.median(ratios):.2f}")
        if chosen.mix_s:
            mix = Path(folder) / "mix.flac"  # MP3 takes minutes to encode
            encode(music(chosen.mix_s), mix)
            for listener in (LITE, FULL):
                print(memory_of(mix, listener))
        print(likeness(Path(folder)))


def compare(path: Path, rounds: int) -> list[float]:
    """Time both ways on one file in turns; print medians and the parts; return the ratios."""
    usual = usual_way()
    duration_s, usual_s = hear(path, LITE).duration_s, usual(path)
    pairs = [(seconds(lambda: usual(path)), seconds(lambda: ours(path))) for _ in range(rounds)]
    ratios = [theirs / usual_s * duration_s / mine for theirs, mine in pairs]
    theirs, mine = (statistics.median(column) for column in zip(*pairs, strict=True))
    lite_s = statistics.median(seconds(lambda: hear(path, LITE)) for _ in range(rounds))
    full_s = statistics.median(seconds(lambda: hear(path, FULL)) for _ in range(rounds))
    print(f"{path.name}, {duration_s:.0f} s; the usual way hears {usual_s:.0f} s")
    print(
        f"  usual {theirs * 1e3:.0f} ms, ours {mine * 1e3:.0f} ms: {statistics.median(ratios):.2f}"
    )
    print(f"  {parts(path, duration_s)}")
    print(
        f"  with feeling {full_s * 1e3:.0f} ms, {duration_s / full_s:.0f} times real time", end=""
    )
    print(f"; lite {lite_s * 1e3:.0f} ms, {duration_s / lite_s:.0f} times real time", flush=True)
    return ratios


def usual_way() -> Callable[[Path], float]:
    """The baseline; it tells how many seconds it heard."""
    import librosa  # noqa: PLC0415 - slow to import, and needed by this alone
    from transformers import ClapFeatureExtractor  # noqa: PLC0415

    extractor = ClapFeatureExtractor(
        frequency_min=SETTINGS.lowest_hz, truncation="rand_trunc", padding="repeatpad"
    )

    def run(path: Path) -> float:
        whole, _ = librosa.load(path, sr=SETTINGS.rate_hz, mono=True)
        for at in range(0, len(whole), SAMPLES):
            window = whole[at : at + SAMPLES]
            extractor(window, sampling_rate=SETTINGS.rate_hz, return_tensors="np")
        return len(whole) / SETTINGS.rate_hz

    return run


def ours(path: Path) -> np.ndarray:
    """The same from us, without the reading of the feeling."""
    with open_sound(path) as sound:
        ear = MelEar(SETTINGS, sound.rate_hz)
        for block in sound.blocks(max_s=LONGEST_S):
            ear.feed(block)
        ear.finish()
        return ear.spectrograms()


def hear(path: Path, listener: Listener) -> Heard:
    """Listen to a file as a worker does."""
    with open_sound(path) as sound:
        return listener.hear(sound.blocks(max_s=LONGEST_S), rate_hz=sound.rate_hz)


def parts(path: Path, duration_s: float) -> str:
    """Where our time goes, for ten seconds of sound, in milliseconds."""
    tens = duration_s / 10

    def decode() -> tuple[list[Waveform], int]:
        with open_sound(path) as sound:
            return list(sound.blocks(max_s=LONGEST_S)), sound.rate_hz

    blocks, rate_hz = decode()
    cutting = Windows(SETTINGS.rate_hz)
    windows = [w for block in resampled(blocks, rate_hz) for w in cutting.feed(block)]
    logmel = LogMel(SETTINGS)
    spent = {
        "decode and mix down": seconds(decode),
        "resample": seconds(lambda: deque(resampled(blocks, rate_hz), maxlen=0)),
        "log-mel": seconds(lambda: [logmel(window.samples) for window in windows]),
        "feeling": seconds(lambda: LITE.hear(blocks, rate_hz=rate_hz)),
    }
    told = (f"{name} {spent_s / tens * 1e3:.1f}" for name, spent_s in spent.items())
    return "ms for each ten seconds: " + ", ".join(told)


def resampled(blocks: Iterable[Waveform], rate_hz: int) -> Iterator[Waveform]:
    """All blocks at CLAP's rate."""
    stream = Resampling(rate_hz, SETTINGS.rate_hz)
    yield from map(stream.feed, blocks)
    yield stream.finish()


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def memory_of(path: Path, listener: Listener) -> str:
    """The most memory that a process of its own takes to hear a file."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        before, after, duration_s, count = pool.apply(_measured, (path, listener))
    return (
        f"{type(listener).__name__}: {duration_s / 3600:.1f} h, {count} windows; "
        f"peak {after:.0f} MB, {before:.0f} MB of it before"
    )


def _measured(path: Path, listener: Listener) -> tuple[float, float, float, int]:
    before = _peak_mb()
    heard = hear(path, listener)
    return before, _peak_mb(), heard.duration_s, len(heard.windows)


def _peak_mb() -> float:
    """The most that this process has had in memory; not what its parent had when it was forked."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 2**10


def likeness(folder: Path) -> str:
    """How alike an MP3 and an Ogg of one master are to the lite profile, of several pieces."""
    cosines = []
    for seed in range(5):
        master = list(music(60, seed=seed))
        tracks = []
        for name in ("one.mp3", "one.ogg"):
            encode(master, folder / name)
            tracks.append(hear(folder / name, LITE))
        one, other = (reading.vector for reading in LiteAudio().read(tracks))
        cosines.append(float(one @ other))
    return f"MP3 and Ogg of one master: cosine {min(cosines):.4f} or more ({len(cosines)} pieces)"


def music(length_s: int, *, seed: int = 0) -> Iterator[np.ndarray]:
    """Chords over a beat that change with every ten seconds, float32, (n, 2), in [-1, 1]."""
    pieces = [piece_of(rng) for rng in np.random.default_rng(seed).spawn(6)]
    yield from itertools.islice(itertools.cycle(pieces), length_s // 10)


def piece_of(rng: np.random.Generator) -> np.ndarray:
    """Ten seconds of it."""
    time_s = np.arange(10 * RATE_HZ) / RATE_HZ
    root_hz, beat_s = 110 * 2 ** (rng.integers(0, 12) / 12), rng.uniform(0.3, 0.8)
    semitones = (0, rng.choice([3, 4]), 7, 12)
    tones = [np.sin(2 * np.pi * root_hz * 2 ** (n / 12) * time_s) for n in semitones]
    hiss = rng.normal(0, 0.1, len(time_s)) * np.exp(-(time_s % (beat_s / 2)) * 40)
    left = 0.1 * sum(tones) * np.exp(-(time_s % beat_s) * 4) + hiss
    return np.stack([left, 0.8 * left], axis=1).astype(np.float32)


def encode(pieces: Iterable[np.ndarray], path: Path) -> None:
    """Write sound to a file, in the format that its name says."""
    with soundfile.SoundFile(path, "w", samplerate=RATE_HZ, channels=2) as file:
        for piece in pieces:
            file.write(piece)


if __name__ == "__main__":
    main()
