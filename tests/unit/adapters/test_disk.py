"""Files on a disk that may be full: digests, copies, second names."""

import tempfile
from pathlib import Path

import pytest

from sightsong.adapters import disk
from sightsong.core.errors import StorageFull

ALL_THE_DISK = 2**62
OTHER_DISK = Path("/dev/shm")  # noqa: S108 - a file system of its own on Linux


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "one.wav"
    path.write_bytes(b"x")
    return path


@pytest.fixture
def far_folder(tmp_path):
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    with tempfile.TemporaryDirectory(dir=OTHER_DISK) as folder:
        yield Path(folder)


def test_the_digest_is_that_of_the_bytes(tmp_path):
    (tmp_path / "one.wav").write_bytes(b"x")
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert disk.sha256_of(tmp_path / "one.wav") == digest


def test_a_second_name_takes_no_room(source, tmp_path):
    target = tmp_path / "two.wav"
    disk.link_or_copy(source, target, reserve_bytes=ALL_THE_DISK)
    assert target.samefile(source)


def test_where_no_second_name_can_be_given_the_file_is_copied(source, far_folder):
    target = far_folder / "two.wav"
    disk.link_or_copy(source, target)
    assert target.read_bytes() == b"x"
    assert source.exists()


def test_a_copy_for_which_there_is_no_room_leaves_nothing(source, far_folder):
    with pytest.raises(StorageFull):
        disk.link_or_copy(source, far_folder / "two.wav", reserve_bytes=ALL_THE_DISK)
    assert list(far_folder.iterdir()) == []


def test_what_is_there_already_is_never_written_over(source, tmp_path):
    target = tmp_path / "two.wav"
    target.write_bytes(b"y")
    with pytest.raises(FileExistsError):
        disk.link_or_copy(source, target)
    assert target.read_bytes() == b"y"


def test_a_file_that_is_written_leaves_the_reserve_free(tmp_path):
    with (
        pytest.raises(StorageFull),
        disk.RoomyFile(tmp_path / "a", reserve_bytes=ALL_THE_DISK) as file,
    ):
        file.writelines([b"x"])
    assert (tmp_path / "a").read_bytes() == b""


def test_what_is_written_is_there_when_the_file_is_closed(tmp_path):
    with disk.RoomyFile(tmp_path / "a", reserve_bytes=0) as file:
        file.writelines([b"x", memoryview(b"yz")])
    assert (tmp_path / "a").read_bytes() == b"xyz"
