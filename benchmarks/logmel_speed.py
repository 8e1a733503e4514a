"""How much faster our log-mel is than the extractor of transformers, on one thread.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.logmel_speed [--rounds 15]

The clock counts the time that the processor spent on this process.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from transformers import ClapFeatureExtractor

from workers.models.full.logmel import LogMel, MelSettings

WINDOWS = 8
SETTINGS = MelSettings(
    rate_hz=48_000, window_s=10, fft=1024, hop=480, mels=64, lowest_hz=50, highest_hz=14_000
)


def main() -> None:
    """Time both on the same windows in turns, and print medians, ratio and difference."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    extractor = ClapFeatureExtractor(
        frequency_min=SETTINGS.lowest_hz, truncation="rand_trunc", padding="repeatpad"
    )
    logmel = LogMel(SETTINGS)
    rng = np.random.default_rng(0)
    windows = rng.normal(0, 0.1, (WINDOWS, SETTINGS.samples)).astype(np.float32)

    def theirs() -> np.ndarray:
        rows = list(windows)
        found = extractor(rows, sampling_rate=SETTINGS.rate_hz, return_tensors="np")
        features: np.ndarray = found["input_features"]
        return features

    def ours() -> np.ndarray:
        return np.stack([logmel(window) for window in windows])

    difference = float(np.abs(theirs() - ours()).max())
    pairs = [(seconds(theirs), seconds(ours)) for _ in range(rounds)]
    for name, column in zip(("transformers", "ours"), zip(*pairs, strict=True), strict=True):
        print(f"{name}: median {statistics.median(column) / WINDOWS * 1e3:.2f} ms per window")
    ratio = statistics.median(slow / fast for slow, fast in pairs)
    print(f"median of {rounds} paired ratios {ratio:.2f}; most they differ {difference:.4f} dB")


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
