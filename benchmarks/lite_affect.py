"""How well the lite profile's affect agrees with people.

    python -m benchmarks.lite_affect photos ../shared/data/photos/oasis
    python -m benchmarks.lite_affect tracks ../shared/data/music/tracks.csv
    python -m benchmarks.lite_affect midi ../shared/data/music_affect --rest

`photos` prints rank correlations with the mean ratings of OASIS. `tracks` prints a table of what
was heard in a folder of music. `midi` renders labelled piano pieces with fluidsynth and a General
MIDI sound font into a temporary folder (nothing is kept) and prints rank correlations: without
`--rest` for the even rows of the table, which were looked at when the weights were set, and with
it for the odd ones, which were not.
"""

import argparse
import csv
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.stats import pearsonr, spearmanr

from sightsong.adapters.sound.decoding import open_sound
from sightsong.core.affect import Affect
from sightsong.core.errors import InputError
from sightsong.core.models import TrackReading
from workers.media.images import decode_photo
from workers.models.lite.profile import lite_profile

SOUND_FONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
MOST_PIXELS = 40_000_000
LONGEST_S = 3_600
PROFILE = lite_profile()


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=("photos", "tracks", "midi"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--rest", action="store_true", help="midi: the odd rows")
    chosen = parser.parse_args()
    if chosen.part == "photos":
        photos(chosen.path)
    elif chosen.part == "tracks":
        tracks(chosen.path)
    else:
        midi(chosen.path, first=int(chosen.rest))


def photos(folder: Path) -> None:
    """Compare with OASIS, as a whole and by category."""
    rows = read_table(folder / "oasis.csv")
    read = [photo_affect(folder / row["file"]) for row in rows]
    for category in ("all", *sorted({row["category"] for row in rows})):
        chosen = [i for i, row in enumerate(rows) if category in ("all", row["category"])]
        compare(category, [rows[i] for i in chosen], [read[i] for i in chosen])


def tracks(table: Path) -> None:
    """Print what is heard in each track of a table with `file`, `title` and `mood`."""
    for row in read_table(table):
        try:
            reading = read_track(table.parent / row["file"])
        except InputError as error:
            print(f"{row['title'][:34]:34}  {error.code}")
            continue
        heard, affect = reading.descriptors, reading.affect
        print(
            f"{row['title'][:34]:34} {row['mood'][:20]:20} V {affect.valence:+.2f} "
            f"A {affect.arousal:+.2f}  {heard['tempo_bpm']:5.1f} bpm  mode {heard['mode']:+.2f}  "
            f"{heard['onsets_per_s']:.1f} onsets/s"
        )


def midi(folder: Path, *, first: int) -> None:
    """Compare with listeners' ratings of every second piece."""
    rows = [row for row in read_table(folder / "vgmidi.csv") if row["mapping"] == "listed"]
    rows = rows[first::2]
    compare("VGMIDI", rows, [read_track(path).affect for path in rendered(folder, rows)])


def rendered(folder: Path, rows: list[dict[str, str]]) -> Iterator[Path]:
    """Render pieces one after the other; each file is gone when the next is asked for."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "piece.wav"
        options = ["-ni", "-q", "-g", "0.7", "-r", "22050", "-F", str(out), SOUND_FONT]
        for row in rows:
            command = ["fluidsynth", *options, str(folder / row["file"])]
            subprocess.run(command, check=True, capture_output=True)
            yield out


def compare(name: str, rows: list[dict[str, str]], read: list[Affect]) -> None:
    """Print rank (Spearman) and linear (Pearson) correlations."""
    print(f"{name} ({len(rows)})")
    for scale in ("valence", "arousal"):
        people = np.array([float(row[f"{scale}_mean"]) for row in rows])
        ours = np.array([getattr(affect, scale) for affect in read])
        rank, line = spearmanr(ours, people)[0], pearsonr(ours, people)[0]
        print(f"  {scale}: Spearman {rank:+.2f}, Pearson {line:+.2f}, spread {ours.std():.2f}")


def photo_affect(path: Path) -> Affect:
    """Decode and read one photo."""
    with path.open("rb") as stream:
        pixels = decode_photo(stream, max_pixels=MOST_PIXELS)
    return PROFILE.emotion.predict([pixels])[0].affect


def read_track(path: Path) -> TrackReading:
    """Decode and read one track."""
    with open_sound(path) as sound:
        heard = PROFILE.audio.listener.hear(sound.blocks(max_s=LONGEST_S), rate_hz=sound.rate_hz)
    return PROFILE.audio.read([heard])[0]


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
