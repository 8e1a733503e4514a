"""Tracks through the whole service with CLAP, against its audio encoder in a bare loop.

    python -m benchmarks.full_tracks FOLDER --models-dir MODELS [--pairs 2]

Takes the music of a folder in with the `full` profile (weights of the real size, random ones are
good enough: the work is the same) and counts windows per second, from the submit of the ingest to
the last track. The baseline: the encoder alone, in a process of its own, over the same windows in
batches of the same size, spectrograms ready in memory. Prints both, and how one relates to the
other, in pairs.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

from benchmarks.throwaway import service_settings
from sightsong.adapters import settings, wiring
from sightsong.adapters.sound.decoding import open_sound
from sightsong.client import Client
from sightsong.core.catalogue import Task
from sightsong.local import service
from workers import device
from workers.models.full.audio import ClapAudio

_LONGEST_S = 3600
_READY_S = 300


def main() -> None:
    """Measure and print; with `--bare`, one figure of the bare loop."""
    asked = _arguments()
    if asked.bare:
        print(_bare(asked.folder, asked.models_dir))
        return
    os.environ |= {
        "SIGHTSONG_PROFILE": "full",
        "SIGHTSONG_MODELS_DIR": str(asked.models_dir),
    }
    ratios = []
    for _ in range(asked.pairs):
        command = [sys.executable, "-m", "benchmarks.full_tracks", *sys.argv[1:], "--bare"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        bare, windows = (float(word) for word in said.split()[-2:])
        whole = _through_service(asked.folder, windows)
        ratios.append(whole / bare)
        print(f"bare {bare:.2f} windows/s, service {whole:.2f}: {ratios[-1]:.1%}")
    print(f"median {statistics.median(ratios):.1%}")


def _bare(folder: Path, models_dir: Path) -> str:
    """Windows per second of the encoder alone, and how many windows there are."""
    config = settings.load(profile="full", models_dir=models_dir)
    place = device.choose(config.device, precision=config.precision, threads=config.model_threads)
    audio = ClapAudio(wiring.find_models(config)[Task.MUSIC], place)
    parts: list[torch.Tensor] = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix in {".mp3", ".ogg"}):
        with open_sound(path) as sound:
            heard = audio.listener.hear(sound.blocks(max_s=1e5), rate_hz=sound.rate_hz)
        parts.append(torch.from_numpy(heard.windows.copy()))
    windows = torch.cat(parts)
    model, size = audio._model, audio._part  # noqa: SLF001 - the bare loop is what is inside
    with torch.inference_mode():
        batches = [batch.to(place.place).to(place.dtype) for batch in windows.split(size)]
        for batch in batches[:3]:
            model(batch)
        began = time.perf_counter()
        for batch in batches:
            model(batch).audio_embeds.float().cpu()
        took_s = time.perf_counter() - began
    return f"{len(windows) / took_s} {len(windows)}"


def _through_service(folder: Path, windows: float) -> float:
    """Windows per second of the whole service."""
    with (
        service_settings() as config,
        service.running(config, tell=lambda _: None) as running,
        Client(running.base_url) as client,
    ):
        running.wait_until_ready(client, timeout_s=_READY_S)
        began = time.perf_counter()
        begun = client.ingest(folder)["id"]
        while not (ingest := client.ingest_status(begun))["done"]:
            if time.perf_counter() - began > _LONGEST_S:
                raise TimeoutError
            time.sleep(0.2)
        took_s = time.perf_counter() - began
    if ingest["failed"]:
        raise SystemExit(f"tracks failed: {ingest['failed']}")
    return windows / took_s


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
