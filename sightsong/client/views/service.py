"""How the service is, as typed dictionaries."""

from typing import Any, NotRequired, TypedDict


class CheckView(TypedDict):
    """One check of the service."""

    status: str
    detail: str
    processes: NotRequired[list[dict[str, Any]]]  #: Of `workers` and `indexer`: what they run.


class ReadinessView(TypedDict):
    """Whether the service can do its work."""

    status: str  #: `ready`, `degraded` or `unready`.
    checks: dict[str, CheckView]
