"""Which texts can be ids and names, as they stand in addresses, headers and bodies."""

import re

from sightsong.core import tenancy

#: Of jobs, batches, tracks and the like. Which there are, the database knows.
ID = r"^[0-9A-Za-z-]{1,64}$"
#: Of tenants.
TENANT = r"^[a-z0-9][a-z0-9._-]*$"
#: Of a tenant's users: printable ASCII; a blank neither first nor last.
USER = tenancy.USER_PATTERN
LONGEST_USER = tenancy.LONGEST_USER
#: Of what people call things: no control characters.
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

#: What a text must be that one of these does not match.
WORDS = {
    ID: "must be an id: 1 to 64 letters, digits and hyphens",
    TENANT: "must be small letters, digits, dots, hyphens and underscores, "
    "and begin with a letter or digit",
    USER: "must be printable ASCII characters, with a blank neither first nor last",
    PRINTABLE: "must not hold control characters",
}


def can_be(text: str, *, pattern: str = ID) -> bool:
    """Whether a text can be an id, or whatever else the pattern is of."""
    return re.fullmatch(pattern, text) is not None
