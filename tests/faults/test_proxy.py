"""The proxy spoils what it carries, and nothing else: the fault tests rest on it."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.faults.proxy import proxied


@contextlib.contextmanager
def an_echo() -> Iterator[int]:
    """A server that says what it hears; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=repeat, args=listening.accept()[:1]).start()

        def repeat(heard: socket.socket) -> None:
            with heard, contextlib.suppress(OSError):
                while piece := heard.recv(4096):
                    heard.sendall(piece)

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@contextlib.contextmanager
def through(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        yield connection


def says(connection: socket.socket, word: bytes) -> bytes:
    connection.sendall(word)
    return connection.recv(4096)


def test_it_carries_both_ways():
    with an_echo() as port, proxied(port) as proxy, through(proxy.port) as connection:
        assert says(connection, b"hello") == b"hello"


def test_a_black_hole_answers_nothing_and_closes_nothing():
    with an_echo() as port, proxied(port) as proxy, through(proxy.port) as connection:
        assert says(connection, b"before") == b"before"
        proxy.black_hole()
        connection.sendall(b"swallowed")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(4096)
        proxy.carry()
        connection.settimeout(5)
        assert connection.recv(4096) == b"swallowed"


def test_a_reset_ends_what_is_open_and_lets_new_ones_in():
    with an_echo() as port, proxied(port) as proxy:
        with through(proxy.port) as connection:
            assert says(connection, b"before") == b"before"
            proxy.reset()
            with contextlib.suppress(ConnectionError):
                assert connection.recv(4096) == b""
        with through(proxy.port) as connection:
            assert says(connection, b"after") == b"after"


def test_one_that_refuses_ends_new_ones_at_once():
    with an_echo() as port, proxied(port) as proxy:
        proxy.refuse()
        with through(proxy.port) as connection, contextlib.suppress(ConnectionError):
            assert says(connection, b"hello") == b""
        proxy.carry()
        with through(proxy.port) as connection:
            assert says(connection, b"after") == b"after"


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_cut_loses_one_connection_at_a_word_and_its_answer(is_heard: bool):
    with an_echo() as port, proxied(port) as proxy:
        cut = proxy.cut(after=b"first", at=b"last", is_heard=is_heard)
        with through(proxy.port) as connection:
            assert says(connection, b"last") == b"last"  # nothing came before it
            assert says(connection, b"first") == b"first"
            assert not cut.made.is_set()
            with contextlib.suppress(ConnectionError):
                assert says(connection, b"last") == b""
        assert cut.made.wait(5)
        with through(proxy.port) as connection:
            assert says(connection, b"first") == b"first"
            assert says(connection, b"last") == b"last"


def test_what_is_forgotten_is_silent_and_what_comes_later_is_not():
    with an_echo() as port, proxied(port) as proxy, through(proxy.port) as old:
        assert says(old, b"before") == b"before"
        proxy.forget()
        with through(proxy.port) as new:
            assert says(new, b"after") == b"after"
        old.settimeout(0.2)
        with pytest.raises(TimeoutError):
            says(old, b"hello?")
