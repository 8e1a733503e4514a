"""Backups that were damaged, cut off, or made to do harm: refused, with nothing half-restored."""

import io
import random
import tarfile
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sightsong.adapters.backups import (
    BackupRefused,
    Ignored,
    TapeReader,
    layout,
    read_header,
    read_through,
)
from sightsong.adapters.backups.tape import BLOCK, TapeWriter
from sightsong.core.errors import StorageFull
from tests.contract import estates
from tests.contract.estates import OPEN, RUNNING, SCHEMA, TRAY

#: Flipped bits and cuts that are tried.
_TRIES = 100

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good one."""
    folder = tmp_path_factory.mktemp("old")
    estate = estates.new_estate(f"sqlite:///{folder / 'sightsong.db'}", folder)
    estates.live_in(estate)
    content = estates.saved(estate)
    estate.database.close()
    return content


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Iterator[estates.Estate]:
    """A service that is empty, and stays so: what these tests restore is refused."""
    folder = tmp_path_factory.mktemp("new")
    estate = estates.new_estate(f"sqlite:///{folder / 'sightsong.db'}", folder)
    yield estate
    estate.database.close()


@pytest.fixture
def members(backup: bytes) -> Members:
    """What a good one holds, but for its manifest; to be changed."""
    with tarfile.open(fileobj=io.BytesIO(backup)) as archive:
        found = {one.name: archive.extractfile(one) for one in archive}
        return {name: file.read() for name, file in found.items() if file}


def packed(members: Members) -> bytes:
    """A backup whose manifest is right, whatever is in it."""
    file = io.BytesIO()
    tape = TapeWriter(file, made_at=0)
    for name, content in members.items():
        if name != layout.MANIFEST:
            tape.add(name, content)
    tape.add(layout.MANIFEST, layout.manifest(tape.members))
    tape.close()
    return file.getvalue()


def checked(backup: bytes) -> None:
    tape = TapeReader(io.BytesIO(backup))
    read_through(tape, read_header(tape, schema=SCHEMA), Ignored())


def assert_refused(new: estates.Estate, backup: bytes, *, why: str | None = None) -> None:
    """It is, by a check and by a restore alike, and nothing is left of it."""
    folder = new.shelf_dir.parent
    with pytest.raises(BackupRefused, match=why):
        checked(backup)
    with pytest.raises(BackupRefused, match=why):
        estates.restored(new, backup)
    assert [table.name for table in layout.TABLES if estates.rows_of(new, table)] == []
    assert estates.files_of(new) == {}
    assert {path.name for path in folder.iterdir()} <= {
        *("blobs", "inbox", "sightsong.db", "sightsong.db-wal", "sightsong.db-shm")
    }


def before_the_end(backup: bytes, header: bytes, content: bytes = b"") -> bytes:
    """Put another member in after the header."""
    first = backup.index(b"photos/")
    return backup[:first] + header + content + bytes(-len(content) % BLOCK) + backup[first:]


def header_of(name: str, *, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info.tobuf(tarfile.GNU_FORMAT)


def test_what_was_packed_by_hand_is_as_good_as_what_was_saved(backup, members):
    assert packed(members)[BLOCK:] != b""
    checked(packed(members))
    checked(backup)


def test_any_tar_lists_a_backup_and_any_sha256sum_checks_it(members):
    manifest = members[layout.MANIFEST].decode().splitlines()
    names = [line.split("  ")[1] for line in manifest]
    assert [*names, layout.MANIFEST] == list(members)
    assert names[0] == layout.HEADER


@pytest.mark.parametrize("seed", range(4))
def test_no_bit_can_flip_unnoticed(backup: bytes, seed: int):
    chance = random.Random(seed)  # noqa: S311 - damage that can be repeated
    for _ in range(_TRIES):
        flipped = bytearray(backup)
        flipped[chance.randrange(len(backup))] ^= 1 << chance.randrange(8)
        with pytest.raises(BackupRefused):
            checked(bytes(flipped))


def test_no_piece_can_be_cut_off_unnoticed(backup: bytes):
    chance = random.Random(5)  # noqa: S311
    ends = [*range(0, len(backup) - 2 * BLOCK, BLOCK), len(backup) - 2 * BLOCK]
    for end in [*ends, *(chance.randrange(ends[-1]) for _ in range(_TRIES))]:
        with pytest.raises(BackupRefused):
            checked(backup[:end])


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        f"photos/../../{OPEN}",
        f"photos/{OPEN}/x",
        f"photos/{OPEN.upper()}",
        f"photos/{OPEN}\n",
        f"uploads/{TRAY}/../000001.mp3",
        f"uploads/{TRAY}/../../sightsong.db",
        f"uploads/../{TRAY}/000001.mp3",
        f"uploads/{TRAY}/000001.MP3;x",
        f"uploads/{TRAY}/.000001.part",
        "tables/jobs/../../x.jsonl",
        "tables/alembic_version/000001.jsonl",
        "tables/workers/000001.jsonl",
        "tables/snapshots/000001.jsonl",
        "library/lite/1/near.faiss",
        "backup.json ",
        "",
    ],
)
def test_a_name_that_no_backup_has_is_refused(new, members, name):
    strange = {layout.HEADER: members.pop(layout.HEADER), name: b"x", **members}
    assert_refused(new, packed(strange))


@pytest.mark.parametrize(
    ("kind", "link"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "../../sightsong.db"),
        (tarfile.CHRTYPE, ""),
        (tarfile.BLKTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.DIRTYPE, ""),
        (tarfile.CONTTYPE, ""),
        (tarfile.GNUTYPE_LONGNAME, ""),
        (tarfile.GNUTYPE_SPARSE, ""),
        (tarfile.XHDTYPE, ""),
        (tarfile.XGLTYPE, ""),
    ],
)
def test_nothing_but_plain_files_is_taken(new, backup, kind, link):
    strange = header_of("photos/" + "d" * 32, kind=kind, link=link)
    assert_refused(new, before_the_end(backup, strange), why="no plain file")


@pytest.mark.parametrize("size", [10**6, 2**62])
def test_a_file_that_says_it_is_larger_than_it_is_takes_no_memory(backup, size):
    boasting = header_of("photos/" + "d" * 32, size=size)
    tracemalloc.start()
    with pytest.raises(BackupRefused, match="cut off"):
        checked(before_the_end(backup, boasting))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 16 * 1024 * 1024


def test_a_file_that_would_fill_the_disk_is_refused_before_it_does(new, backup):
    boasting = before_the_end(backup, header_of("photos/" + "d" * 32, size=2**62))
    with pytest.raises(StorageFull):
        estates.restored(new, boasting)
    assert estates.files_of(new) == {}


def test_a_size_below_nothing_is_refused(new, backup):
    assert_refused(new, before_the_end(backup, header_of("photos/x", size=-512)))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("tables/api_keys/000001.jsonl", layout.MOST_LINES + 1),
        ("tables/phrases/000001.bin", layout.MOST_VECTORS + 1),
        (layout.MANIFEST, 10**7),
    ],
)
def test_a_part_that_is_too_large_for_memory_is_refused_unread(new, backup, name, size):
    huge = header_of(name, size=size)
    assert_refused(new, before_the_end(backup, huge, b"x"), why="longer than it may be")


def test_a_header_that_is_too_large_is_refused_unread(new):
    huge = header_of(layout.HEADER, size=layout.MOST_HEADER + 1) + bytes(BLOCK)
    assert_refused(new, huge, why="longer than it may be")


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b"[" * 50_000 + b"]" * 50_000,
        b"nothing",
        b"NaN",
        b"[NaN]",
        b'{"id": 1}',
        b"[]",
        b"9" * 10_000,
        b'["a", "b"]',
        b"\xff\xfe",
        b"",
    ],
)
def test_a_line_that_is_no_row_is_refused(new, members, line):
    members["tables/spaces/000001.jsonl"] = line + b"\n"
    assert_refused(new, packed(members))


@pytest.mark.parametrize(
    "line",
    [
        b'["a", 1]',
        b'["a", 1, 2, 3]',
        b'["a", "1", 2]',
        b'["a", 1.5, 2]',
        b'["a", true, 2]',
        b'["a", null, 2]',
        b'["a", 9223372036854775808, 2]',
        b'[["a"], 1, 2]',
        b'[{"a": 1}, 1, 2]',
    ],
)
def test_a_value_of_another_type_is_refused(new, members, line):
    members["tables/spaces/000001.jsonl"] = b"\n".join([line] * 3) + b"\n"
    assert_refused(new, packed(members), why="a row of spaces is none")


def test_lengths_of_vectors_that_are_not_there_are_refused(new, members):
    members["tables/phrases/000001.bin"] += b"more"
    assert_refused(new, packed(members), why="a row of phrases is none")


def test_vectors_without_rows_are_refused(new, members):
    del members["tables/phrases/000001.jsonl"]
    assert_refused(new, packed(members), why="not in order")


def test_rows_that_are_left_out_are_missed(new, members):
    del members["tables/usage/000001.jsonl"]
    assert_refused(new, packed(members), why="rows are missing")


def test_a_part_that_is_left_out_is_missed(new, members):
    members = {name.replace("usage/000001", "usage/000002"): one for name, one in members.items()}
    assert_refused(new, packed(members), why="not in order")


def test_parts_in_another_order_are_refused(new, members):
    first = {"tables/jobs/000001.jsonl": members.pop("tables/jobs/000001.jsonl")}
    assert_refused(new, packed({layout.HEADER: members.pop(layout.HEADER), **first, **members}))


def test_photos_after_the_rows_are_refused(new, members):
    late = {name: members.pop(name) for name in list(members) if name.startswith("photos/")}
    del members[layout.MANIFEST]
    assert_refused(new, packed({**members, **late}), why="after the rows")


def test_a_photo_that_no_row_names_is_refused(new, members):
    stray = {f"photos/{'e' * 32}": b"x"}
    assert_refused(new, packed({layout.HEADER: members.pop(layout.HEADER), **stray, **members}))


def test_another_photo_than_its_row_says_is_refused(new, members):
    members[f"photos/{RUNNING}"] = b"another"
    assert_refused(new, packed(members), why="not what its row says")


def test_what_is_in_it_twice_is_refused(new, backup, members):
    again = header_of(f"photos/{OPEN}", size=len(members[f"photos/{OPEN}"]))
    twice = before_the_end(backup, again, members[f"photos/{OPEN}"])
    assert_refused(new, twice, why="twice")


def test_what_follows_the_end_is_refused(new, backup):
    assert_refused(new, backup + b"more", why="follows")
    assert_refused(new, backup + bytes(BLOCK) * 100, why="follows")


def test_a_wrong_digest_is_refused_though_all_else_is_right(new, members):
    good = packed(members)
    at = good.rindex(b"  tables/tracks/")
    wrong = good[: at - 1] + (b"0" if good[at - 1 : at] != b"0" else b"1") + good[at:]
    assert_refused(new, wrong, why="digests")


def test_a_backup_of_another_schema_is_refused_and_says_what_to_do(new, members):
    header = layout.Header.read(members[layout.HEADER], schema=SCHEMA)
    members[layout.HEADER] = replace(header, schema="0001", release="0.0.7").written()
    assert_refused(new, packed(members), why="schema '0001', made by Sightsong '0.0.7'")
    assert_refused(new, packed(members), why=f"has schema '{SCHEMA}'.*sightsong migrate")


@pytest.mark.parametrize(
    "said",
    [
        {"format": 2},
        {"format": None},
        {"tables": {}},
        {"tables": {**layout.columns(), "jobs": ["id"]}},
        {"rows": {}},
        {"rows": dict.fromkeys(layout.columns(), -1)},
        {"rows": dict.fromkeys(layout.columns(), 1000000000.0)},
        {"photos": "many"},
        {"made_at": "today"},
        {"shelf": 7},
    ],
)
def test_a_header_that_lies_is_refused(new, members, said):
    header = layout.Header.read(members[layout.HEADER], schema=SCHEMA)
    members[layout.HEADER] = replace(header, **said).written()
    assert_refused(new, packed(members))


@pytest.mark.parametrize(
    "content",
    [b"", b"x", bytes(BLOCK), bytes(20 * BLOCK), b"PK\x03\x04" * 999, b"\x1f\x8b" * 999],
    ids=["empty", "a letter", "an end", "zeros", "a zip", "gzip"],
)
def test_what_is_no_backup_is_refused(new, content):
    assert_refused(new, content)


def test_rows_that_the_database_does_not_take_are_refused(new, members):
    members["tables/spaces/000001.jsonl"] = b'["a", 1, 2]\n' * 3  # one space thrice
    with pytest.raises(BackupRefused, match="does not take a row of spaces"):
        estates.restored(new, packed(members))
    assert [table.name for table in layout.TABLES if estates.rows_of(new, table)] == []
    assert estates.files_of(new) == {}


def test_a_disk_that_breaks_off_leaves_nothing(new, backup):
    class Broken(io.BytesIO):
        """A file of which the second half cannot be read."""

        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > len(backup) // 2:
                raise OSError(5, "Input/output error")
            return super().read(size)

    tape = TapeReader(Broken(backup))
    with pytest.raises(OSError, match="Input/output"):
        estates.restore(new, tape, read_header(tape, schema=SCHEMA))
    assert estates.files_of(new) == {}
    assert Path(new.shelf_dir).exists() is False
