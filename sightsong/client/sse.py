"""Server-sent events, read from a body as it comes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event."""

    name: str = "message"
    id: str | None = None
    data: str = ""


def read(body: Iterable[bytes]) -> Iterator[Event]:
    """Yield the events of a stream; comments, and an event that was cut off, are left out."""
    fields: dict[str, list[str]] = {}
    for line in _lines(body):
        if line:
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
            continue
        if "data" in fields:
            yield _event(fields)
        fields = {}


def _event(fields: dict[str, list[str]]) -> Event:
    return Event(
        name=fields.get("event", ["message"])[-1],
        id=fields["id"][-1] if "id" in fields else None,
        data="\n".join(fields["data"]),
    )


def _lines(body: Iterable[bytes]) -> Iterator[str]:
    """Whole lines. Only line feeds end them: JSON may hold the other ends that Unicode knows."""
    rest = b""
    for piece in body:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
