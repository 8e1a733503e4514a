"""The guarded fetcher: what it refuses, and what it brings.

Hosts and addresses are made up: a stand-in resolves them, and every connection ends at a server
of the test on loopback, with a certificate for `music.example`.
"""

import http.server
import io
import shutil
import ssl
import subprocess
import threading

import httpcore
import pytest

from sightsong.adapters.web import Fetcher, Network
from sightsong.core.errors import FetchFailed, UrlNotAllowed

HOST = "music.example"
PUBLIC, ALSO_PUBLIC = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
SONG = bytes(range(256)) * 100


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append((self.headers["Host"], self.path, dict(self.headers)))
        self.server.answers.get(self.path.partition("?")[0], _missing)(self)

    def log_message(self, *args: object) -> None:
        pass


def _missing(handler) -> None:
    handler.send_error(404)


def answer(content=SONG, status=200, **headers: str | None):
    def write(handler) -> None:
        handler.send_response(status)
        for name, value in ({"content_length": str(len(content))} | headers).items():
            if value is not None:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return write


def redirect(location):
    return answer(b"", 302, location=location)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for HOST and its key, made for this run."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    command += ["-addext", f"subjectAltName=DNS:{HOST},DNS:www.{HOST}"]
    command += ["-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return key, cert


@pytest.fixture
def server(certificate):
    """A server of https on loopback; `answers` says what it has, `asked` what it was asked for."""
    key, cert = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.handle_error = lambda *_args: None  # clients of these tests hang up
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.answers, server.asked = {"/song.mp3": answer(content_type="audio/mpeg")}, []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class Wire(httpcore.NetworkBackend):
    """Notes where connections would go, and takes them to the server of the test."""

    def __init__(self, port: int, *, dead: tuple[str, ...] = ()) -> None:
        self._port = port
        self._dead = dead
        self.went: list[tuple[str, int]] = []

    def connect_tcp(
        self, host, port, timeout=None, local_address=None, socket_options=None
    ) -> httpcore.NetworkStream:
        self.went.append((host, port))
        if host in self._dead:
            raise httpcore.ConnectError("no route")
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self._port, timeout)


class Resolver:
    """Answers each question with the next of some lists, the last again and again."""

    def __init__(self, *lists: list[str]) -> None:
        self._lists = list(lists)
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        return self._lists.pop(0) if len(self._lists) > 1 else self._lists[0]


@pytest.fixture
def wire(server):
    return Wire(server.server_port)


@pytest.fixture
def make(wire, certificate):
    def make(*answers: list[str], resolve=None, backend=None, **limits: float) -> Fetcher:
        network = Network(
            resolve=resolve or Resolver(*(answers or ([PUBLIC],))),
            backend=backend or wire,
            trust=ssl.create_default_context(cafile=certificate[1]),
        )
        return Fetcher(**{"max_bytes": 1_000_000, "timeout_s": 5} | limits, network=network)

    return make


def test_a_file_of_the_open_web_is_fetched(make, wire):
    to = io.BytesIO()
    file = make().fetch(f"https://{HOST}/song.mp3", to)
    assert to.getvalue() == SONG
    assert (file.name, file.size, file.content_type) == ("song.mp3", len(SONG), "audio/mpeg")
    assert wire.went == [(PUBLIC, 443)]


def test_the_server_is_asked_for_the_name_and_for_plain_bytes(make, server):
    make().fetch(f"https://{HOST}/song.mp3?id=5#there", io.BytesIO())
    ((host, path, headers),) = server.asked
    assert (host, path, headers["Accept-Encoding"]) == (HOST, "/song.mp3?id=5", "identity")


def test_a_host_is_resolved_once_so_that_a_second_answer_changes_nothing(make, wire):
    resolver = Resolver([PUBLIC], ["127.0.0.1"])
    make(resolve=resolver).fetch(f"https://{HOST}/song.mp3", io.BytesIO())
    assert (resolver.asked, wire.went) == ([HOST], [(PUBLIC, 443)])


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
def test_an_address_behind_walls_is_never_connected_to(make, wire, address):
    with pytest.raises(FetchFailed, match="not found on the open web"):
        make([address]).fetch(f"https://{HOST}/song.mp3", io.BytesIO())
    assert wire.went == []


def test_a_name_behind_walls_is_refused_as_one_that_is_none(make):
    def nobody(_host) -> list[str]:
        raise OSError("no such host")

    told = set()
    for resolve in (nobody, lambda _host: [], lambda _host: ["10.0.0.1"]):
        with pytest.raises(FetchFailed) as refused:
            make(resolve=resolve).fetch(f"https://{HOST}/song.mp3", io.BytesIO())
        told.add((refused.value.code, refused.value.detail))
    assert len(told) == 1


@pytest.mark.parametrize("answers", [[PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "::1"]])
def test_one_address_behind_walls_among_open_ones_is_enough(make, wire, answers):
    with pytest.raises(FetchFailed, match="not found on the open web"):
        make(answers).fetch(f"https://{HOST}/song.mp3", io.BytesIO())
    assert wire.went == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "localhost"])
def test_a_host_that_is_an_address_is_checked_as_the_system_reads_it(host, certificate):
    wire = Wire(9)
    fetcher = Fetcher(max_bytes=1, network=Network(backend=wire))
    with pytest.raises((UrlNotAllowed, FetchFailed)):
        fetcher.fetch(f"https://{host}/", io.BytesIO())
    assert wire.went == []


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/song.mp3",
        f"ftp://{HOST}/song.mp3",
        "file:///etc/passwd",
        f"https://{HOST}:8443/song.mp3",
        f"https://{HOST}:22/song.mp3",
        f"https://user@{HOST}/song.mp3",
        f"https://user:word@{HOST}/song.mp3",
        "https:///song.mp3",
        "https://",
        f"//{HOST}/song.mp3",
        "song.mp3",
        "",
        f"https://{HOST}/a\x00b",
        f"https://{HOST}/" + "a" * 3000,
        "https://[::1",
        f"https://{HOST}:port/",
    ],
)
def test_only_plain_https_addresses_are_asked(make, wire, url):
    resolver = Resolver([PUBLIC])
    with pytest.raises(UrlNotAllowed):
        make(resolve=resolver).fetch(url, io.BytesIO())
    assert (resolver.asked, wire.went) == ([], [])


def test_a_redirect_is_followed_and_resolved_anew(make, server):
    resolver = Resolver([PUBLIC], [ALSO_PUBLIC])
    server.answers["/get"] = redirect(f"https://www.{HOST}/song.mp3")
    to = io.BytesIO()
    file = make(resolve=resolver).fetch(f"https://{HOST}/get?id=1", to)
    assert (file.name, to.getvalue()) == ("song.mp3", SONG)
    assert resolver.asked == [HOST, f"www.{HOST}"]


@pytest.mark.parametrize(
    "location",
    [
        "http://music.example/song.mp3",
        "https://music.example:8443/song.mp3",
        "https://u@music.example/song.mp3",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_is_checked_as_the_first_address_is(make, server, location):
    server.answers["/get"] = redirect(location)
    with pytest.raises(UrlNotAllowed):
        make().fetch(f"https://{HOST}/get", io.BytesIO())


def test_a_redirect_behind_walls_is_not_followed(make, server, wire):
    server.answers["/get"] = redirect("https://169.254.169.254/latest/meta-data")
    fetcher = make(resolve=lambda host: [PUBLIC if host == HOST else host])
    with pytest.raises(UrlNotAllowed):
        fetcher.fetch(f"https://{HOST}/get", io.BytesIO())
    assert wire.went == [(PUBLIC, 443)]


def test_three_redirects_are_followed_and_no_fourth(make, server):
    server.answers |= {f"/{n}": redirect(f"/{n - 1}") for n in range(2, 5)}
    server.answers["/1"] = redirect("/song.mp3")
    assert make().fetch(f"https://{HOST}/3", io.BytesIO()).size == len(SONG)
    with pytest.raises(UrlNotAllowed, match="3 times"):
        make().fetch(f"https://{HOST}/4", io.BytesIO())


def test_a_certificate_for_another_name_is_not_believed(make):
    with pytest.raises(FetchFailed):
        make().fetch("https://other.example/song.mp3", io.BytesIO())


def test_a_certificate_that_nobody_signed_is_not_believed(wire):
    network = Network(resolve=Resolver([PUBLIC]), backend=wire)
    with pytest.raises(FetchFailed):
        Fetcher(max_bytes=1_000_000, network=network).fetch(
            f"https://{HOST}/song.mp3", io.BytesIO()
        )


def test_a_file_that_says_that_it_is_too_large_is_not_read(make):
    to = io.BytesIO()
    with pytest.raises(UrlNotAllowed, match="larger"):
        make(max_bytes=len(SONG) - 1).fetch(f"https://{HOST}/song.mp3", to)
    assert to.getvalue() == b""


def test_a_file_that_does_not_say_its_size_is_cut_off(make, server):
    server.answers["/long"] = answer(SONG * 100, content_length=None)
    to = io.BytesIO()
    with pytest.raises(UrlNotAllowed, match="larger"):
        make(max_bytes=len(SONG)).fetch(f"https://{HOST}/long", to)
    assert len(to.getvalue()) <= len(SONG)


def test_a_file_of_just_the_largest_size_is_fetched(make):
    assert make(max_bytes=len(SONG)).fetch(f"https://{HOST}/song.mp3", io.BytesIO()).size


def test_a_packed_answer_is_refused(make, server):
    server.answers["/packed"] = answer(content_encoding="gzip")
    with pytest.raises(FetchFailed, match="packs"):
        make().fetch(f"https://{HOST}/packed", io.BytesIO())


def test_a_file_that_breaks_off_is_no_file(make, server):
    server.answers["/half"] = answer(content_length=str(len(SONG) * 2))
    with pytest.raises(FetchFailed):
        make().fetch(f"https://{HOST}/half", io.BytesIO())


@pytest.mark.parametrize("status", [204, 206, 304, 403, 404, 500])
def test_an_answer_without_a_file_is_told(make, server, status):
    server.answers["/none"] = answer(b"", status)
    with pytest.raises(FetchFailed, match=str(status)):
        make().fetch(f"https://{HOST}/none", io.BytesIO())


def dripping(stop, content):
    """Answer with a byte every now and then, for ever."""

    def write(handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.02):
            handler.wfile.write(content)

    return write


@pytest.fixture
def stop():
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("content", [b"X-More: x\r\n", b"X"], ids=["headers", "a header"])
def test_a_server_that_drips_is_left_when_time_is_up(make, server, stop, content):
    server.answers["/slow"] = dripping(stop, content)
    with pytest.raises(FetchFailed):
        make(total_s=0.5).fetch(f"https://{HOST}/slow", io.BytesIO())


def test_a_body_that_drips_is_left_when_time_is_up(make, server, stop):
    server.answers["/slow"] = dripping(stop, b"\r\nX")
    with pytest.raises(FetchFailed):
        make(total_s=0.5).fetch(f"https://{HOST}/slow", io.BytesIO())


def test_a_server_that_says_nothing_is_left(make, server, stop):
    server.answers["/silent"] = lambda _handler: stop.wait()
    with pytest.raises(FetchFailed):
        make(timeout_s=0.2).fetch(f"https://{HOST}/silent", io.BytesIO())


def test_the_next_address_is_tried_where_one_is_dead(make, server):
    wire = Wire(server.server_port, dead=(ALSO_PUBLIC,))
    make([ALSO_PUBLIC, PUBLIC], backend=wire).fetch(f"https://{HOST}/song.mp3", io.BytesIO())
    assert wire.went == [(ALSO_PUBLIC, 443), (PUBLIC, 443)]


def test_a_host_that_nobody_knows_is_told(make):
    def resolve(_host: str) -> list[str]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(FetchFailed, match="not found"):
        make(resolve=resolve).fetch(f"https://{HOST}/song.mp3", io.BytesIO())


def test_proxies_of_the_environment_are_not_used(make, wire, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    make().fetch(f"https://{HOST}/song.mp3", io.BytesIO())
    assert wire.went == [(PUBLIC, 443)]


@pytest.mark.parametrize("path", ["/a%2F..%2Fsong%00.mp3", "/x/song.mp3/"])
def test_a_name_leads_nowhere(make, server, path):
    server.answers[path] = answer()
    name = make().fetch(f"https://{HOST}{path}", io.BytesIO()).name
    assert "/" not in name
    assert name.isprintable()
    assert name
