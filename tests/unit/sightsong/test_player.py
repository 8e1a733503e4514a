"""Playing the window of a match."""

import io
import sys

import numpy as np
import pytest
import soundfile

from sightsong.cli import player

RATE_HZ = 8000


def music(seconds: float) -> bytes:
    """A FLAC file whose samples tell, by their loudness, where in it they lie."""
    samples = np.linspace(0, 0.9, int(seconds * RATE_HZ), dtype=np.float32)
    flac = io.BytesIO()
    soundfile.write(flac, samples, RATE_HZ, format="FLAC")
    return flac.getvalue()


def test_the_window_is_cut_out_where_the_match_says():
    samples, rate = soundfile.read(io.BytesIO(player.cut(music(30), start_s=12)))
    assert (rate, len(samples)) == (RATE_HZ, 10 * RATE_HZ)
    assert samples[0] == pytest.approx(0.9 * 12 / 30, abs=0.001)


def test_a_window_at_the_end_is_as_long_as_there_is_music():
    samples, rate = soundfile.read(io.BytesIO(player.cut(music(15), start_s=9)))
    assert len(samples) == 6 * rate


def test_what_cannot_be_decoded_is_said_so():
    with pytest.raises(player.CannotPlay, match="format"):
        player.cut(b"not music", start_s=0)


def test_the_first_player_that_is_installed_is_used():
    found = player.find_player(lambda name: f"/bin/{name}" if name != "ffplay" else None)
    assert found == ("/bin/mpv", "--no-video", "--really-quiet")


def test_a_machine_without_any_player_is_told_what_to_install():
    with pytest.raises(player.CannotPlay, match="ffplay, mpv, afplay, paplay"):
        player.find_player(lambda _: None)


def test_the_player_gets_the_window_as_a_file():
    check = "import sys, wave; sys.exit(wave.open(sys.argv[1]).getnframes() != 80000)"
    player.play((sys.executable, "-c", check), music(30), start_s=0)
    with pytest.raises(player.CannotPlay, match="exit status 1"):
        player.play((sys.executable, "-c", check), music(5), start_s=0)
