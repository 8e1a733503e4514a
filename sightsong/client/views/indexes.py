"""Indexes of the music, as typed dictionaries."""

from typing import NotRequired, TypedDict


class IndexView(TypedDict):
    """An index snapshot."""

    version: str
    space: str
    state: str  #: `ready`, `active` or `retired`.
    is_pinned: bool  #: Active because somebody chose it: it stays until they choose again.
    backend: str | None  #: Where it lies: `faiss` or `milvus`.
    kind: str | None  #: How it narrows a search down: `exact`, `ivf` and the like.
    tracks: int
    revision: int  #: Of the tracks that it was built from.
    recall_at_10: dict[str, float] | None  #: Share of the ten nearest that it finds, by query.
    bytes: int | None
    built_s: float | None  #: How long building it took.
    created_at: str


class DeltaView(TypedDict):
    """What has changed since the served snapshot was built; searches see it all the same."""

    tracks: int  #: Counted up to the limit.
    limit: int  #: From here on a new snapshot is built.


class IndexesView(TypedDict):
    """All index snapshots, the served one, and what has changed since."""

    items: list[IndexView]
    active: str | None
    stale: bool  #: Whether tracks wait to be embedded, or searches do not see all of them yet.
    refused: NotRequired[str | None]  #: Why the active one is not served; None where it is.
    held_back: NotRequired[str | None]  #: Why what has changed since is not found; None: it is.
    delta: DeltaView
