"""Server-sent events, read from a body as it comes."""

from dataclasses import dataclass

from sightsong.client.lines import Lines


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event."""

    name: str = "message"
    id: str | None = None
    data: str = ""


class Events:
    """Puts events together; comments, and an event that was cut off, are left out."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._fields: dict[str, list[str]] = {}

    def fed(self, piece: bytes) -> list[Event]:
        """Take a piece of the body; return the events that are whole now."""
        found = [self._ended() for line in self._lines.fed(piece) if not self._added(line)]
        return [event for event in found if event is not None]

    def _added(self, line: str) -> bool:
        """Take a line; False for the empty one, which ends an event."""
        if line:
            name, _, value = line.partition(":")
            self._fields.setdefault(name, []).append(value.removeprefix(" "))
        return bool(line)

    def _ended(self) -> Event | None:
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        return Event(
            name=fields.get("event", ["message"])[-1],
            id=fields["id"][-1] if "id" in fields else None,
            data="\n".join(fields["data"]),
        )
