"""HTTP by hand, for clients that do what no client should."""

import contextlib
import json
import socket
import time
from dataclasses import dataclass
from typing import Any

HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back on a connection."""

    status: int  #: 0: nothing came.
    headers: bytes
    body: bytes

    @property
    def code(self) -> str:
        """The code of a refusal; empty where there is none."""
        try:
            told: dict[str, Any] = json.loads(self.body)
        except ValueError:
            return ""
        return str(told.get("code", ""))


def connect(port: int, *, within_s: float = 40.0) -> socket.socket:
    """Connect to the API."""
    return socket.create_connection((HOST, port), timeout=within_s)


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    """The head of a request, to its end."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def read_until(connection: socket.socket, mark: bytes) -> bytes:
    """Read until some bytes have come, or the connection is closed."""
    read = b""
    while mark not in read and (piece := connection.recv(65536)):
        read += piece
    return read


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side closes the connection, or resets it."""
    read = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            read += piece
    return read


def read_answer(connection: socket.socket) -> Answer:
    """Read until the other side closes the connection; ask for that with `Connection: close`."""
    read = read_all(connection)
    first, _, rest = read.partition(b"\r\n")
    headers, _, body = rest.partition(b"\r\n\r\n")
    status = int(first.split()[1]) if first.startswith(b"HTTP/1.1 ") else 0
    return Answer(status=status, headers=headers, body=body)


def exchange(port: int, request: bytes) -> Answer:
    """Send some bytes, and read what comes until the other side closes."""
    with connect(port) as connection:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(request)  # it may be refused before it has all been sent
        return read_answer(connection)


def closed_after(connection: socket.socket, *, since: float) -> float:
    """Wait until the other side closes; seconds since then."""
    read_answer(connection)
    return time.monotonic() - since
