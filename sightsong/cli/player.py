"""Plays the ten seconds of a match with whatever player the machine has."""

import io
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from sightsong.core.errors import SightsongError
from sightsong.core.tracks import WINDOW_S

#: Command lines that play a file and end; the first one that is installed is used.
_PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("mpv", "--no-video", "--really-quiet"),
    ("afplay",),
    ("paplay",),
)


class CannotPlay(SightsongError):
    """The music of a match cannot be played here."""

    code = "cannot_play"


def find_player(which: Callable[[str], str | None] = shutil.which) -> tuple[str, ...]:
    """The command line of the first player that is installed.

    Raises:
        CannotPlay: there is none.
    """
    for name, *options in _PLAYERS:
        path = which(name)
        if path is not None:
            return (path, *options)
    names = ", ".join(player[0] for player in _PLAYERS)
    raise CannotPlay(f"--play needs one of {names}; none is installed")


def play(player: tuple[str, ...], audio: bytes, *, start_s: float) -> None:
    """Play the window of a track that begins at `start_s`.

    Raises:
        CannotPlay: the music cannot be decoded, or the player fails.
    """
    with tempfile.TemporaryDirectory(prefix="sightsong-") as folder:
        excerpt = Path(folder) / "excerpt.wav"
        excerpt.write_bytes(cut(audio, start_s=start_s))
        played = subprocess.run((*player, str(excerpt)), check=False)  # noqa: S603 - see find_player
    if played.returncode != 0:
        raise CannotPlay(f"{player[0]} ended with exit status {played.returncode}")


def cut(audio: bytes, *, start_s: float) -> bytes:
    """Cut a window out of encoded music, as WAV: every player reads that, none need seek.

    Raises:
        CannotPlay: the music cannot be decoded.
    """
    import soundfile  # noqa: PLC0415 - a quarter of a second that only --play should cost

    wav = io.BytesIO()
    try:
        with soundfile.SoundFile(io.BytesIO(audio)) as music:
            music.seek(min(int(start_s * music.samplerate), max(music.frames - 1, 0)))
            samples = music.read(int(WINDOW_S * music.samplerate))
            soundfile.write(wav, samples, music.samplerate, format="WAV")
    except soundfile.LibsndfileError as error:
        raise CannotPlay("this track's format cannot be played here") from error
    return wav.getvalue()
