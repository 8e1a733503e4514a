"""MIDI to sound with fluidsynth, as it comes with Linux distributions, and what is heard in it."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from sightsong.adapters.sound.decoding import open_sound
from training.errors import RunRefused
from workers.models.lite import sound
from workers.models.lite.listening import LiteEar
from workers.models.lite.sound import Sound

#: Of Debian's fluid-soundfont-gm; the instruments that the committed weights were fitted with.
SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
_RATE_HZ = 22_050
_GAIN = 0.7  # no piece clips, and few are as soft as a quiet recording
_LONGEST_S = 3_600


def render(midi: Path, folder: Path, *, sound_font: Path = SOUND_FONT) -> Path:
    """Render a piece into a folder; the WAV file.

    Raises:
        RunRefused: there is no fluidsynth or no sound font, or it cannot read the piece.
    """
    program = shutil.which("fluidsynth")
    if program is None or not sound_font.is_file():
        raise RunRefused(
            f"Pieces are rendered by fluidsynth with {sound_font}, and one of them is not here. On "
            "Debian: apt install fluidsynth fluid-soundfont-gm."
        )
    wav = folder / f"{midi.stem}.wav"
    options = f"-ni -q -g {_GAIN} -r {_RATE_HZ} -T wav -F".split()
    command = [program, *options, str(wav), str(sound_font), str(midi)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode != 0 or not wav.is_file():
        told = done.stderr.strip()[-500:]
        raise RunRefused(f"fluidsynth cannot render {midi.name}: {told or 'it says no reason'}")
    return wav


def hear(path: Path) -> Sound:
    """Describe a file of sound as a worker would."""
    with open_sound(path) as opened:
        ear = LiteEar(opened.rate_hz)
        for block in opened.blocks(max_s=_LONGEST_S):
            ear.feed(block)
    ear.finish()
    seen = ear.spectra()
    return sound.describe(seen, sound.tempo(seen))


def hear_all(
    midi: Sequence[Path],
    folder: Path,
    *,
    told: Callable[[int], None],
    sound_font: Path = SOUND_FONT,
) -> list[Sound]:
    """Render and hear pieces one after the other; nothing rendered is kept.

    Args:
        midi: the pieces.
        folder: for one piece at a time.
        told: hears how many are done.
        sound_font: the instruments.

    Raises:
        RunRefused: as `render`.
    """
    heard = []
    for count, path in enumerate(midi, start=1):
        wav = render(path, folder, sound_font=sound_font)
        heard.append(hear(wav))
        wav.unlink()
        told(count)
    return heard
