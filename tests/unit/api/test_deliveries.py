"""POST /v1/ingests with music in it: streamed into a tray, or nothing is left of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from starlette.requests import Request

from api import deliveries, errors
from sightsong.core import ports
from sightsong.core.errors import StoreUnavailable, TaskFailed
from sightsong.core.jobs import Queue
from tests.unit.api.stand_ins import FakeInbox

SONG = bytes(range(256)) * 4096


def form(*files: tuple[str, bytes], **fields: str) -> dict[str, object]:
    return {"files": [("file", one) for one in files], "data": fields}


def wish(stores: ports.Stores):
    [ingest] = stores.ingests.listed(limit=2)
    return ingest.wish


def test_files_of_a_form_become_a_tray_and_an_ingest(caller, stores, inbox, doorbell):
    answer = caller.post("/v1/ingests", **form(("a.mp3", SONG), ("b.zip", b"zip")))

    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/ingests/{answer.json()['id']}"
    assert inbox.trays[wish(stores).inbox] == {"a.mp3": SONG, "b.zip": b"zip"}
    assert answer.json()["source"] == {"kind": "upload", "paths": [], "url": None, "files": 2}
    assert doorbell.rings == (Queue.LIBRARY,)


def test_a_large_file_comes_piece_by_piece(caller, inbox):
    async def body() -> AsyncIterator[bytes]:
        for start in range(0, len(SONG), 1000):
            yield SONG[start : start + 1000]

    headers = {"Content-Type": "audio/mpeg"}
    answer = caller.post("/v1/ingests?name=a.mp3", content=body(), headers=headers)

    assert answer.status_code == 202
    assert inbox.trays == {"tray-1": {"a.mp3": SONG}}
    assert inbox.largest_chunk == 1000


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("application/zip", "upload.zip"),
        ("application/x-tar", "upload.tar"),
        ("application/gzip", "upload.tar.gz"),
        ("text/csv; charset=utf-8", "upload.csv"),
        ("application/x-ndjson", "upload.jsonl"),
        ("Audio/FLAC", "upload.flac"),
        ("audio/x-odd", "upload"),
    ],
)
def test_a_body_without_a_name_is_called_what_it_is(caller, inbox, media_type, name):
    caller.post("/v1/ingests", content=b"bytes", headers={"Content-Type": media_type})

    assert list(inbox.trays["tray-1"]) == [name]


@pytest.mark.parametrize("content_type", ["application/octet-stream", ""])
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"fLaC....", "upload.flac"),
        (b"ID3\x04....", "upload.mp3"),
        (b"\xff\xfb\x90\x64", "upload.mp3"),
        (b"\xff\xf1\x50\x80", "upload.aac"),
        (b"OggS....", "upload.ogg"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "upload.wav"),
        (b"FORM\x00\x00\x00\x00AIFF", "upload.aiff"),
        (b"\x00\x00\x00\x20ftypM4A ", "upload.m4a"),
        (b"PK\x03\x04....", "upload.zip"),
        (b"\x1f\x8b\x08....", "upload.tar.gz"),
        (b"a.mp3".ljust(257, b"\x00") + b"ustar", "upload.tar"),
    ],
)
def test_bytes_of_which_nothing_is_said_are_called_what_they_look_like(
    caller, inbox, content_type, content, name
):
    answer = caller.post("/v1/ingests", content=content, headers={"Content-Type": content_type})

    assert answer.status_code == 202
    assert inbox.trays == {"tray-1": {name: content}}


@pytest.mark.parametrize(
    ("asked", "content", "name"),
    [
        ("song.mp3", b"anything", "song.mp3"),
        ("song", b"fLaC....", "song.flac"),
        ("album/song", b"OggS....", "album/song.ogg"),
    ],
)
def test_bytes_of_which_nothing_is_said_keep_the_name_that_is_given(
    caller, inbox, asked, content, name
):
    headers = {"Content-Type": "application/octet-stream"}
    caller.post("/v1/ingests", params={"name": asked}, content=content, headers=headers)

    assert inbox.trays == {"tray-1": {name: content}}


def test_bytes_are_recognized_however_small_their_pieces_are(caller, inbox):
    content = b"a.mp3".ljust(257, b"\x00") + b"ustar" + b"\x00" * 500

    async def body() -> AsyncIterator[bytes]:
        for place in range(len(content)):
            yield content[place : place + 1]

    headers = {"Content-Type": "application/octet-stream"}
    caller.post("/v1/ingests", content=body(), headers=headers)

    assert inbox.trays == {"tray-1": {"upload.tar": content}}


@pytest.mark.parametrize("content", [b"hello there", b"\x89PNG\r\n\x1a\n", b"\xff\xe0\x00"])
def test_bytes_that_look_like_no_music_need_a_word_of_what_they_are(caller, inbox, content):
    headers = {"Content-Type": "application/octet-stream"}
    answer = caller.post("/v1/ingests", content=content, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "name" in answer.json()["detail"]
    assert inbox.trays == {}


@pytest.mark.parametrize("content_type", ["application/octet-stream", ""])
@pytest.mark.parametrize(
    "site", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
def test_pages_of_other_sites_send_no_bytes_whatever_they_say_of_them(
    caller, inbox, stores, content_type, site
):
    headers = {"Content-Type": content_type, **site}
    answer = caller.post("/v1/ingests?name=a.mp3", content=b"fLaC....", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_refused")
    assert (inbox.trays, stores.ingests.listed(limit=1)) == ({}, [])


@pytest.mark.parametrize("way", ["query", "form"])
def test_wishes_come_with_the_address_or_the_form(caller, stores, way):
    wishes = {"dry_run": "true", "restore": "1", "library": "Vinyl"}
    more = {"params": wishes} if way == "query" else {}
    fields = wishes if way == "form" else {}
    caller.post("/v1/ingests", **form(("a.mp3", b"x"), **fields), **more)

    kept = wish(stores)
    assert (kept.dry_run, kept.restore, kept.library) == (True, True, "Vinyl")


def test_a_forms_wish_weighs_more_than_the_addresss(caller, stores):
    caller.post("/v1/ingests?dry_run=true", **form(("a.mp3", b"x"), dry_run="false"))

    assert wish(stores).dry_run is False


@pytest.mark.parametrize(
    "fields",
    [
        {"dry_run": "perhaps"},
        {"watch": "true"},
        {"odd": "x"},
        {"dry_run": "x" * 2000},
        {"library": "x" * 81},
    ],
)
def test_a_wish_that_is_none_is_refused_and_nothing_is_kept(caller, stores, inbox, fields):
    answer = caller.post("/v1/ingests", **form(("a.mp3", b"x"), **fields))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (inbox.trays, stores.ingests.listed(limit=1)) == ({}, [])


def test_a_form_without_a_file_is_refused(caller, inbox):
    answer = caller.post("/v1/ingests", files={"image": ("a.jpg", b"x")})
    empty = caller.post("/v1/ingests", files={"file": ("", b"")})

    assert answer.json()["detail"].startswith("Files go in the field 'file'")
    assert (answer.status_code, empty.status_code) == (422, 422)
    assert inbox.trays == {}


def test_an_empty_body_is_no_file(caller, inbox):
    answer = caller.post("/v1/ingests", headers={"Content-Type": "application/zip"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert inbox.trays == {}


def test_more_files_than_are_taken_are_refused(caller, inbox):
    files = [(f"{number}.mp3", b"x") for number in range(deliveries.MOST_FILES + 1)]
    answer = caller.post("/v1/ingests", **form(*files))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert inbox.trays == {}


@pytest.mark.parametrize("cut", [10, 100, -1, -4])
def test_a_form_that_ends_too_soon_leaves_nothing(caller, inbox, cut):
    whole = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\n'
        + b"music" * 20
        + b"\r\n--b--"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = caller.post("/v1/ingests", content=whole[:cut], headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert inbox.trays == {}


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary="])
def test_a_form_without_a_boundary_is_damaged(caller, content_type):
    answer = caller.post("/v1/ingests", content=b"x", headers={"Content-Type": content_type})

    assert answer.json()["detail"] == "The multipart form is damaged."


@pytest.mark.parametrize("is_told", [True, False])
def test_an_upload_that_is_too_large_is_refused_and_hangs_up(make, inbox, is_told):
    async def body() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    content = b"x" * 10_000 if is_told else body()
    headers = {"Content-Type": "audio/mpeg"}
    answer = make(max_music_bytes=5000).post("/v1/ingests", content=content, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["connection"] == "close"
    assert inbox.trays == {}
    assert bool(inbox.discarded) is not is_told


def test_a_full_disk_refuses_and_leaves_nothing(caller, inbox):
    inbox.is_full = True
    answer = caller.post("/v1/ingests", **form(("a.mp3", SONG)))

    assert (answer.status_code, answer.json()["code"]) == (503, "insufficient_storage")
    assert answer.headers["connection"] == "close"
    assert inbox.discarded == ["tray-1"]


def test_only_so_many_are_received_at_once(make):
    answer = make(max_deliveries=0).post("/v1/ingests", **form(("a.mp3", b"x")))

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert answer.headers["connection"] == "close"


class FailingIngests:
    """Nothing can be stored."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def submit(self, wish: object, *, tenant: str) -> None:
        raise self._error


@pytest.mark.parametrize(("error", "is_kept"), [(StoreUnavailable(), True), (TaskFailed(), False)])
def test_a_tray_is_kept_only_where_its_ingest_may_have_been_stored(
    make, stores, inbox, error, is_kept
):
    caller = make(stores=replace(stores, ingests=FailingIngests(error)))
    answer = caller.post("/v1/ingests", **form(("a.mp3", b"x")))

    assert answer.json()["code"] == error.code
    assert bool(inbox.trays) is is_kept


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "image/png", ""]
)
def test_what_is_no_music_is_not_received(caller, inbox, content_type):
    answer = caller.post("/v1/ingests", content=b"x", headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert inbox.trays == {}


def test_the_tray_of_an_ingest_that_never_began_goes_with_it(caller, inbox):
    ingest = caller.post("/v1/ingests", **form(("a.mp3", b"x"))).json()
    caller.post(f"/v1/ingests/{ingest['id']}/cancel")

    assert inbox.discarded == ["tray-1"]


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("a.mp3", "a.mp3"),
        ("album/a.mp3", "album/a.mp3"),
        ("C:\\Music\\a.mp3", "C:/Music/a.mp3"),
        ("../../etc/a.mp3", "etc/a.mp3"),
        ("/a\x00\x1b.mp3", "a.mp3"),
        ("..", "upload"),
        ("x" * 300 + ".mp3", "x" * 251 + ".mp3"),
    ],
)
def test_a_name_is_made_fit_to_be_shown(name, tidy):
    assert deliveries.tidy_name(name) == tidy


def receive(messages: Iterator[dict[str, object]], inbox: FakeInbox, **limits: float) -> None:
    """Receive a body whose pieces come as messages of the server, or not at all."""

    async def next_message() -> dict[str, object]:
        message = next(messages, None)
        if message is None:
            await asyncio.sleep(60)
        return message or {}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"content-type", b"audio/mpeg")],
    }
    given = deliveries.Limits(**{"max_bytes": 10_000, "patience_s": 5.0, **limits})
    request = Request(scope, next_message)
    asyncio.run(deliveries.receive(request, inbox, name="a.mp3", limits=given))


def piece(content: bytes) -> dict[str, object]:
    return {"type": "http.request", "body": content, "more_body": True}


def test_a_sender_who_stops_is_given_up(inbox):
    with pytest.raises(errors.UploadTimeout):
        receive(iter([piece(b"x" * 100)]), inbox, patience_s=0.05)
    assert inbox.discarded == ["tray-1"]


def test_a_sender_who_goes_away_leaves_nothing(inbox):
    with pytest.raises(errors.UploadIncomplete):
        receive(iter([piece(b"x" * 100), {"type": "http.disconnect"}]), inbox)
    assert inbox.discarded == ["tray-1"]


class Trickle:
    """A sender of a byte now and then: never silent for long, and never done."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> dict[str, object]:
        self.count += 1
        await asyncio.sleep(0.02)
        return piece(b"x")


def test_a_sender_who_is_too_slow_is_given_up(inbox):
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"content-type", b"audio/mpeg")],
    }
    trickle = Trickle()
    limits = deliveries.Limits(max_bytes=10_000, patience_s=0.2)
    with pytest.raises(errors.UploadTimeout):
        asyncio.run(deliveries.receive(Request(scope, trickle), inbox, name="a.mp3", limits=limits))
    assert trickle.count > 1
