"""Archives: what lies in a zip or a tar, unpacked one file at a time, within limits.

An archive comes from anyone, so that nothing it says of itself is believed: not its ending, not
its sizes, not its paths.
"""

from sightsong.adapters.archives.limits import ArchiveLimits
from sightsong.adapters.archives.members import members
from sightsong.adapters.archives.names import is_archive
from sightsong.adapters.archives.unpacking import Member

__all__ = ["ArchiveLimits", "Member", "is_archive", "members"]
