"""A Postgres that says nothing: no answer is waited for for ever.

The server's own timeouts are of no use where it hears nothing, or cannot be heard: a pooler or a
balancer on the way that has lost a connection keeps ours open, and its kernel acknowledges all that
we send. So every wait of the driver has an end here, after which the connection is closed.
"""

import select
from typing import Any

import psycopg2
from psycopg2 import extensions
from sqlalchemy import Engine, event

#: How long a connection may take to be made, for each address.
_CONNECT_S = 2.0
_WATCHED = {
    extensions.POLL_READ: select.POLLIN,
    extensions.POLL_WRITE: select.POLLOUT,
}


class _Connection(extensions.connection):  # type: ignore[misc]  # has no types
    """A connection that knows how long its server may be silent."""

    longest_silence_s = _CONNECT_S


def bound(engine: Engine, *, longest_s: float) -> None:
    """Have all waits of an engine's connections end.

    Args:
        engine: whose `connect_args` name `connection_factory`.
        longest_s: how long the server may think about a statement and say nothing.
    """
    extensions.set_wait_callback(_wait)

    def made(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection
        connection.longest_silence_s = longest_s

    event.listen(engine, "connect", made)
    event.listen(engine, "do_connect", _connect_to_any)


#: Makes the connections that can be bound.
connection_factory = _Connection


def _wait(connection: extensions.connection) -> None:
    """Wait for what the driver waits for; called by it, in place of its own way."""
    longest_s = getattr(connection, "longest_silence_s", None)
    while (state := connection.poll()) != extensions.POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), _WATCHED[state])
        if not poller.poll(None if longest_s is None else longest_s * 1000):
            raise psycopg2.OperationalError(f"no word from the server for {longest_s:g} s")


def _connect_to_any(dialect: Any, _record: object, args: Any, params: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
    """Try the addresses of a URL that names several, one after the other.

    The driver would do so by itself, but it cannot give one up while it is watched from here.
    """
    hosts = str(params.get("host") or "").split(",")
    if len(hosts) == 1:
        return None  # as usual
    ports = str(params.get("port") or "5432").split(",")
    for host, port in zip(hosts, ports * len(hosts) if len(ports) == 1 else ports, strict=False):
        try:
            return dialect.connect(*args, **{**params, "host": host, "port": port})
        except psycopg2.OperationalError as error:
            refused = error
    raise refused
