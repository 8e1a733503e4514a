"""Archives: fair ones, and such as were made to harm."""

import bz2
import gzip
import io
import lzma
import random
import stat
import struct
import tarfile
import zipfile
import zlib

import pytest

from sightsong.adapters import archives
from sightsong.adapters.archives import ArchiveLimits, Member
from sightsong.adapters.archives.limits import Meter
from sightsong.core.errors import ArchiveRefused, StorageFull

MIB = 1024 * 1024
LIMITS = ArchiveLimits(max_members=10, max_bytes=64 * MIB)
PACKERS = {"plain": bytes, "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.fixture
def unpack(tmp_path):
    """Unpack an archive to {name: bytes}, with the codes of what could not be had."""

    def unpack(content: bytes, limits: ArchiveLimits = LIMITS) -> dict[str, bytes | str]:
        path, into = tmp_path / "upload.bin", tmp_path / "into"
        into.mkdir(exist_ok=True)
        path.write_bytes(content)
        found: dict[str, bytes | str] = {}
        for one in archives.members(path, limits=limits, into=into, is_wanted=is_mp3):
            is_member = isinstance(one, Member)
            found[one.name if is_member else one.file] = (
                one.path.read_bytes() if is_member else one.code
            )
            assert len(list(into.iterdir())) <= 1
        assert list(into.iterdir()) == []
        return found

    return unpack


def is_mp3(name):
    return name.endswith(".mp3")


def zipped(files, kind=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", kind) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return content.getvalue()


def tarred(files, form=tarfile.PAX_FORMAT):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=form) as archive:
        for name, data in files:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_link(name):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.fixture(params=["zip", *PACKERS])
def packed(request):
    """Pack files in each kind of archive."""
    if request.param == "zip":
        return zipped
    return lambda files: PACKERS[request.param](tarred(files))


def test_wanted_files_come_in_the_order_of_the_archive(unpack, packed):
    files = [("b.mp3", b"B"), ("notes.txt", b"T"), ("folder/a.mp3", b"A" * 100_000)]
    assert list(unpack(packed(files)).items()) == [files[0], files[2]]


def test_an_empty_archive_holds_nothing(unpack, packed):
    assert unpack(packed([])) == {}


def test_hidden_files_and_folders_are_passed_over(unpack, packed):
    names = (".a.mp3", ".git/a.mp3", "__MACOSX/._a.mp3", "x/.y/a.mp3", "./b.mp3")
    assert list(unpack(packed([(name, b"x") for name in names]))) == ["b.mp3"]


@pytest.mark.parametrize("name", ["/etc/a.mp3", "../a.mp3", "x/../../a.mp3", "x\\..\\a.mp3"])
def test_a_path_that_points_out_is_told_and_the_next_file_comes(unpack, packed, name):
    found = unpack(packed([(name, b"evil"), ("b.mp3", b"B")]))
    assert found == {name: "unsafe_member", "b.mp3": b"B"}


def test_a_path_with_a_drive_points_out(unpack, packed):
    assert unpack(packed([("C:a.mp3", b"evil")])) == {"C:a.mp3": "unsafe_member"}


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_of_a_tar_are_told(unpack, kind):
    content = tarred([(special("a.mp3", kind, "/etc/passwd"), b""), ("b.mp3", b"B")])
    assert unpack(content) == {"a.mp3": "unsafe_member", "b.mp3": b"B"}


def test_links_of_a_zip_are_told(unpack):
    content = zipped([(zip_link("a.mp3"), b"/etc/passwd"), ("b.mp3", b"B")])
    assert unpack(content) == {"a.mp3": "unsafe_member", "b.mp3": b"B"}


@pytest.mark.parametrize("name", ["more.zip", "more.tar.gz", "more.TGZ"])
def test_an_archive_within_an_archive_is_not_opened(unpack, packed, name):
    assert unpack(packed([(name, b"PK")])) == {name: "archive_refused"}


def test_a_name_is_read_as_it_was_written(unpack, packed):
    assert list(unpack(packed([("Für Élise.mp3", b"x")]))) == ["Für Élise.mp3"]


def test_names_of_a_zip_that_hides_its_utf8_are_read(unpack):
    content = bytearray(zipped([("é.mp3", b"x")]))
    for place, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(place) + offset
        content[at : at + 2] = struct.pack("<H", 0)
    assert list(unpack(bytes(content))) == ["é.mp3"]


def test_control_characters_of_a_name_are_not_shown(unpack, packed):
    (name,) = unpack(packed([("a\x1b[2J\n.mp3", b"x")]))
    assert name.isprintable()


def test_a_zip_written_to_a_pipe_is_read(unpack):
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.content = b""

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:
            self.content += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.mp3", b"A" * 1000)
    assert b"PK\x07\x08" in pipe.content  # sizes come after the bytes
    assert unpack(pipe.content) == {"a.mp3": b"A" * 1000}


def test_a_zip64_is_read(unpack):
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w") as archive,
        archive.open("a.mp3", "w", force_zip64=True) as file,
    ):
        file.write(b"A")
    assert unpack(content.getvalue()) == {"a.mp3": b"A"}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_each_format_of_tar_is_read(unpack, form):
    name = f"{'folder/' * 13}a.mp3"
    assert unpack(tarred([(name, b"A")], form)) == {name: b"A"}


def test_streams_that_follow_one_another_are_one_archive(unpack):
    content = tarred([("a.mp3", b"A"), ("b.mp3", b"B")])
    for packer in (gzip.compress, bz2.compress, lzma.compress):
        parts = packer(content[:700]) + packer(content[700:])
        assert unpack(parts) == {"a.mp3": b"A", "b.mp3": b"B"}


def test_a_member_that_is_moved_away_stays(tmp_path):
    path, into = tmp_path / "a.zip", tmp_path / "into"
    into.mkdir()
    path.write_bytes(zipped([("a.mp3", b"A"), ("b.mp3", b"B")]))
    for one in archives.members(path, limits=LIMITS, into=into, is_wanted=is_mp3):
        one.path.rename(tmp_path / one.name)
    assert ((tmp_path / "a.mp3").read_bytes(), (tmp_path / "b.mp3").read_bytes()) == (b"A", b"B")


def test_a_locked_file_is_told(unpack):
    content = bytearray(zipped([("a.mp3", b"A"), ("b.mp3", b"B")]))
    for place, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(place) + offset] |= 1
    assert unpack(bytes(content)) == {"a.mp3": "archive_refused", "b.mp3": b"B"}


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_kinds_of_zip_that_unpack_without_a_bound_are_told(unpack, kind):
    assert unpack(zipped([("a.mp3", b"A")], kind)) == {"a.mp3": "archive_refused"}


def test_a_damaged_file_of_a_zip_is_told_and_the_next_one_comes(unpack):
    content = zipped([("a.mp3", b"sound"), ("b.mp3", b"B")], zipfile.ZIP_STORED)
    found = unpack(content.replace(b"sound", b"noise"))
    assert found == {"a.mp3": "archive_refused", "b.mp3": b"B"}


def test_more_files_than_allowed_are_refused(unpack, packed):
    content = packed([(f"{number}.mp3", b"x") for number in range(11)])
    with pytest.raises(ArchiveRefused, match="more than 10 files"):
        unpack(content)


def test_a_mass_of_other_entries_is_refused(unpack, packed):
    content = packed([(f"{number}.txt", b"") for number in range(101)])
    with pytest.raises(ArchiveRefused, match="more than 100 entries"):
        unpack(content)


def noise(size):
    """Bytes that pack badly, the same each time."""
    return random.Random(1).randbytes(size)  # noqa: S311 - only to be hard to pack


def test_more_bytes_than_allowed_are_refused(unpack, packed):
    content = packed([(f"{number}.mp3", noise(100_000)) for number in range(3)])
    with pytest.raises(ArchiveRefused, match="more than 250000 bytes"):
        unpack(content, ArchiveLimits(max_members=10, max_bytes=250_000))


@pytest.mark.parametrize("packer", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["bomb.mp3", "bomb.txt"])
def test_a_bomb_in_a_tar_is_refused_taken_or_passed_over(unpack, packer, name):
    content = packer(tarred([(name, bytes(32 * MIB))]))
    with pytest.raises(ArchiveRefused, match="100 times"):
        unpack(content)


def test_a_bomb_in_a_zip_is_refused(unpack):
    with pytest.raises(ArchiveRefused, match="100 times"):
        unpack(zipped([("bomb.mp3", bytes(32 * MIB))]))


def test_a_bomb_beside_honest_bytes_is_refused(unpack, packed):
    content = packed([("honest.mp3", noise(MIB)), ("bomb.mp3", bytes(40 * MIB))])
    if len(content) > 20 * MIB:
        return  # a plain tar packs nothing
    with pytest.raises(ArchiveRefused, match="100 times"):
        unpack(content)


def test_files_that_begin_at_one_place_are_refused(unpack):
    one = zipped([("0.mp3", b"x")])
    at, end = one.index(b"PK\x01\x02"), one.rindex(b"PK\x05\x06")
    directory, tail = one[at:end] * 2, bytearray(one[end:])
    struct.pack_into("<HHI", tail, 8, 2, 2, len(directory))
    with pytest.raises(ArchiveRefused, match="share"):
        unpack(one[:at] + directory + bytes(tail))


def test_packed_bytes_that_files_share_count_once():
    meter = Meter(LIMITS, archive_bytes=100_000)
    meter.entry()
    meter.read(100_000)
    meter.unpacked(9_000_000)
    meter.entry()
    meter.read(100_000)
    with pytest.raises(ArchiveRefused, match="100 times"):
        meter.unpacked(9_000_000)


def test_a_file_without_a_name_is_passed_over(unpack):
    content = zipped([("x", b"A"), ("b.mp3", b"B")])
    at = content.index(b"PK\x01\x02")
    end = content.rindex(b"PK\x05\x06")
    nameless = bytearray(content[at:end])
    struct.pack_into("<H", nameless, 28, 0)
    del nameless[46]
    tail = bytearray(content[end:])
    struct.pack_into("<I", tail, 12, len(nameless))
    assert unpack(content[:at] + bytes(nameless) + bytes(tail)) == {"b.mp3": b"B"}


def test_a_size_that_lies_is_not_believed(unpack):
    content = bytearray(zipped([("a.mp3", bytes(32 * MIB))]))
    for place, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(place) + offset, 10)
    assert unpack(bytes(content)) == {"a.mp3": "archive_refused"}


def test_a_directory_too_long_to_hold_is_refused_unread(unpack):
    content = zipped([("a.mp3", b"x")])
    end = content.rindex(b"PK\x05\x06")
    tail = bytearray(content[end:])
    struct.pack_into("<II", tail, 12, 4 * MIB, 0)
    with pytest.raises(ArchiveRefused, match="directory"):
        unpack(content[:end] + bytes(4 * MIB) + bytes(tail))


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_tar_header_too_long_to_hold_is_refused_unread(unpack, kind):
    long = special("long", kind)
    content = tarred([(long, b"9" * 2 * MIB), ("a.mp3", b"x")], tarfile.USTAR_FORMAT)
    with pytest.raises(ArchiveRefused, match="header"):
        unpack(content)


def test_a_long_chain_of_tar_headers_is_refused(unpack):
    chain = [(special("long", tarfile.GNUTYPE_LONGNAME), b"x\0") for _ in range(3000)]
    with pytest.raises(ArchiveRefused):
        unpack(tarred([*chain, ("a.mp3", b"x")], tarfile.USTAR_FORMAT))


def test_a_tar_header_that_leads_back_is_refused(unpack):
    info = tarfile.TarInfo("a.txt")
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xfc\x00"  # a size of -1024
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    with pytest.raises(ArchiveRefused):
        unpack(bytes(header) + tarred([("b.mp3", b"B")]))


def test_a_file_with_holes_is_told(unpack):
    info = tarfile.TarInfo("a.mp3")
    info.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:398] = b"00000000000\0"
    header[483:495] = b"77777777777\0"
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    found = unpack(bytes(header) + tarred([("b.mp3", b"B")]))
    assert found == {"a.mp3": "archive_refused", "b.mp3": b"B"}


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_an_archive_that_breaks_off_is_refused(unpack, packed, share):
    files = [("a.mp3", noise(30_000)), ("b.mp3", noise(40_000))]
    content = packed(files)
    with pytest.raises(ArchiveRefused):
        unpack(content[: int(len(content) * share)])


def test_a_damaged_header_in_a_tar_is_no_end(unpack):
    content = tarred([("a.mp3", b"A"), ("b.mp3", b"B")], tarfile.USTAR_FORMAT)
    with pytest.raises(ArchiveRefused, match="damaged"):
        unpack(content.replace(b"b.mp3", b"c.mp3"))


@pytest.mark.parametrize("packer", [gzip.compress, bz2.compress, lzma.compress])
def test_damaged_packed_bytes_are_refused(unpack, packer):
    content = bytearray(packer(tarred([("a.mp3", noise(100_000))])))
    middle = len(content) // 2
    content[middle : middle + 8] = b"\xff" * 8
    with pytest.raises(ArchiveRefused):
        unpack(bytes(content))


@pytest.mark.parametrize(
    "content", [b"", b"RIFF\0\0\0\0WAVE" * 100, b"PK\x03\x04", b"\x1f\x8b", b"BZh9"]
)
def test_what_is_no_archive_is_refused(unpack, content):
    with pytest.raises(ArchiveRefused):
        unpack(content)


def test_an_xz_that_asks_for_much_memory_is_refused(unpack):
    content = bytearray(lzma.compress(tarred([("a.mp3", b"A")])))
    # Behind the 12 bytes of the stream's header: the block's size, flags, LZMA2's properties.
    end = 12 + (content[12] + 1) * 4
    at = content.index(b"\x21\x01", 12)
    content[at + 2] = 30  # a dictionary of 128 MiB
    struct.pack_into("<I", content, end - 4, zlib.crc32(content[12 : end - 4]))
    assert lzma.decompress(content)
    with pytest.raises(ArchiveRefused):
        unpack(bytes(content))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_disk_that_is_nearly_full_is_left_as_it_is(unpack, tmp_path, pack):
    limits = ArchiveLimits(max_members=10, max_bytes=MIB, reserve_bytes=2**62)
    with pytest.raises(StorageFull):
        unpack(pack([("a.mp3", b"sound")]), limits)
    assert list((tmp_path / "into").iterdir()) == []
