"""What a sender says stays what was said: never a header, a query, a page, a path or a log line."""

import itertools
import json
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import mutagen
import pytest

from tests.e2e.service import DEMO_PHOTOS, DEMO_TRACKS, Service
from tests.faults.door import wire

pytestmark = [pytest.mark.processes, pytest.mark.faults]

PHOTO = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
#: Words that mean something to somebody behind the door.
WORDS = (
    'a\r\nSet-Cookie: forged=1\r\n\r\n{"event": "forged"}',
    '\n{"event": "forged", "level": "info"}\n',
    "<script>alert('forged')</script>",
    "' OR '1'='1' -- ",
    '"; DROP TABLE jobs; --',
    "%' UNION SELECT id, digest FROM api_keys -- ",
    "\x1b[31mforged\x1b[0m\x07",
    "{0.__class__} %s %n ${jndi:ldap://127.0.0.1/forged}",
    "../../../../etc/passwd",
    "a\u2028b\u202eforged",
)
#: What may be said of such words; never that something broke.
FINE = {200, 202, 400, 404, 405, 410, 415, 422, 431}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service for all of this module."""
    env = {"SIGHTSONG_KEY_REQUESTS_PER_MIN": "100000"}
    service = Service(tmp_path_factory.mktemp("injections"), env=env)
    try:
        service.up()
        yield service
    finally:
        service.down()


def test_words_that_mean_something_to_a_database_or_a_browser_stay_words(service: Service):
    service.submit(PHOTO)
    before = counted(service)
    paths = service.client.get("/openapi.json").json()["paths"]
    asked = 0
    for (path, verbs), word in itertools.product(paths.items(), WORDS):
        for verb in verbs.keys() & {"get", "delete"}:
            names = [
                one["name"] for one in verbs[verb].get("parameters", ()) if one["in"] == "query"
            ]
            place = path.replace("{", "\0").replace("}", "\0").split("\0")
            filled = "".join(
                quote(word, safe="") if i % 2 else step for i, step in enumerate(place)
            )
            for query in ({}, *({name: word} for name in names)):
                answer = service.client.request(verb, filled, params=query)
                asked += 1
                assert answer.status_code in FINE, (verb, path, query, answer.text)
                assert "set-cookie" not in answer.headers
                assert "html" not in answer.headers["content-type"] or path in {"/", "/docs"}
                assert answer.headers["x-content-type-options"] == "nosniff"
    assert asked > 200
    assert counted(service) == before


@pytest.mark.parametrize("wild", ["%", "_", "%25", "\\"])
def test_a_search_takes_its_words_as_they_are(service: Service, wild: str):
    if not service.client.get("/v1/tracks").json()["items"]:
        service.ingest(DEMO_TRACKS)

    assert service.client.get("/v1/tracks", params={"q": wild}).json()["items"] == []


def test_what_a_job_is_called_is_told_as_it_was_said_or_refused(service: Service):
    for word in WORDS:
        answer = service.client.post(
            "/v1/jobs", json={"text": "calm", "custom_id": word}, headers={"X-Request-ID": "a b"}
        )
        assert answer.status_code in {202, 422}, answer.text
        if answer.status_code == 202:
            assert answer.json()["custom_id"] == word.strip()
            listed = service.client.get("/v1/jobs", params={"custom_id": word}).json()["items"]
            assert [job["id"] for job in listed] == [answer.json()["id"]]


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 60"),
        ("Content-Length: +5",),
        ("Content-Length : 5",),
        ("Transfer-Encoding: identity, chunked",),
        ("Transfer-Encoding: xchunked",),
        ("X-A: b\x0bc", "Content-Length: 5"),
        ("X-A: b\x00c", "Content-Length: 5"),
    ],
)
def test_a_request_that_two_may_read_differently_smuggles_no_second_one_in(
    service: Service, headers: tuple[str, ...]
):
    smuggled = wire.head("/v1/indexes", "Content-Length: 0", "Connection: close")
    request = wire.head("/v1/jobs", "Content-Type: application/json", *headers)
    answer = wire.exchange(service.port, request + b"0\r\n\r\n" + smuggled)

    assert 400 <= answer.status < 500
    assert b"HTTP/1.1 " not in answer.body
    assert service.rows(
        "SELECT count(*) FROM jobs WHERE kind = 'rebuild' AND state = 'queued'"
    ) == [(0,)]


def test_tags_and_names_of_files_forge_nothing(service: Service, tmp_path: Path):
    source = min(DEMO_TRACKS.rglob("*.ogg"))
    marked = "<b>forged</b>\r\n#EXTINF:1,forged\r\nhttp://127.0.0.1/forged"
    names = (
        "a\r\nX-Forged: 1 b.ogg",
        '"; filename="forged.exe.ogg',
        "..%2f<i>.ogg",
        "\x1b[31m.ogg",
    )
    for number, name in enumerate(names):
        copy = tmp_path / name
        shutil.copy(source, copy)
        track = mutagen.File(copy)
        track["title"], track["artist"] = f"{marked} {number}", marked
        track.save()
        with copy.open("ab") as file:
            file.write(bytes([number]) * 9)  # other bytes, as other music has
    ingest = service.ingest(tmp_path)
    assert ingest["state"] == "succeeded"
    answer = service.client.get("/v1/tracks", params={"q": "forged"})
    assert answer.headers["content-type"].startswith("application/json")
    tracks = answer.json()["items"]
    assert tracks
    for track in tracks:
        sound = service.client.get(f"/v1/tracks/{track['id']}/audio")
        assert sound.status_code == 200
        assert "x-forged" not in sound.headers
        assert sound.headers["content-type"].startswith("audio/")


def test_a_playlist_has_only_the_lines_that_it_should(service: Service):
    made = service.client.post(
        "/v1/batches", json={"items": [{"text": "calm\r\n#EXTINF:1,forged"}]}
    )
    assert made.status_code in {202, 422}
    if made.status_code == 202:
        batch = made.json()["id"]
        service.client.get(f"/v1/batches/{batch}", params={"wait": 20})
        answer = service.client.get(
            f"/v1/batches/{batch}/playlist",
            params={"title": "a\r\n#EXTINF:1,forged"},
            headers={"Accept": "audio/x-mpegurl"},
        )
        assert "\n#EXTINF:1,forged" not in answer.text


PART = 'Content-Disposition: form-data; name="image"; filename="a.jpg"'
ENDS = b"\r\n\r\nxx\r\n--b--\r\n"
FORMS: dict[str, tuple[str, bytes]] = {
    "no boundary": ("multipart/form-data", b"--b\r\n"),
    "an empty boundary": ('multipart/form-data; boundary=""', b"--\r\n"),
    "a boundary of 5,000 letters": ("multipart/form-data; boundary=" + "b" * 5000, b"--b\r\n"),
    "a boundary of line ends": ('multipart/form-data; boundary="a\tb"', b"--a\tb\r\n"),
    "no last boundary": ("b", f"--b\r\n{PART}\r\n\r\nxx".encode()),
    "no blank line": ("b", f"--b\r\n{PART}\r\n--b--\r\n".encode()),
    "bare line ends": ("b", f"--b\n{PART}\n\nxx\n--b--\n".encode()),
    "two photos": (
        "b",
        f"--b\r\n{PART}\r\n\r\nxx\r\n--b\r\n{PART}\r\n\r\nxx\r\n--b--\r\n".encode(),
    ),
    "two names": ("b", f'--b\r\n{PART}; name="text"\r\n\r\nxx\r\n--b--\r\n'.encode()),
    "no name": ("b", b"--b\r\nContent-Disposition: form-data\r\n\r\nxx\r\n--b--\r\n"),
    "a header without an end": ("b", b"--b\r\nX-A: " + b"a" * 60_000),
    "a thousand headers": ("b", b"--b\r\n" + b"X-A: b\r\n" * 1000 + b"\r\nxx\r\n--b--\r\n"),
    "a header without a colon": ("b", b"--b\r\nforged\r\n\r\nxx\r\n--b--\r\n"),
    "a packed part": (
        "b",
        f"--b\r\n{PART}\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n".encode(),
    ),
    "a form in a form": (
        "b",
        f"--b\r\n{PART}\r\nContent-Type: multipart/mixed; boundary=c".encode() + ENDS,
    ),
    "a name with a path": (
        "b",
        b'--b\r\nContent-Disposition: form-data; name="image"; filename="../../a"' + ENDS,
    ),
    "nothing at all": ("b", b""),
    "text before and after": ("b", b"forged\r\n--b--\r\nforged"),
}


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/batches", "/v1/ingests", "/predict"])
@pytest.mark.parametrize("form", FORMS)
def test_an_odd_form_is_refused_at_once(service: Service, path: str, form: str):
    kind, content = FORMS[form]
    kind = kind if kind.startswith("multipart/") else f"multipart/form-data; boundary={kind}"
    began = time.monotonic()
    answer = wire.exchange(
        service.port,
        wire.head(
            path, f"Content-Type: {kind}", f"Content-Length: {len(content)}", "Connection: close"
        )
        + content,
    )

    assert 400 <= answer.status < 500, answer
    assert answer.code, answer
    assert time.monotonic() - began < 5


def test_headers_in_floods_are_refused_and_cost_nobody_anything(service: Service):
    floods = {
        "many": [f"X-{n}: a" for n in range(3000)],
        "the same": ["X-A: a"] * 3000,
        "long": ["X-A: " + "a" * 100_000],
        "very long": ["X-A: " + "a" * 10_000_000],
        "cookies": ["Cookie: " + "a=b; " * 20_000],
    }
    for headers in floods.values():
        answer = wire.exchange(
            service.port, wire.head("/v1/jobs", *headers, "Connection: close", method="GET")
        )
        assert answer.status in {0, 431}  # 0: hung up on while it still sent
    began = time.monotonic()
    assert service.client.get("/healthz").is_success
    assert time.monotonic() - began < 1


def test_no_log_line_is_forged(service: Service):
    mark = uuid.uuid4().hex
    for number, word in enumerate(WORDS):
        said = word.replace("forged", mark)
        service.client.get(f"/v1/{quote(said, safe='')}", headers={"User-Agent": mark})
        service.client.post("/v1/ingests", json={"path": f"/nowhere/{said}"})
        service.client.post("/v1/jobs", json={"text": said, "custom_id": f"{mark}{number}"})
        raw = said.encode("utf-8", "replace")
        wire.exchange(
            service.port, b"GET /" + raw + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        wire.exchange(
            service.port, wire.head("/", "Upgrade: websocket", "Connection: Upgrade, close")
        )
    for log in (service.data_dir / "logs").glob("*.log"):
        for line in log.read_text("utf-8", "replace").splitlines():
            told = json.loads(line)
            assert told["event"] not in {mark, "forged"}, line
            assert told["service"] in {"api", "worker", "indexer"}


def counted(service: Service) -> list[tuple[object, ...]]:
    """How many rows there are of what somebody might want to be rid of."""
    return service.rows(
        "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM tracks), "
        "(SELECT count(*) FROM api_keys), (SELECT count(*) FROM webhooks)"
    )
