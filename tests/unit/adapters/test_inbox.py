"""Trays of uploads in folders."""

import os
from collections.abc import Iterator

import pytest

from sightsong.adapters.inbox import FolderInbox
from sightsong.core.errors import NotFound, StorageFull

ALL_THE_DISK = 2**62


@pytest.fixture
def inbox(tmp_path):
    return FolderInbox(tmp_path / "inbox", reserve_bytes=0)


def files_in(folder):
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_files_come_back_in_the_order_in_which_they_came(inbox):
    tray = inbox.open_tray()
    for name in ("b.mp3", "a.mp3", "b.mp3"):
        inbox.put(tray, name, [b"x"])
    assert [file.name for file in inbox.files(tray)] == ["b.mp3", "a.mp3", "b.mp3"]


def test_a_file_reads_back_as_its_chunks_in_a_row(inbox):
    tray = inbox.open_tray()
    assert inbox.put(tray, "a.mp3", iter([b"so", b"", b"und"])) == 5
    assert inbox.files(tray)[0].path.read_bytes() == b"sound"


def test_an_empty_file_is_a_file(inbox):
    tray = inbox.open_tray()
    assert inbox.put(tray, "a.mp3", []) == 0
    assert len(inbox.files(tray)) == 1


@pytest.mark.parametrize(
    "name", ["../../outside.mp3", "/outside.mp3", "a/b.mp3", "x\0.mp3", "ü" * 2000, ".part", ""]
)
def test_a_senders_name_never_leads_anywhere(inbox, tmp_path, name):
    tray = inbox.open_tray()
    inbox.put(tray, name, [b"x"])
    (upload,) = inbox.files(tray)
    assert upload.path.parent == tmp_path / "inbox" / tray
    assert upload.path.stem == "000001"
    assert upload.path.read_bytes() == b"x"


def test_a_senders_name_is_kept_to_be_shown(inbox):
    tray = inbox.open_tray()
    inbox.put(tray, "Für Élise/01 - Ä.MP3", [b"x"])
    (upload,) = inbox.files(tray)
    assert (upload.name, upload.path.suffix) == ("Für Élise/01 - Ä.MP3", ".mp3")


def test_control_characters_of_a_name_are_not_shown(inbox):
    tray = inbox.open_tray()
    inbox.put(tray, "a\x1b[2J\n.mp3", [b"x"])
    assert inbox.files(tray)[0].name.isprintable()


def test_a_file_that_breaks_off_leaves_nothing(inbox, tmp_path):
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    tray = inbox.open_tray()
    with pytest.raises(ConnectionResetError):
        inbox.put(tray, "a.mp3", chunks())
    assert inbox.files(tray) == []
    assert files_in(tmp_path) == []


def test_a_file_that_has_not_ended_is_not_listed(inbox):
    tray = inbox.open_tray()
    seen = []

    def chunks() -> Iterator[bytes]:
        yield b"half"
        seen.append(inbox.files(tray))
        inbox.put(tray, "beside.mp3", [b"x"])

    inbox.put(tray, "a.mp3", chunks())
    assert seen == [[]]
    assert [file.name for file in inbox.files(tray)] == ["a.mp3", "beside.mp3"]


def test_a_file_for_which_there_is_no_room_is_refused_and_leaves_nothing(tmp_path):
    tray = FolderInbox(tmp_path, reserve_bytes=0).open_tray()
    with pytest.raises(StorageFull):
        FolderInbox(tmp_path, reserve_bytes=ALL_THE_DISK).put(tray, "a.mp3", [b"x"])
    assert files_in(tmp_path) == []


def test_room_is_looked_at_while_a_file_comes(tmp_path):
    class Huge(bytes):
        def __len__(self) -> int:
            return ALL_THE_DISK

    inbox = FolderInbox(tmp_path, reserve_bytes=0)
    tray = inbox.open_tray()
    with pytest.raises(StorageFull):
        inbox.put(tray, "a.mp3", [b"x", Huge()])
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("tray", ["../inbox", "0" * 36, "", "0" * 36 + "\n"])
def test_a_tray_that_is_not_there_takes_nothing(inbox, tray):
    inbox.open_tray()
    with pytest.raises(NotFound):
        inbox.put(tray, "a.mp3", [b"x"])
    assert inbox.files(tray) == []


def test_a_discarded_tray_is_gone(inbox, tmp_path):
    tray = inbox.open_tray()
    inbox.put(tray, "a.mp3", [b"x"])
    inbox.discard(tray)
    inbox.discard(tray)
    assert inbox.files(tray) == []
    assert files_in(tmp_path) == []


def test_discarding_leaves_what_is_no_tray_alone(inbox, tmp_path):
    inbox.open_tray()
    (tmp_path / "kept").mkdir()
    inbox.discard("../kept")
    assert (tmp_path / "kept").is_dir()


def test_only_trays_in_which_nothing_changed_are_stale(inbox, tmp_path):
    old, fresh, busy = inbox.open_tray(), inbox.open_tray(), inbox.open_tray()
    inbox.put(busy, "a.mp3", [b"x"])
    for tray in (old, busy):
        os.utime(tmp_path / "inbox" / tray, (0, 0))
    assert inbox.stale(3600) == [old]
    assert fresh


def test_an_inbox_that_was_never_used_has_nothing_stale(inbox):
    assert inbox.stale(0) == []
