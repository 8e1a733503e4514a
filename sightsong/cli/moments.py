"""Times as people write them on the command line."""

import re
from datetime import datetime

import typer

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
#: RFC 3339; `fromisoformat` alone reads much that no service does.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
#: A number and its unit.
_SPAN = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_LONGEST_S = 10 * 366 * 86_400


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


def span_s(said: str) -> int:
    """Read a length of time such as `90d`, in seconds.

    Raises:
        BadParameter: it is none, or of more than ten years.
    """
    said = said.strip()
    found = _SPAN.fullmatch(f"{said}s" if said == "0" else said)  # nothing needs no unit
    seconds = int(found[1]) * _UNITS_S[found[2]] if found else None
    if seconds is None or seconds > _LONGEST_S:
        raise typer.BadParameter(
            "say a length of time such as 90d, 12h or 30m (s, m, h, d, w), up to ten years"
        )
    return seconds
