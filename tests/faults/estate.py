"""What a run may hurt: the service, and the servers under it."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.daemons import Postgres, Redis, server_folder
from tests.e2e.service import Service


@dataclass(frozen=True, kw_only=True)
class Estate:
    """A service with the servers that are its own."""

    service: Service
    postgres: Postgres | None = None  #: None: SQLite.
    redis: Redis | None = None  #: None: a folder rings.


@contextmanager
def open_estate(
    store: str, folder: Path, *, env: Mapping[str, str] | None = None
) -> Iterator[Estate]:
    """Make a service that is not yet up, on `embedded` or on `servers`; those are up."""
    with ExitStack() as stack:
        if store == "servers":
            estate = _on_servers(stack, folder, env or {})
        else:
            estate = Estate(service=Service(folder / "data", env=env))
        stack.callback(estate.service.down)
        yield estate


def _on_servers(stack: ExitStack, folder: Path, env: Mapping[str, str]) -> Estate:
    postgres = stack.enter_context(Postgres(stack.enter_context(server_folder())))
    redis = stack.enter_context(Redis(stack.enter_context(server_folder())))
    urls = {
        "SIGHTSONG_DATABASE_URL": postgres.create(f"faults{uuid.uuid4().hex[:8]}"),
        "SIGHTSONG_BROKER_URL": redis.url,
    }
    service = Service(folder / "data", env={**urls, **env})
    return Estate(service=service, postgres=postgres, redis=redis)
