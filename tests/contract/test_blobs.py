"""The `Blobs` port: in memory and in a folder."""

import hashlib
import shutil

import pytest

from sightsong.adapters.blobs import FolderBlobs
from sightsong.adapters.memory.blobs import MemoryBlobs
from sightsong.core.errors import BlobNotFound, StorageFull
from sightsong.core.jobs import BlobId

ALL_THE_DISK = 2**62


@pytest.fixture(params=["memory", "folder"])
def blobs(request, tmp_path):
    if request.param == "memory":
        return MemoryBlobs()
    return FolderBlobs(tmp_path / "blobs", reserve_bytes=0)


@pytest.fixture(params=["memory", "folder"])
def full_blobs(request, tmp_path):
    if request.param == "memory":
        return MemoryBlobs(room_bytes=3)
    return FolderBlobs(tmp_path / "blobs", reserve_bytes=ALL_THE_DISK)


def test_a_stored_blob_is_described_by_its_bytes(blobs):
    blob = blobs.put(b"pixels", media_type="image/png")
    assert (blob.size_bytes, blob.media_type) == (6, "image/png")
    assert blob.sha256 == hashlib.sha256(b"pixels").hexdigest()


def test_a_stored_blob_reads_back(blobs):
    blob = blobs.put(b"pixels", media_type="image/png")
    with blobs.open(blob.id) as file:
        assert file.read() == b"pixels"


def test_the_same_bytes_twice_are_two_blobs(blobs):
    first, second = (blobs.put(b"pixels", media_type="image/png") for _ in range(2))
    blobs.delete(first.id)
    with blobs.open(second.id) as file:
        assert file.read() == b"pixels"


def test_a_deleted_blob_is_gone(blobs):
    blob = blobs.put(b"pixels", media_type="image/png")
    blobs.delete(blob.id)
    with pytest.raises(BlobNotFound):
        blobs.open(blob.id)


@pytest.mark.parametrize("blob_id", ["0" * 32, "../../etc/passwd", "", "A" * 32, f"{'0' * 32}\n"])
def test_an_id_that_names_nothing_opens_nothing(blobs, blob_id):
    with pytest.raises(BlobNotFound):
        blobs.open(BlobId(blob_id))


@pytest.mark.parametrize("blob_id", ["0" * 32, "../../etc/passwd"])
def test_deleting_what_is_absent_is_fine(blobs, blob_id):
    kept = blobs.put(b"pixels", media_type="image/png")
    blobs.delete(BlobId(blob_id))
    with blobs.open(kept.id) as file:
        assert file.read() == b"pixels"


def test_only_what_was_stored_so_long_ago_is_listed(blobs):
    stored = {blobs.put(b"pixels", media_type="image/png").id for _ in range(3)}
    assert set(blobs.listing(older_than_s=0)) == stored
    assert list(blobs.listing(older_than_s=60)) == []


def test_a_deleted_blob_is_not_listed(blobs):
    first, second = (blobs.put(b"pixels", media_type="image/png") for _ in range(2))
    blobs.delete(first.id)
    assert list(blobs.listing(older_than_s=0)) == [second.id]


def test_where_nothing_was_stored_nothing_is_listed(blobs):
    assert list(blobs.listing(older_than_s=0)) == []


def test_a_blob_for_which_there_is_no_room_is_refused(full_blobs):
    with pytest.raises(StorageFull):
        full_blobs.put(b"pixels", media_type="image/png")


def test_a_folder_holds_whole_blobs_only_two_levels_deep(tmp_path):
    blob = FolderBlobs(tmp_path, reserve_bytes=0).put(b"pixels", media_type="image/png")
    files = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [f"{blob.id[:2]}/{blob.id[2:4]}/{blob.id}"]


def test_deleting_a_blob_leaves_other_files_alone(tmp_path):
    outside = tmp_path / "keep"
    outside.write_bytes(b"mine")
    FolderBlobs(tmp_path / "blobs", reserve_bytes=0).delete(BlobId("../keep"))
    assert outside.read_bytes() == b"mine"


def test_what_a_store_that_broke_off_has_left_is_listed_and_can_be_deleted(tmp_path):
    blobs = FolderBlobs(tmp_path, reserve_bytes=0)
    blob_id = BlobId("ab" * 16)
    part = tmp_path / "ab" / "ab" / f"{blob_id}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"pix")
    (part.parent / "notes.txt").write_bytes(b"mine")
    assert list(blobs.listing(older_than_s=0)) == [blob_id]
    blobs.delete(blob_id)
    assert [path.name for path in part.parent.iterdir()] == ["notes.txt"]


def test_blobs_go_on_to_be_stored_when_somebody_has_removed_their_folder(tmp_path):
    blobs = FolderBlobs(tmp_path, reserve_bytes=0)
    blobs.put(b"pixels", media_type="image/png")
    shutil.rmtree(tmp_path)
    with blobs.open(blobs.put(b"pixels", media_type="image/png").id) as file:
        assert file.read() == b"pixels"


def test_so_many_blobs_share_a_folder_and_the_next_begins_another(tmp_path):
    blobs = FolderBlobs(tmp_path, reserve_bytes=0, in_a_row=2)
    first, second, third = (blobs.put(b"", media_type="image/png").id for _ in range(3))
    assert first != second
    assert first[:24] == second[:24] != third[:24]


def test_two_processes_give_no_id_twice(tmp_path):
    one, other = (FolderBlobs(tmp_path, reserve_bytes=0) for _ in range(2))
    first, second = (blobs.put(b"pixels", media_type="image/png").id for blobs in (one, other))
    assert first[:24] != second[:24]
