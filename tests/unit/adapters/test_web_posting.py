"""Posting to receivers: what goes out, and what a hostile one can do to us."""

import threading
import time

import httpcore
import pytest

from sightsong.adapters.web import Network, Poster, checked, read_private
from sightsong.core.errors import ConfigurationError, UrlNotAllowed
from tests.ports import free_port
from tests.unit.adapters.receivers import (
    answers,
    drips,
    floods,
    hangs_up,
    receiver,
    talks_nonsense,
)

BODY = b'{"type":"test"}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


def post(to, **options: object):
    return Poster(private={to.place}, **options).post(to.url, BODY, {"webhook-id": "msg_1"})


def test_a_body_is_posted_as_it_is():
    with receiver(answers(204)) as to:
        answer = post(to)
    assert (answer.status, answer.error) == (204, None)
    assert answer.took_ms > 0
    (got,) = to.got
    head, _, body = got.partition(b"\r\n\r\n")
    assert body == BODY
    assert head.startswith(b"POST /hooks?to=us HTTP/1.1\r\n")
    sent = head.lower()
    assert b"webhook-id: msg_1" in sent
    assert b"content-type: application/json" in sent


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_a_refusal_is_told_by_its_status(status):
    with receiver(answers(status, body=b"no")) as to:
        assert post(to).status == status


def test_a_redirect_is_not_followed():
    with receiver(answers(200)) as inside:
        moved = answers(302, f"Location: {inside.url}")
        with receiver(moved) as to:
            answer = Poster(private={to.place, inside.place}).post(to.url, BODY, {})
    assert answer.status == 302
    assert inside.got == []


def test_a_receiver_that_hangs_up_has_not_answered():
    with receiver(hangs_up) as to:
        answer = post(to)
    assert (answer.status, "no answer" in answer.error) == (None, True)


def test_a_receiver_that_speaks_no_http_has_not_answered():
    with receiver(talks_nonsense) as to:
        assert post(to).status is None


def test_a_receiver_that_does_not_listen_has_not_answered():
    port = free_port()
    answer = Poster(private={("127.0.0.1", port)}).post(f"http://127.0.0.1:{port}/", BODY, {})
    assert (answer.status, "no answer" in answer.error) == (None, True)


def test_a_receiver_that_drips_its_answer_is_left_in_time():
    with receiver(drips(b"HTTP/1.1 200 OK\r\nX: ")) as to:
        began = time.monotonic()
        answer = post(to, total_s=0.3)
        took_s = time.monotonic() - began
    assert (answer.status, answer.error) == (None, "the receiver takes too long")
    assert took_s < 2


def test_a_body_that_drips_for_ever_does_not_hold_us_up():
    with receiver(drips(OK)) as to:
        began = time.monotonic()
        answer = post(to)
        took_s = time.monotonic() - began
    assert answer.status == 200
    assert took_s < 4


def test_a_body_without_end_is_not_read_to_its_end():
    with receiver(floods) as to:
        began = time.monotonic()
        answer = post(to)
        took_s = time.monotonic() - began
    assert answer.status == 200
    assert took_s < 4


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Sat, 21 Nov 2026 20:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 19:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("Sat, 1 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Sat, 21 Nov 2026 20:00:30 +99999999999999", None),
    ],
)
def test_a_receiver_may_ask_to_be_left_alone(said, seconds):
    now = 1_795_291_200.0  # 2026-11-21 20:00 UTC
    with receiver(answers(503, f"Retry-After: {said}")) as to:
        assert post(to, clock=lambda: now).retry_after_s == seconds


class NoWire(httpcore.NetworkBackend):
    """Connects to nothing, and notes that it was asked to."""

    def __init__(self) -> None:
        self.went: list[str] = []

    def connect_tcp(
        self, host, port, timeout=None, local_address=None, socket_options=None
    ) -> httpcore.NetworkStream:
        self.went.append(host)
        raise httpcore.ConnectError("no route")


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.7"], ["169.254.169.254"], ["93.184.215.14", "::1"]]
)
def test_a_receiver_that_lies_behind_our_own_walls_is_not_asked(addresses):
    wire = NoWire()
    poster = Poster(network=Network(resolve=lambda _host: addresses, backend=wire))
    answer = poster.post("https://hooks.example/", BODY, {})
    assert (answer.status, wire.went) == (None, [])
    assert "open web" in answer.error


def test_a_host_that_was_public_when_it_was_registered_is_looked_at_each_time():
    wire, told = NoWire(), [["93.184.215.14"], ["127.0.0.1"]]
    poster = Poster(network=Network(resolve=lambda _host: told.pop(0), backend=wire))
    poster.post("https://hooks.example/", BODY, {})
    poster.post("https://hooks.example/", BODY, {})
    assert wire.went == ["93.184.215.14"]


def test_a_host_that_nobody_finds_in_time_holds_nobody_up():
    gate, wire = threading.Event(), NoWire()

    def resolve(_host) -> list[str]:
        gate.wait(10)
        return ["93.184.215.14"]

    poster = Poster(network=Network(resolve=resolve, backend=wire), total_s=0.1)
    try:
        answer = poster.post("https://hooks.example/", BODY, {})
    finally:
        gate.set()
    assert (answer.status, wire.went) == (None, [])
    assert "not found" in answer.error


def test_another_port_of_a_private_receiver_is_not_asked():
    with receiver(answers(200)) as named, receiver(answers(200)) as other:
        answer = Poster(private={named.place}).post(other.url, BODY, {})
    assert answer.status is None
    assert other.got == []


def test_a_private_host_is_found_by_its_name():
    with receiver(answers(200)) as to:
        network = Network(resolve=lambda _host: ["127.0.0.1"])
        poster = Poster(private={("app", to.port)}, network=network)
        assert poster.post(f"http://APP:{to.port}/", BODY, {}).status == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example/",
        "https://app.example:8443/",
        "ftp://app.example/",
        "https://user:word@app.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://10.1.2.3/",
        "//app.example/",
        "not an address",
        "",
        "https://app.example/" + "x" * 3000,
    ],
)
def test_addresses_of_other_forms_are_refused_at_once(url):
    with pytest.raises(UrlNotAllowed):
        checked(url)


@pytest.mark.parametrize(
    ("named", "url"),
    [
        ("localhost:9000", "http://localhost:9000/hooks"),
        ("app:80", "http://app/"),
        ("app:443", "https://app/"),
        ("[::1]:9000", "http://[::1]:9000/"),
        ("10.0.0.7:8443", "https://10.0.0.7:8443/"),
        ("App:9000", "http://aPP:9000/"),
    ],
)
def test_what_the_operator_names_may_be_private(named, url):
    assert str(checked(url, private=read_private([named])))


@pytest.mark.parametrize("named", ["app", "app:", "http://app:80", "app:80/x", "a@app:80", ":80"])
def test_what_is_no_host_with_a_port_is_no_setting(named):
    with pytest.raises(ConfigurationError):
        read_private([named])
