"""Music that the service keeps itself."""

import hashlib
import tempfile
from pathlib import Path

import pytest

from sightsong.adapters.shelf import FolderShelf
from sightsong.core.errors import StorageFull

ALL_THE_DISK = 2**62
SHA256 = hashlib.sha256(b"sound").hexdigest()
OTHER_DISK = Path("/dev/shm")  # noqa: S108 - a file system of its own on Linux


@pytest.fixture
def shelf(tmp_path):
    return FolderShelf(tmp_path / "music", reserve_bytes=0)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.mp3"
    path.write_bytes(b"sound")
    return path


@pytest.fixture
def far_source(tmp_path):
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    with tempfile.TemporaryDirectory(dir=OTHER_DISK) as folder:
        path = Path(folder, "source.mp3")
        path.write_bytes(b"sound")
        yield path


def test_a_file_lies_under_its_contents_name(shelf, source, tmp_path):
    kept = shelf.keep(source, sha256=SHA256, suffix=".MP3")
    assert kept == tmp_path / "music" / SHA256[:2] / f"{SHA256}.mp3"
    assert kept.read_bytes() == b"sound"


def test_a_kept_file_is_moved(shelf, source):
    inode = source.stat().st_ino
    assert shelf.keep(source, sha256=SHA256, suffix=".mp3").stat().st_ino == inode
    assert not source.exists()


def test_a_file_of_another_disk_is_copied_and_removed(shelf, far_source, tmp_path):
    kept = shelf.keep(far_source, sha256=SHA256, suffix=".mp3")
    assert kept.read_bytes() == b"sound"
    assert not far_source.exists()
    assert [path for path in (tmp_path / "music").rglob("*") if path.is_file()] == [kept]


def test_a_copy_for_which_there_is_no_room_leaves_the_source_and_nothing_else(far_source, tmp_path):
    with pytest.raises(StorageFull):
        FolderShelf(tmp_path, reserve_bytes=ALL_THE_DISK).keep(
            far_source, sha256=SHA256, suffix=".mp3"
        )
    assert far_source.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_bytes_that_are_kept_already_only_lose_their_source(shelf, source, tmp_path):
    first = shelf.keep(source, sha256=SHA256, suffix=".mp3")
    again = tmp_path / "again.mp3"
    again.write_bytes(b"sound")
    assert shelf.keep(again, sha256=SHA256, suffix=".mp3") == first
    assert first.read_bytes() == b"sound"
    assert not again.exists()


def test_keeping_is_safe_to_repeat(shelf, source):
    kept = shelf.keep(source, sha256=SHA256, suffix=".mp3")
    assert shelf.keep(source, sha256=SHA256, suffix=".mp3") == kept
    assert shelf.keep(kept, sha256=SHA256, suffix=".mp3") == kept
    assert kept.read_bytes() == b"sound"


@pytest.mark.parametrize("suffix", ["/../x", ".mp3/x", ".", "mp3", ".waytoolongforus", ".m p3"])
def test_a_suffix_that_is_not_plain_is_refused(shelf, source, suffix):
    with pytest.raises(ValueError, match="suffix"):
        shelf.keep(source, sha256=SHA256, suffix=suffix)
    assert source.exists()


@pytest.mark.parametrize("sha256", ["", "../x", SHA256.upper(), f"{SHA256}\n"])
def test_a_name_that_is_no_digest_is_refused(shelf, source, sha256):
    with pytest.raises(ValueError, match="digest"):
        shelf.keep(source, sha256=sha256, suffix=".mp3")
