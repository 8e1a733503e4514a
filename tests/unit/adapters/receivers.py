"""Receivers of webhooks on loopback, kind and hostile, one connection after the other."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket], None]

#: How long a hostile receiver goes on, in seconds: longer than any sender here waits.
_LONG_S = 5.0


class Receiver:
    """Behaves to each connection as it is told; notes what was sent to it."""

    def __init__(self, behave: Behaviour) -> None:
        self._behave = behave
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.got: list[bytes] = []
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    @property
    def place(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?to=us"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(_LONG_S)
                self.got.append(_request(connection))
                self._behave(connection)


@contextlib.contextmanager
def receiver(behave: Behaviour) -> Iterator[Receiver]:
    """A receiver that runs for the length of a block."""
    running = Receiver(behave)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def answers(status: int = 200, *headers: str, body: bytes = b"") -> Behaviour:
    """Answers at once."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda connection: connection.sendall("\r\n".join(lines).encode() + body)


def hangs_up(connection: socket.socket) -> None:
    """Says nothing, and closes."""


def talks_nonsense(connection: socket.socket) -> None:
    """Speaks no HTTP."""
    connection.sendall(b"220 mail.example ESMTP\r\n")


def drips(*beginning: bytes) -> Behaviour:
    """Sends a byte now and then, for ever."""

    def drip(connection: socket.socket) -> None:
        pause = threading.Event()
        connection.sendall(b"".join(beginning))
        while True:
            connection.sendall(b"x")
            pause.wait(0.02)

    return drip


def floods(connection: socket.socket) -> None:
    """Sends a body without end, as fast as it is taken."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def _request(connection: socket.socket) -> bytes:
    """Read a request with a body of a length that is told."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _some(connection)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += _some(connection)
    return head + b"\r\n\r\n" + body


def _some(connection: socket.socket) -> bytes:
    got = connection.recv(65536)
    if not got:
        raise ConnectionError
    return got
