"""Whose things are: tenants, the users that they name, and what a caller may do.

Jobs, batches, webhooks and what is remembered of users belong to a tenant. The music library
belongs to the service: every tenant is answered out of it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

TenantId = NewType("TenantId", str)
#: What a tenant calls one of its users; it vouches for them.
UserId = NewType("UserId", str)

#: Whose everything is in a service without keys.
DEFAULT_TENANT = TenantId("default")
#: The user that a tenant is itself, where it names none.
NOBODY = UserId("")
#: Most characters of the name of a user.
LONGEST_USER = 64
#: How one is written: printable ASCII, a blank neither first nor last.
USER_PATTERN = r"^[!-~]([ -~]*[!-~])?$"


class Scope(StrEnum):
    """What a key may be used for."""

    JOBS = "jobs"  #: Ask for answers, and search and play the music.
    LIBRARY = "library"  #: Change the music and its index.
    ADMIN = "admin"  #: Make and revoke keys.


#: All of them, as in a service without keys.
EVERYTHING = frozenset(Scope)


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Whom something belongs to."""

    tenant: TenantId = DEFAULT_TENANT
    user: UserId = NOBODY


def is_user_name(text: str) -> bool:
    """Whether a user may be named so: 1 to 64 printable ASCII characters, no blank at the ends."""
    return len(text) <= LONGEST_USER and re.fullmatch(USER_PATTERN[1:-1], text) is not None
