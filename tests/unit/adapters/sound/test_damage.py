"""What is damaged is told from what is only scratched, and nothing worse ever happens."""

import concurrent.futures
import csv
import multiprocessing
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sightsong.adapters.sound import digest
from sightsong.adapters.sound.decoding import open_sound
from sightsong.core import errors
from tests.unit.adapters.sound import making

RATE_HZ = 48_000
#: No file may take longer to be judged, in seconds; the slowest takes a tenth of one.
LONGEST_S = 30
ASF_START = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")


def seconds(path: Path) -> float:
    with open_sound(path) as sound:
        return sum(len(block) for block in sound.blocks(max_s=3600)) / sound.rate_hz


def written(path: Path, kind: str, *, length_s: float = 20) -> bytearray:
    rows = making.tone(length_s, RATE_HZ) + making.noise(length_s, RATE_HZ)
    return bytearray(making.write(path, rows, RATE_HZ, kind=kind).read_bytes())


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "m4a", "alac", "aiff", "tta", "wv"])
def test_a_file_that_breaks_off_half_way_is_broken(tmp_path, kind):
    content = written(tmp_path / "half", kind)
    (tmp_path / "half").write_bytes(content[: len(content) // 2])
    with pytest.raises(errors.BrokenAudio):
        seconds(tmp_path / "half")


def test_the_refusal_of_a_file_that_breaks_off_says_where(tmp_path):
    content = written(tmp_path / "half", "flac")
    (tmp_path / "half").write_bytes(content[: len(content) // 2])
    with pytest.raises(errors.BrokenAudio, match=r"after (9|10) of 20 seconds"):
        seconds(tmp_path / "half")


@pytest.mark.parametrize("kind", ["flac", "mp3", "wav", "wv"])
def test_a_file_that_lacks_a_last_moment_is_read(tmp_path, kind):
    content = written(tmp_path / "short", kind)
    (tmp_path / "short").write_bytes(content[: len(content) * 97 // 100])
    assert 18 < seconds(tmp_path / "short") < 20


@pytest.mark.parametrize("kind", ["flac", "mp3", "m4a", "aac", "opus", "oga", "wma"])
def test_a_scratch_in_a_track_does_not_spoil_it(tmp_path, kind):
    content = written(tmp_path / "scratched", kind)
    hole = slice(len(content) // 2, len(content) // 2 + len(content) // 200)
    content[hole] = np.random.default_rng(1).bytes(hole.stop - hole.start)
    (tmp_path / "scratched").write_bytes(content)
    assert seconds(tmp_path / "scratched") == pytest.approx(20, abs=1.1)


@pytest.mark.parametrize("kind", ["flac", "mp3", "m4a", "alac"])
def test_a_hole_in_a_tenth_of_a_track_is_damage(tmp_path, kind):
    content = written(tmp_path / "holed", kind)
    hole = slice(len(content) // 2, len(content) // 2 + len(content) // 8)
    content[hole] = bytes(hole.stop - hole.start)
    (tmp_path / "holed").write_bytes(content)
    with pytest.raises(errors.BrokenAudio):
        seconds(tmp_path / "holed")


def test_who_hears_only_a_piece_is_not_told_of_what_is_missing(tmp_path):
    content = written(tmp_path / "half", "flac")
    (tmp_path / "half").write_bytes(content[: len(content) // 2])
    with open_sound(tmp_path / "half") as sound:
        blocks = sound.blocks(max_s=60, start_s=5)
        assert sum(len(next(blocks)) for _ in range(2)) > RATE_HZ


def test_samples_that_are_no_numbers_are_damage(tmp_path):
    rows = making.tone(1, RATE_HZ)
    rows[0, 100] = np.nan
    path = making.write(tmp_path / "nan", rows, RATE_HZ, kind=("wav", "pcm_f32le"))
    with pytest.raises(errors.BrokenAudio, match="no numbers"):
        seconds(path)


def test_another_rate_at_the_end_of_a_track_is_damage(tmp_path):
    slow = making.write(tmp_path / "a.aac", making.tone(3, 22_050), 22_050)
    fast = making.write(tmp_path / "b.aac", making.tone(3, 44_100), 44_100)
    (tmp_path / "both.aac").write_bytes(slow.read_bytes() + fast.read_bytes())
    with pytest.raises(errors.BrokenAudio, match="Too much"):
        seconds(tmp_path / "both.aac")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.BrokenAudio),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", errors.BrokenAudio),
        (b"fLaC\x00\x00", errors.BrokenAudio),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", errors.BrokenAudio),
        (b"OggS" + bytes(24) + b"\x01vorbis", errors.BrokenAudio),
        (b"\x00\x00\x00\x20ftypM4A ", errors.BrokenAudio),
        (b"not music at all", errors.UnsupportedAudio),
        (bytes(range(256)) * 300, errors.UnsupportedAudio),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:5\nhttp://127.0.0.1/a.ts\n", errors.UnsupportedAudio),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", errors.UnsupportedAudio),
        (b"<?xml version='1.0'?><MPD></MPD>", errors.UnsupportedAudio),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), errors.UnsupportedAudio),
    ],
)
def test_what_cannot_be_played_is_refused_for_the_right_reason(tmp_path, content, error):
    (tmp_path / "file.mp3").write_bytes(content)
    with pytest.raises(error):
        seconds(tmp_path / "file.mp3")


@pytest.mark.parametrize("tag", [b"drms", b"enca", b"aavd"])
def test_sound_that_is_locked_is_told_apart_from_damage(tmp_path, tag):
    content = written(tmp_path / "song.m4p", "m4a", length_s=1)
    (tmp_path / "song.m4p").write_bytes(content.replace(b"mp4a", tag))
    with pytest.raises(errors.AudioProtected):
        seconds(tmp_path / "song.m4p")


@pytest.mark.parametrize(
    "lock", ["fbb31122 23bdd211 b4b700a0c955fc6e", "14e68a29 22261 74cb935dae07ee9289c"]
)
def test_locked_windows_media_is_told_apart_from_damage(tmp_path, lock):
    song = tmp_path / "song.wma"
    header = bytes.fromhex(lock.replace(" ", "")) + bytes(40)
    song.write_bytes(ASF_START + (30 + len(header)).to_bytes(8, "little") + bytes(6) + header)
    with pytest.raises(errors.AudioProtected):
        seconds(song)


def test_the_name_of_a_file_chooses_nothing(tmp_path):
    song = making.write(tmp_path / "song.flac", making.tone(1, RATE_HZ), RATE_HZ)
    for name in ("list.m3u8", "concat:a|b.mp3", "http:x.wav", "song"):
        (tmp_path / name).write_bytes(song.read_bytes())
        assert seconds(tmp_path / name) == 1


def test_a_picture_in_front_of_the_sound_is_not_sound(tmp_path):
    tag = b"ID3\x03\x00\x00" + bytes([0, 4, 0, 0]) + bytes(65_536)
    song = making.write(tmp_path / "song.flac", making.tone(1, RATE_HZ), RATE_HZ).read_bytes()
    (tmp_path / "tagged").write_bytes(tag + song)
    assert seconds(tmp_path / "tagged") == 1


def test_an_mp3_may_begin_with_other_bytes(tmp_path):
    song = making.write(tmp_path / "song.mp3", making.tone(2, RATE_HZ), RATE_HZ).read_bytes()
    sound = song[song.index(b"\xff\xfb") :]
    (tmp_path / "padded").write_bytes(bytes(5_000) + sound)
    assert seconds(tmp_path / "padded") == pytest.approx(2, abs=0.1)


def test_errors_of_who_listens_are_its_own(tmp_path):
    song = making.write(tmp_path / "song.wav", making.tone(1, RATE_HZ), RATE_HZ)
    with open_sound(song) as sound, pytest.raises(FileNotFoundError):
        next(sound.blocks(max_s=60)).tofile(tmp_path / "gone" / "samples")
    with pytest.raises(FileNotFoundError):
        _listen_badly(song)


def _listen_badly(song: Path) -> None:
    with open_sound(song):
        (song.parent / "gone").read_bytes()


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "opus", "m4a", "alac", "mka", "wma", "wv"])
def test_headers_with_wrong_bytes_end_in_sound_or_in_one_of_our_errors(tmp_path, kind):
    content = written(tmp_path / "song", kind, length_s=0.5)
    rng = np.random.default_rng(7)
    path = tmp_path / "mutant"
    ends: Counter[str] = Counter()
    for _ in range(40):
        mutant = bytearray(content)
        for at in rng.integers(0, min(len(content), 2_000), 12):
            mutant[at] = rng.integers(256)
        path.write_bytes(mutant)
        ends.update(judged(path)[:2])
    assert ends.total() == 80
    assert ends.keys() <= {"sound", "audio_broken", "unsupported_audio", "audio_too_long"}


def test_files_are_closed_whatever_becomes_of_them(tmp_path):
    (tmp_path / "bad.flac").write_bytes(b"fLaC\x00\x00")
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(20):
        with pytest.raises(errors.BrokenAudio):
            seconds(tmp_path / "bad.flac")
    assert len(list(Path("/dev/fd").iterdir())) <= before + 1


def judged(path: Path) -> tuple[str, str, float]:
    """What becomes of a file; anything but our errors fails the test."""
    began = time.monotonic()
    ends = []
    for look in (seconds, digest.sound_digest):
        try:
            look(path)
            ends.append("sound")
        except errors.InputError as error:
            ends.append(error.code)
    return ends[0], ends[1], time.monotonic() - began


def test_every_hostile_file_ends_in_sound_or_in_one_of_our_errors(shared):
    with (shared / "hostile" / "audio" / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    paths = [shared / "hostile" / "audio" / row["file"] for row in rows]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        ends = list(pool.map(judged, paths))  # a crash would raise BrokenProcessPool
    assert max(end[2] for end in ends) < LONGEST_S
    heard = Counter(end[0] for end in ends)
    assert heard.keys() == {"sound", "audio_broken", "unsupported_audio"}
    playable = {row["file"] for row in rows if row["ffmpeg"] == "ok"}
    refused = {
        row["file"]
        for row, end in zip(rows, ends, strict=True)
        if row["file"] in playable and end[0] != "sound"
    }
    # Both are the first moments of files of three minutes, by their own count.
    assert refused == {"mutagen/apev2-lyricsv2.mp3", "mutagen/vbri.mp3"}
