"""Steps: what a call needs done, whoever does it.

A call is a generator. It yields what it needs (a request sent, a pause, …), is sent what came of
that, and returns its answer. It does no input or output by itself: `blocking` runs it on httpx's
plain client, `awaiting` on its asynchronous one, and what a call does is written once for both.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

_T = TypeVar("_T")

#: A parameter of several values is sent once for each.
Params: TypeAlias = Mapping[str, str | int | float | Sequence[str]]


class Piece(NamedTuple):
    """A piece of a body that is read as it is sent."""

    data: bytes
    of_files: int = 0  #: How many bytes of it are the files' own.


@dataclass(frozen=True, kw_only=True)
class Request:
    """Send this; what comes of it is the answer, read whole unless it is followed.

    Where nothing answers, `httpx.TransportError` is raised in the generator.
    """

    method: str
    path: str
    params: Params | None = None
    json: object = None
    content: bytes | None = None
    #: A body that is read as it is sent; begun anew for each try.
    stream: Callable[[], Iterator[Piece]] | None = None
    on_bytes: Callable[[int], None] = lambda _count: None  #: Told of its files' bytes, once sent.
    headers: Mapping[str, str] | None = None
    extra_s: float = 0.0  #: How long the service may hold the answer back (long poll).
    is_idempotent: bool = False  #: Doing it twice is like doing it once, although it is no GET.
    #: Whether "later" (429, 503) is an answer: whoever asked decides when to send it again.
    takes_later: bool = False
    is_followed: bool = False  #: The answer is read piece by piece, as it comes.

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.is_idempotent or self.method == "GET"


@dataclass(frozen=True, kw_only=True)
class NextPiece:
    """Read on in the answer that is followed; what comes of it are bytes, or None at its end.

    Where the connection is lost, `httpx.TransportError` is raised in the generator.
    """


@dataclass(frozen=True)
class Pause:
    """Do nothing for so long."""

    seconds: float


@dataclass(frozen=True)
class Work:
    """Do what takes a moment, as reading a file does; what comes of it is what it returns."""

    do: Callable[[], Any]


@dataclass(frozen=True)
class Item(Generic[_T]):
    """Hand this out: one of the things that the caller goes through."""

    value: _T


Command: TypeAlias = Request | NextPiece | Pause | Work
#: A call on its way to one answer.
Steps: TypeAlias = Generator[Command, Any, _T]
#: A call that hands things out, one after another.
Flow: TypeAlias = Generator[Command | Item[_T], Any, None]


def worked(do: Callable[[], _T]) -> Steps[_T]:
    """Have something done that takes a moment, and return what came of it."""
    return cast("_T", (yield Work(do)))
