"""Previews: a piece of a track, made by a process that may die of it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sightsong.adapters.sound import preview
from sightsong.adapters.sound.decoding import open_sound
from sightsong.core import errors
from tests.unit.adapters.sound import making

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    """Four seconds of a tone on the left, then four of another; silence on the right."""
    rows = np.concatenate([making.tone(4, RATE_HZ, hz=500), making.tone(4, RATE_HZ, hz=900)], 1)
    path = tmp_path_factory.mktemp("songs") / "song.flac"
    return making.write(path, np.concatenate([rows, np.zeros_like(rows)]), RATE_HZ)


def heard(content: bytes, path: Path) -> np.ndarray:
    path.write_bytes(content)
    with open_sound(path) as sound:
        assert sound.rate_hz == 48_000
        return np.concatenate(list(sound.parts(channels=sound.channels, max_s=90)), axis=1)


@pytest.mark.parametrize(("media", "start"), [("ogg", b"OggS"), ("mp3", b"ID3")])
def test_a_preview_is_the_piece_that_was_asked_for(song, tmp_path, media, start):
    content = preview.render(song, start_s=3, duration_s=2, media=media)
    assert content.startswith(start)
    rows = heard(content, tmp_path / "preview")
    assert rows.shape == (2, 96_000)
    seconds = rows[0].reshape(2, 48_000)
    assert [np.abs(np.fft.rfft(second)).argmax() for second in seconds] == [500, 900]
    assert np.abs(rows[1]).max() < 0.01


def test_a_preview_begins_and_ends_softly(song, tmp_path):
    rows = heard(preview.render(song, start_s=1, duration_s=1), tmp_path / "preview")
    assert np.abs(rows[0, 10_000:20_000]).max() == pytest.approx(0.5, abs=0.05)
    for edge in (rows[0, :60], rows[0, -60:]):
        assert np.abs(edge).max() < 0.1


def test_a_preview_ends_with_the_track(song, tmp_path):
    rows = heard(preview.render(song, start_s=7, duration_s=10), tmp_path / "preview")
    assert rows.shape[1] == pytest.approx(48_000, abs=100)


def test_more_than_two_channels_become_one(tmp_path):
    rows = making.tone(1, RATE_HZ, channels=6)
    path = making.write(tmp_path / "wide.wav", rows, RATE_HZ)
    assert len(heard(preview.render(path, start_s=0, duration_s=1), tmp_path / "preview")) == 1


def test_the_same_piece_gives_the_same_bytes(song):
    one, other = (preview.render(song, start_s=2, duration_s=1) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    "asked",
    [
        {"start_s": 100, "duration_s": 1},
        {"start_s": -1, "duration_s": 1},
        {"start_s": float("nan"), "duration_s": 1},
        {"start_s": 0, "duration_s": 0},
        {"start_s": 0, "duration_s": 61},
        {"start_s": 0, "duration_s": 1, "media": "exe"},
    ],
)
def test_a_piece_that_is_not_there_is_refused(song, asked):
    with pytest.raises(errors.InvalidRequest):
        preview.render(song, **asked)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.BrokenAudio),
        (b"fLaC\x00\x00", errors.BrokenAudio),
        (b"not music at all", errors.UnsupportedAudio),
    ],
)
def test_the_error_of_the_process_is_raised_here(tmp_path, content, error):
    (tmp_path / "file.mp3").write_bytes(content)
    with pytest.raises(error):
        preview.render(tmp_path / "file.mp3", start_s=0, duration_s=1)


def test_a_missing_file_is_not_allowed(tmp_path):
    with pytest.raises(errors.PathNotAllowed):
        preview.render(tmp_path / "gone.mp3", start_s=0, duration_s=1)


def test_what_takes_too_long_is_given_up(song):
    with pytest.raises(errors.Unavailable, match=r"longer than 0\.05 s"):
        preview.render(song, start_s=0, duration_s=1, limit_s=0.05)


def test_the_process_ends_with_who_asked_for_it(song):
    """Its standard input closes at once, as when its parent was killed."""
    with song.open("rb") as file:
        asked = [str(file.fileno()), "0", "1", "ogg", "30"]
        child = subprocess.run(
            [sys.executable, "-m", "sightsong.adapters.sound.preview_child", *asked],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            pass_fds=[file.fileno()],
            timeout=20,
            check=False,
        )
    assert child.returncode == -15


def test_asking_for_previews_loads_no_decoder():
    look = (
        "import sys; import sightsong.adapters.sound.preview; "
        "print({'av', 'numpy'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, check=True)
    assert done.stdout.strip() == b"set()"
