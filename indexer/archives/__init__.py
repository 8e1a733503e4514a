"""Archives: what lies in a zip or a tar, unpacked one file at a time, within limits.

An archive comes from anyone, so that nothing it says of itself is believed: not its ending, not
its sizes, not its paths.
"""

from indexer.archives.limits import ArchiveLimits
from indexer.archives.members import members
from indexer.archives.names import is_archive
from indexer.archives.unpacking import Member

__all__ = ["ArchiveLimits", "Member", "is_archive", "members"]
