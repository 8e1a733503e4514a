"""An app on a real socket, in a thread of this process."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from api.connections import LONGEST_HEAD, Connection
from tests.ports import free_port
from tests.waiting import wait_until


@contextlib.contextmanager
def served(app: ASGIApp, connection: type[Connection] = Connection) -> Iterator[int]:
    """Serve an app as the API process does; the port that it is at."""
    port = free_port()
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        http=connection,
        ws="none",
        h11_max_incomplete_event_size=LONGEST_HEAD,
    )
    server = uvicorn.Server(config)
    running = threading.Thread(target=server.run)
    running.start()
    try:
        wait_until(lambda: server.started)
        yield port
    finally:
        server.should_exit = True
        running.join(20)


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side closes the connection."""
    read = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            read += piece
    return read
