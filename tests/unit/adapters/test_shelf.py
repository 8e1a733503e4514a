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


@pytest.mark.parametrize(
    "suffix", ["", "/../x", ".mp3/x", ".", "mp3", ".waytoolongforus", ".m p3", ".mp3\n"]
)
def test_a_suffix_that_is_not_plain_is_left_out(shelf, source, suffix, tmp_path):
    kept = shelf.keep(source, sha256=SHA256, suffix=suffix)
    assert kept == tmp_path / "music" / SHA256[:2] / SHA256
    assert kept.read_bytes() == b"sound"


@pytest.mark.parametrize("sha256", ["", "../x", SHA256.upper(), f"{SHA256}\n"])
def test_a_name_that_is_no_digest_is_refused(shelf, source, sha256):
    with pytest.raises(ValueError, match="digest"):
        shelf.keep(source, sha256=sha256, suffix=".mp3")


def test_all_that_is_kept_is_listed_and_nothing_else(shelf, source, tmp_path):
    assert list(shelf.listing()) == []
    kept = shelf.keep(source, sha256=SHA256, suffix=".mp3")
    (kept.parent / "notes.txt").touch()
    (tmp_path / "music" / "lost.mp3").touch()
    assert list(shelf.listing()) == [kept]


def test_what_a_copy_left_that_was_cut_off_is_listed_too(shelf, source):
    kept = shelf.keep(source, sha256=SHA256, suffix=".mp3")
    part = kept.with_name(f".{'0' * 32}.part")
    part.touch()
    assert set(shelf.listing()) == {kept, part}
    shelf.discard(part)
    assert list(shelf.listing()) == [kept]


def test_a_file_that_is_thrown_away_is_gone_and_may_come_again(shelf, source, tmp_path):
    kept = shelf.keep(source, sha256=SHA256, suffix=".mp3")
    shelf.discard(kept)
    shelf.discard(kept)
    assert list(shelf.listing()) == []
    again = tmp_path / "again.mp3"
    again.write_bytes(b"sound")
    assert shelf.keep(again, sha256=SHA256, suffix=".mp3") == kept


@pytest.mark.parametrize("name", ["a.mp3", f"music/{SHA256}.mp3", f"music/00/../xx/{SHA256}.mp3"])
def test_nothing_but_files_of_the_shelf_is_thrown_away(shelf, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with pytest.raises(ValueError, match="shelf"):
        shelf.discard(path)
    assert path.exists()
