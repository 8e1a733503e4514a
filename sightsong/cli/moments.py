"""Times as people write them on the command line."""

import re
from datetime import datetime

import typer

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
#: RFC 3339; `fromisoformat` alone reads much that no service does.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def moment(said: str | None) -> str | None:
    """Read a time with its zone, or a day: its first moment here, in the zone of this machine.

    Raises:
        BadParameter: it is neither.
    """
    if said is None:
        return None
    try:
        if _DAY.fullmatch(said):
            return datetime.fromisoformat(said).astimezone().isoformat()
        if _TIME.fullmatch(said):
            datetime.fromisoformat(said)  # there is no 31 February
            return said
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter("say a time such as 2026-11-20T23:42:07Z, or a day such as 2026-11-20")
