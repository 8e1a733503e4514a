"""Addresses in object stores, and files passed on in pieces."""

import pytest

from api import errors, remote
from sightsong.core.errors import FetchFailed, StorageFull, UrlNotAllowed
from sightsong.core.ports import RemoteFile
from tests.unit.api.stand_ins import FakeObjects

STORES = ("s3://music/albums/", "s3://other")


@pytest.mark.parametrize("url", ["s3://music/albums", "s3://music/albums/a b/", "s3://other/x"])
def test_what_lies_below_a_store_may_be_read(url):
    assert remote.allowed(url, STORES) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "s3://music",
        "s3://music/albums2",
        "s3://music/albums/../secret",
        "s3://music/albums//x",
        "s3://music/albums/./x",
        "s3://music/albums/\\x",
        "s3://music/albums/\n",
        "file:///etc",
        "/music/albums",
        "gs://other/x",
        "s3://",
    ],
)
def test_nothing_else_may_be_read(url):
    with pytest.raises(UrlNotAllowed):
        remote.allowed(url, STORES)


def test_without_a_store_nothing_may_be_read():
    with pytest.raises(UrlNotAllowed):
        remote.allowed("s3://music", ())


@pytest.fixture
def large() -> FakeObjects:
    objects = FakeObjects()
    objects.contents["s3://m/a"] = bytes(remote.PIECE_BYTES + 10)
    return objects


def test_a_large_file_comes_in_pieces(large):
    file = next(large.listing("s3://m/a"))
    whole = remote.span(None, file.size_bytes)
    sizes = [len(piece) for piece in remote.pieces(large, file, whole)]

    assert sizes == [remote.PIECE_BYTES, 10]


def test_a_file_that_became_shorter_is_not_passed_on_as_whole(large):
    file = RemoteFile(url="s3://m/a", size_bytes=remote.PIECE_BYTES + 11, mtime_ns=1)

    with pytest.raises(FetchFailed):
        list(remote.pieces(large, file, remote.span(None, file.size_bytes)))


def test_a_fetched_file_is_there_for_a_moment_only(large, tmp_path):
    file = next(large.listing("s3://m/a"))
    with remote.fetched(large, file, scratch_dir=tmp_path / "scratch") as path:
        size = path.stat().st_size
        assert path.is_relative_to(tmp_path / "scratch")  # a killed process leaves it there

    assert (size, path.exists()) == (file.size_bytes, False)


def test_a_file_for_which_there_is_no_room_is_not_fetched(large, tmp_path):
    file = next(large.listing("s3://m/a"))
    fetching = remote.fetched(large, file, scratch_dir=tmp_path, reserve_bytes=2**62)

    with pytest.raises(StorageFull), fetching:
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_too_large_is_not_fetched(large, tmp_path):
    file = RemoteFile(url="s3://m/a", size_bytes=remote.MOST_FETCHED_BYTES + 1, mtime_ns=1)

    with pytest.raises(errors.TrackFileGone), remote.fetched(large, file, scratch_dir=tmp_path):
        pass
    assert large.fetches == []
