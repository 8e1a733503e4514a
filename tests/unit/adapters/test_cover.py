"""Covers: found in tags and in folders, and told by their bytes."""

import base64
import io
from pathlib import Path

import mutagen
import pytest
from mutagen import apev2, asf, flac, id3, mp4
from PIL import Image

from sightsong.adapters.cover import MOST_BYTES, Cover, find_cover
from tests.unit.adapters.sound import making


def picture(kind: str = "JPEG", shade: int = 90) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 10, 10)).save(stream, kind)
    return stream.getvalue()


def sound(path: Path) -> Path:
    return making.write(path, making.tone(0.5, 48_000), 48_000)


def tagged(path: Path, name: str, value: object) -> Path:
    file = mutagen.File(sound(path))
    if file.tags is None:
        file.add_tags()
    file.tags[name] = value
    file.save()
    return path


def block(content: bytes, kind: int = 3) -> flac.Picture:
    made = flac.Picture()
    made.type, made.mime, made.data = kind, "image/gif", content
    return made


def apic(content: bytes, kind: int = 3, desc: str = "") -> id3.APIC:
    return id3.APIC(encoding=0, mime="text/html", type=kind, desc=desc, data=content)


@pytest.mark.parametrize("ending", ["mp3", "wav", "aiff", "tta"])
def test_a_picture_is_found_in_id3(tmp_path, ending):
    path = tagged(tmp_path / f"a.{ending}", "APIC:", apic(picture()))
    assert find_cover(path) == Cover(content=picture(), media_type="image/jpeg")


@pytest.mark.parametrize("ending", ["opus", "oga"])
def test_a_picture_is_found_in_the_comments_of_ogg(tmp_path, ending):
    text = base64.b64encode(block(picture("PNG")).write()).decode()
    path = tagged(tmp_path / f"a.{ending}", "metadata_block_picture", [text])
    assert find_cover(path) == Cover(content=picture("PNG"), media_type="image/png")


def test_a_picture_in_the_old_comment_of_ogg_is_found(tmp_path):
    text = base64.b64encode(picture()).decode()
    assert find_cover(tagged(tmp_path / "a.opus", "coverart", [text])).content == picture()


def test_a_picture_is_found_in_flac(tmp_path):
    file = flac.FLAC(sound(tmp_path / "a.flac"))
    file.add_picture(block(picture("WEBP")))
    file.save()
    assert find_cover(tmp_path / "a.flac").media_type == "image/webp"


def test_a_picture_is_found_in_mp4(tmp_path):
    path = tagged(tmp_path / "a.m4a", "covr", [mp4.MP4Cover(picture())])
    assert find_cover(path).content == picture()


def test_a_picture_is_found_in_apev2(tmp_path):
    value = apev2.APEValue(b"cover.jpg\0" + picture(), apev2.BINARY)
    path = tagged(tmp_path / "a.wv", "Cover Art (Front)", value)
    assert find_cover(path).content == picture()


def test_a_picture_is_found_in_windows_media(tmp_path):
    words = "image/jpeg\0".encode("utf-16-le") + "cover\0".encode("utf-16-le")
    content = b"\x03" + len(picture()).to_bytes(4, "little") + words + picture()
    value = asf.ASFByteArrayAttribute(content)
    assert find_cover(tagged(tmp_path / "a.wma", "WM/Picture", [value])).content == picture()


def test_the_picture_of_the_front_comes_before_others(tmp_path):
    back, front = picture(shade=1), picture(shade=200)
    file = flac.FLAC(sound(tmp_path / "a.flac"))
    file.add_picture(block(back, kind=4))
    file.add_picture(block(front, kind=3))
    file.save()
    assert find_cover(tmp_path / "a.flac").content == front


def test_a_picture_is_what_its_bytes_are_and_not_what_it_claims(tmp_path):
    path = tagged(tmp_path / "a.mp3", "APIC:", apic(b"<svg onload='alert(1)'/>"))
    assert find_cover(path) is None


@pytest.mark.parametrize("name", ["cover.jpg", "Folder.JPG", "FRONT.png", "cover.jpeg"])
def test_a_picture_beside_the_file_is_its_cover(tmp_path, name):
    (tmp_path / name).write_bytes(picture())
    assert find_cover(sound(tmp_path / "a.wav")).content == picture()


def test_the_tags_come_before_the_folder(tmp_path):
    (tmp_path / "cover.jpg").write_bytes(picture(shade=1))
    path = tagged(tmp_path / "a.mp3", "APIC:", apic(picture(shade=200)))
    assert find_cover(path).content == picture(shade=200)


def test_a_link_beside_the_file_is_not_followed(tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "x.jpg").write_bytes(picture())
    (tmp_path / "cover.jpg").symlink_to(tmp_path / "secret" / "x.jpg")
    assert find_cover(sound(tmp_path / "a.wav")) is None


def test_a_picture_that_is_too_large_is_left_alone(tmp_path):
    (tmp_path / "cover.jpg").write_bytes(picture() + bytes(MOST_BYTES))
    assert find_cover(sound(tmp_path / "a.wav")) is None


def test_without_a_picture_there_is_none(tmp_path):
    assert find_cover(sound(tmp_path / "a.mp3")) is None
    assert find_cover(tmp_path / "gone.mp3") is None


@pytest.mark.parametrize("text", ["", "!!!", base64.b64encode(b"\0" * 20).decode()])
def test_a_comment_that_holds_no_picture_is_passed_over(tmp_path, text):
    path = tagged(tmp_path / "a.opus", "metadata_block_picture", [text])
    (tmp_path / "cover.jpg").write_bytes(picture())
    assert find_cover(path).content == picture()


def test_a_picture_that_costs_much_to_read_is_found_too(tmp_path):
    content = picture() + bytes(5_000_000)
    path = tagged(tmp_path / "a.flac", "comment", "x")
    file = flac.FLAC(path)
    file.add_picture(block(content, kind=3))
    file.save()
    assert find_cover(path).content == content
