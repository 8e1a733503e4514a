"""What is read of a file's tags, whatever its format."""

import math
import struct
import time
import zlib
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen import apev2, asf, id3, mp4

from indexer import tags
from sightsong.core.tracks import Tags
from tests.unit.adapters.sound import making

SAID = {"title": "Blue", "artist": "Ann", "album": "Days", "genre": "Jazz", "mood": "calm"}
CORPUS = Path(__file__).parents[4] / "shared" / "data" / "hostile" / "audio" / "mutagen"


def frames(**more: str) -> list[id3.Frame]:
    names = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "genre": "TCON", "mood": "TMOO"}
    said = {names[name]: text for name, text in SAID.items()} | more
    return [getattr(id3, name)(encoding=3, text=[text]) for name, text in said.items()]


def sound(path: Path) -> Path:
    return making.write(path, making.tone(0.5, 48_000), 48_000)


def tagged(path: Path, said: object) -> Tags:
    """Write a file, and tags by whatever mutagen takes its format for."""
    file = mutagen.File(sound(path))
    if file.tags is None:
        file.add_tags()
    for name, value in dict(said).items():
        file.tags[name] = value
    file.save()
    return tags.read(path)


def by_id3(path: Path, *those: id3.Frame, **how: object) -> Tags:
    block = id3.ID3()
    for frame in those:
        block.add(frame)
    block.save(sound(path), **how)
    return tags.read(path)


@pytest.mark.parametrize("ending", ["wav", "aiff", "tta", "mp3"])
def test_id3_frames_are_read_wherever_they_are(tmp_path, ending):
    said = tagged(tmp_path / f"a.{ending}", {frame.FrameID: frame for frame in frames()})
    assert said == Tags(**SAID)


def test_id3_is_read_before_aac_too(tmp_path):
    assert by_id3(tmp_path / "a.aac", *frames()) == Tags(**SAID)


@pytest.mark.parametrize("ending", ["flac", "opus", "oga"])
def test_comments_are_read(tmp_path, ending):
    said = {**SAID, "license": "CC BY 4.0"}
    expected = Tags(**SAID, licence="CC BY 4.0")
    assert tagged(tmp_path / f"a.{ending}", {name: [said[name]] for name in said}) == expected


def test_atoms_are_read(tmp_path):
    own = {"©nam": "Blue", "©ART": "Ann", "©alb": "Days", "©gen": "Jazz"}
    free = {"MOOD": b"calm", "LICENSE": b"CC0"}
    said = {name: [text] for name, text in own.items()} | {
        f"----:com.apple.iTunes:{name}": [mp4.MP4FreeForm(text)] for name, text in free.items()
    }
    assert tagged(tmp_path / "a.m4a", said) == Tags(**SAID, licence="CC0")


def test_attributes_of_windows_media_are_read(tmp_path):
    said = {
        "Title": "Blue",
        "Author": "Ann",
        "WM/AlbumTitle": "Days",
        "WM/Genre": "Jazz",
        "WM/Mood": "calm",
    }
    values = {name: [asf.ASFUnicodeAttribute(text)] for name, text in said.items()}
    assert tagged(tmp_path / "a.wma", values) == Tags(**SAID)


@pytest.mark.parametrize("ending", ["wv", "mp3"])
def test_items_of_apev2_are_read(tmp_path, ending):
    path = sound(tmp_path / f"a.{ending}")
    block = apev2.APEv2()
    for name, text in SAID.items():
        block[name.title()] = text
    block.save(path)
    assert tags.read(path) == Tags(**SAID)


@pytest.mark.parametrize(
    ("frame", "licence"),
    [
        (id3.WCOP(url="https://creativecommons.org/licenses/by/4.0/"), "by/4.0/"),
        (id3.TCOP(encoding=3, text=["2020 Ann, CC BY"]), "CC BY"),
        (id3.TXXX(encoding=3, desc="LICENSE", text=["CC0"]), "CC0"),
    ],
)
def test_a_licence_is_found_in_each_of_its_frames(tmp_path, frame, licence):
    assert by_id3(tmp_path / "a.mp3", frame).licence.endswith(licence)


@pytest.mark.parametrize("written", ["17", "(17)", "(17)Rock", "Rock"])
def test_a_genre_that_is_a_number_becomes_its_name(tmp_path, written):
    genre = id3.TCON(encoding=3, text=[written])
    assert by_id3(tmp_path / "a.mp3", genre).genre == "Rock"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        (0, "Café Tacvba".encode("latin-1")),
        (0, "Café Tacvba".encode()),  # said to be Latin-1
        (1, "Café Tacvba".encode("utf-16")),
        (2, "Café Tacvba".encode("utf-16-be")),
        (3, "Café Tacvba".encode()),
    ],
)
def test_texts_are_read_in_every_encoding_that_is_found(tmp_path, encoding, content):
    frame = bytes([encoding]) + content
    body = b"TIT2" + len(frame).to_bytes(4, "big") + b"\0\0" + frame
    block = b"ID3\x04\0\0" + bytes([0, 0, len(body) >> 7, len(body) & 0x7F]) + body
    path = sound(tmp_path / "a.mp3")
    path.write_bytes(block + path.read_bytes())
    assert tags.read(path).title == "Café Tacvba"


def test_a_file_with_nothing_but_the_oldest_tags_has_those(tmp_path):
    path = sound(tmp_path / "a.mp3")
    path.write_bytes(
        path.read_bytes()
        + b"TAG"
        + b"Blue".ljust(30, b"\0")
        + b"Ann".ljust(30)
        + b"Days".ljust(30, b"\0")
        + b"1999"
        + bytes(30)
        + bytes([8])
    )
    assert tags.read(path) == Tags(title="Blue", artist="Ann", album="Days", genre="Jazz")


@pytest.mark.parametrize(("rating", "explicit"), [(1, True), (4, True), (2, False), (0, None)])
def test_the_rating_of_mp4_says_whether_words_are_explicit(tmp_path, rating, explicit):
    assert tagged(tmp_path / "a.m4a", {"rtng": [rating]}) == Tags(explicit=explicit)


@pytest.mark.parametrize(
    ("advisory", "explicit"), [("1", True), ("2", False), ("0", None), ("odd", None)]
)
def test_an_advisory_says_whether_words_are_explicit(tmp_path, advisory, explicit):
    frame = id3.TXXX(encoding=3, desc="ITUNESADVISORY", text=[advisory])
    of_mp3 = by_id3(tmp_path / "a.mp3", frame)
    of_flac = tagged(tmp_path / "a.flac", {"ITUNESADVISORY": [advisory]})
    assert (of_mp3, of_flac) == (Tags(explicit=explicit), Tags(explicit=explicit))


def test_tags_are_one_line_of_bounded_length(tmp_path):
    title = id3.TIT2(encoding=3, text=["one\ntwo\x07  three" + "x" * 1000])
    said = by_id3(tmp_path / "a.mp3", title).title
    assert said.startswith("one two threex")
    assert len(said) == 300


def test_a_claimed_length_is_told_in_seconds(tmp_path):
    assert tags.length_s(sound(tmp_path / "a.flac")) == pytest.approx(0.5)


@pytest.mark.parametrize("seconds", [0, 50 * 3600])
def test_a_silly_length_is_none(tmp_path, seconds):
    path = tmp_path / "a.flac"
    soundfile.write(path, np.zeros(8_000), 8_000)
    content = bytearray(path.read_bytes())
    count = seconds * 8_000  # the lower 32 bits of the 36 that count the samples
    content[22:26] = count.to_bytes(4, "big")
    path.write_bytes(content)
    assert tags.length_s(path) is None


def test_what_is_no_music_says_nothing(tmp_path):
    (tmp_path / "noise.mp3").write_bytes(bytes(range(256)) * 10)
    for path in (tmp_path / "noise.mp3", tmp_path / "gone.mp3", tmp_path):
        assert tags.read(path) == Tags()
        assert tags.length_s(path) is None


def test_frames_that_are_packed_are_not_unpacked(tmp_path):
    """A frame that would take a gigabyte is not unpacked; the same frame, not packed, is read."""
    packed = (40).to_bytes(4, "big") + zlib.compress(b"\x03" + b"A" * 39)
    for version, flags in ((3, 0x80), (4, 0x08)):
        frame = b"TIT2" + len(packed).to_bytes(4, "big") + bytes([0, flags]) + packed
        path = sound(tmp_path / f"{version}.mp3")
        head = b"ID3" + bytes([version, 0, 0, 0, 0, 0, len(frame)])
        path.write_bytes(head + frame + path.read_bytes())
        assert tags.read(path) == Tags()
        plain = b"TIT2" + (5).to_bytes(4, "big") + b"\0\0" + b"\x03Blue"
        path.write_bytes(b"ID3" + bytes([version, 0, 0, 0, 0, 0, len(plain)]) + plain)
        assert tags.read(path).title == "Blue"


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_text_without_end_is_not_cut_up(tmp_path, version):
    text = b"\x01" + bytes(200_000)
    size = len(text)
    if version == 2:
        frame = b"TT2" + size.to_bytes(3, "big") + text
    elif version == 3:
        frame = b"TIT2" + size.to_bytes(4, "big") + b"\0\0" + text
    else:
        frame = b"TIT2" + bytes([0, size >> 14, size >> 7 & 127, size & 127]) + b"\0\0" + text
    path = sound(tmp_path / "a.mp3")
    total = len(frame)
    head = bytes([version, 0, 0, 0, total >> 14, total >> 7 & 127, total & 127])
    path.write_bytes(b"ID3" + head + frame + path.read_bytes())
    began = time.process_time()
    assert tags.read(path) == Tags()
    assert time.process_time() - began < 1  # mutagen alone takes several


def test_large_pictures_are_no_reason_to_lose_the_words(tmp_path):
    content = np.random.default_rng(3).bytes(3_000_000)
    picture = id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=content)
    advisory = id3.TXXX(encoding=3, desc="ITUNESADVISORY", text=["2"])
    for version in (3, 4):
        words = [picture, advisory, *frames()]
        said = by_id3(tmp_path / f"{version}.mp3", *words, v2_version=version)
        assert (said.title, said.artist, said.explicit) == ("Blue", "Ann", False)


def test_a_bomb_inside_a_chunk_is_found_too(tmp_path):
    path = tmp_path / "a.wav"
    assert tagged(path, {"TIT2": id3.TIT2(encoding=3, text=["Blue"])}).title == "Blue"
    content = bytearray(path.read_bytes())
    content[content.index(b"TIT2") + 9] |= 0x08
    path.write_bytes(content)
    assert tags.read(path) == Tags()


def test_notes_of_midi_are_not_read(tmp_path):
    path = tmp_path / "a.mid"
    notes = b"\x00\x90\x00\x00" + bytes(1_000_000)
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96)
    path.write_bytes(head + b"MTrk" + struct.pack(">I", len(notes)) + notes)
    began = time.process_time()
    assert tags.read(path) == Tags()
    assert tags.length_s(path) is None  # mutagen would tell one
    assert time.process_time() - began < 0.5


def test_more_names_than_anybody_needs_cost_no_more_than_to_read_them(tmp_path):
    path = sound(tmp_path / "a.flac")
    file = mutagen.File(path)
    file["title"] = "Blue"
    file.tags.extend((f"x{number}", "y") for number in range(20_000))
    file.save()
    began = time.process_time()
    assert tags.read(path).title == "Blue"
    assert time.process_time() - began < 2  # to ask for each name takes ten times as long


def test_what_costs_too_much_even_in_a_process_of_its_own_says_nothing(tmp_path):
    path = tmp_path / "a.mp3"
    by_id3(path, *frames())
    content = path.read_bytes()
    with path.open("wb") as file:  # a tag of 200 MB, nearly all of it padding
        file.write(content[:6] + bytes([100, 0, 0, 0]) + content[10:])
        file.truncate(220_000_000)
    assert tags.read(path) == Tags()
    assert tags.length_s(path) is None


def test_the_length_of_what_costs_much_is_told_too(tmp_path):
    picture = id3.APIC(encoding=0, mime="", type=3, desc="", data=bytes(3_000_000))
    path = tmp_path / "a.mp3"
    by_id3(path, picture)
    assert tags.length_s(path) == pytest.approx(0.5, abs=0.1)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of hostile audio is not here")
def test_hostile_files_say_something_or_nothing_and_never_fail():
    said = {path.name: tags.read(path) for path in sorted(CORPUS.iterdir())}
    assert len(said) == 100
    assert sum(words != Tags() for words in said.values()) >= 34
    lengths = [tags.length_s(path) for path in sorted(CORPUS.iterdir())]
    assert all(length is None or math.isfinite(length) for length in lengths)
