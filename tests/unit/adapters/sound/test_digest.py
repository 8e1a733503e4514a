"""The digest of the encoded sound: tags change nothing, sound changes all."""

import base64
from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest
import soundfile
from mutagen import apev2, flac, id3, mp4

from sightsong.adapters.sound.digest import sound_digest
from sightsong.core import errors
from tests.unit.adapters.sound import making

RATE_HZ = 48_000
PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 800

Edit = Callable[[Path], object]


def by_id3(*, version: int = 4, v1: int = 1) -> Edit:
    def edit(path: Path) -> None:
        block = id3.ID3()
        block.add(id3.TIT2(encoding=1, text="x" * 501))
        block.add(id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=PICTURE))
        if version == 3:
            block.update_to_v23()
        block.save(path, v2_version=version, v1=v1)

    return edit


def by_padding(path: Path) -> None:
    id3.ID3(path).save(path, padding=lambda _: 7_777)


def by_ape(path: Path) -> None:
    block = apev2.APEv2()
    block["Title"] = "x" * 3_000
    block.save(path)


def by_chunk(path: Path) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file.tags.add(id3.TIT2(encoding=1, text="x" * 501))
    file.tags.add(id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=PICTURE))
    file.save()


def by_comment(path: Path) -> None:
    block = flac.Picture()
    block.type, block.mime, block.data = 3, "image/jpeg", PICTURE
    file = mutagen.File(path)
    file["title"] = ["x" * 3_000]
    file["metadata_block_picture"] = [base64.b64encode(block.write()).decode()]
    file.save()


def by_block(path: Path) -> None:
    block = flac.Picture()
    block.type, block.mime, block.data = 3, "image/jpeg", PICTURE
    file = flac.FLAC(path)
    file.add_picture(block)
    file.save()


def by_atom(path: Path) -> None:
    file = mutagen.File(path)
    file["©nam"] = ["x" * 3_000]
    file["covr"] = [mp4.MP4Cover(PICTURE)]
    file.save()


def by_word(path: Path) -> None:
    file = mutagen.File(path)
    file["Title"] = ["x" * 300]
    file.save()


def by_deleting(path: Path) -> None:
    mutagen.File(path).delete()


EDITS: list[tuple[str, list[Edit]]] = [
    (
        "mp3",
        [
            by_id3(version=3),
            by_id3(),
            by_padding,
            by_ape,
            by_id3(v1=2),
            lambda path: id3.delete(path, delete_v1=False),
            id3.delete,
            apev2.delete,
        ],
    ),
    ("flac", [by_comment, by_block, by_id3(), by_deleting]),
    ("opus", [by_comment, by_deleting]),
    ("oga", [by_comment, by_deleting]),
    ("m4a", [by_atom, by_deleting]),
    ("wav", [by_chunk, by_deleting]),
    ("aiff", [by_chunk, by_deleting]),
    ("aac", [by_id3(), by_id3(v1=2), by_ape]),
    ("tta", [by_id3(), by_ape]),
    ("wv", [by_ape, by_deleting]),
    ("wma", [by_word, by_deleting]),
]


@pytest.mark.parametrize(("kind", "edits"), EDITS, ids=[kind for kind, _ in EDITS])
def test_tags_and_pictures_change_nothing(tmp_path, kind, edits):
    rows = making.noise(2.3, RATE_HZ, channels=2)
    path = making.write(tmp_path / f"song.{kind}", rows, RATE_HZ)
    before = sound_digest(path)
    for at, edit in enumerate(edits):
        content = path.read_bytes()
        edit(path)
        assert path.read_bytes() != content, f"edit {at} does nothing"
        assert sound_digest(path) == before, f"edit {at}"


def test_tags_of_vorbis_change_nothing(tmp_path):
    path = tmp_path / "song.ogg"
    soundfile.write(path, making.noise(2, 44_100).T, 44_100)
    before = sound_digest(path)
    by_comment(path)
    assert sound_digest(path) == before


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "opus", "m4a"])
def test_other_sound_is_another_digest(tmp_path, kind):
    tones = [making.tone(1, RATE_HZ, hz=hz) for hz in (440, 441)]
    digests = {
        sound_digest(making.write(tmp_path / f"{at}.{kind}", rows, RATE_HZ))
        for at, rows in enumerate(tones)
    }
    assert len(digests) == 2


def test_the_same_bytes_at_another_rate_or_width_are_another_digest(tmp_path):
    rows = making.noise(1, 8_000)
    files = [
        making.write(tmp_path / "a.wav", rows, 8_000),
        making.write(tmp_path / "b.wav", rows, 16_000),
        making.write(tmp_path / "c.wav", rows.reshape(-1, 2).T, 8_000),
    ]
    assert len({sound_digest(path) for path in files}) == 3


def test_a_stream_is_known_again_in_another_container(tmp_path):
    rows = making.noise(1, RATE_HZ)
    bare = making.write(tmp_path / "a.flac", rows, RATE_HZ)
    wrapped = making.write(tmp_path / "a.oga", rows, RATE_HZ)
    assert sound_digest(bare) == sound_digest(wrapped)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.BrokenAudio),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", errors.BrokenAudio),
        (b"not music at all", errors.UnsupportedAudio),
    ],
)
def test_what_holds_no_sound_has_no_digest(tmp_path, content, error):
    (tmp_path / "file.wav").write_bytes(content)
    with pytest.raises(error):
        sound_digest(tmp_path / "file.wav")


def test_a_missing_file_has_no_digest(tmp_path):
    with pytest.raises(errors.PathNotAllowed):
        sound_digest(tmp_path / "gone.wav")
