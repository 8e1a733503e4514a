"""What a run may hurt: the service, and the servers under it."""

from dataclasses import dataclass

from tests.daemons import Postgres, Redis
from tests.e2e.service import Service


@dataclass(frozen=True, kw_only=True)
class Estate:
    """A service with the servers that are its own."""

    service: Service
    postgres: Postgres | None = None  #: None: SQLite.
    redis: Redis | None = None  #: None: a folder rings.
