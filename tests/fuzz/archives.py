"""Archives of either kind, as an ingest and a batch of photos unpack them."""

from sightsong.adapters import archives
from sightsong.core.errors import ArchiveRefused
from sightsong.core.ingests import Problem
from tests.fuzz import files

_LIMITS = archives.ArchiveLimits(max_members=20, max_bytes=200_000)
_CODES = ("archive_refused", "unsafe_member")


def knock(content: bytes) -> bool:
    """Unpack an archive; nothing lies outside of its folder, nothing stays, nothing is too much."""
    path, into = files.written(content, ".archive"), files.folder() / "into"
    into.mkdir(exist_ok=True)
    around = set(files.folder().iterdir())
    taken = unpacked = 0
    try:
        for one in archives.members(path, limits=_LIMITS, into=into, is_wanted=lambda _: True):
            if isinstance(one, Problem):
                assert one.code in _CODES
                assert one.file.isprintable()
                continue
            assert list(into.iterdir()) == [one.path]
            assert one.path.is_file()
            assert not one.path.is_symlink()
            assert one.path.stat().st_size == one.size_bytes
            assert one.name.isprintable()
            taken, unpacked = taken + 1, unpacked + one.size_bytes
    except ArchiveRefused:
        pass
    assert taken <= _LIMITS.max_members
    assert unpacked <= _LIMITS.max_bytes
    assert not list(into.iterdir())
    assert set(files.folder().iterdir()) == around
    return taken > 0
