"""The whole API over memory, without a socket: any request has an answer that is documented.

The input is a request as it is written: a line, headers, an empty line, a body. Workers make a step
after each; whoever waits, or follows events, waits for no more than some steps.
"""

import atexit
import contextlib
import functools
import json
import shutil

import httpx
from anyio.from_thread import start_blocking_portal

from sightsong.adapters import memory
from tests.fuzz import files
from tests.fuzz.door import Door
from tests.proof import stage
from tests.unit.api.asking import image_bytes

#: After so many requests the service begins anew, with nothing of what was sent to it.
_LIFE = 500
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_CRASH = 500
_REFUSED = 400


class _Service:
    """An app that is made anew from time to time."""

    def __init__(self) -> None:
        stack = contextlib.ExitStack()
        atexit.register(stack.close)
        self._portal = stack.enter_context(start_blocking_portal())
        self._asked = 0
        self._client = self._made()

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        self._asked += 1
        if self._asked % _LIFE == 0:
            self._client = self._made()
        request = functools.partial(self._client.request, method, path, **more)  # type: ignore[arg-type]
        return self._portal.call(request)

    def _made(self) -> httpx.AsyncClient:
        folder = files.folder() / "service"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        app = stage.serve(memory.open_stores(), folder).paced
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=30
        )


@functools.cache
def _service() -> _Service:
    return _Service()


def knock(content: bytes) -> bool:
    """Send a request; no crash, and a problem is told as documented."""
    head, _, body = content.partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    method, _, path = first.partition(" ")
    if method not in _METHODS or not path.startswith("/"):
        return False
    headers = [
        (name.strip(), value.strip()) for name, _, value in (s.partition(":") for s in lines)
    ]
    try:
        answer = _service().ask(method, path, headers=headers, content=body)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError):
        return False  # nothing that a client can send
    _check(answer)
    return answer.status_code < _REFUSED


def _check(answer: httpx.Response) -> None:
    kind = answer.headers.get("content-type", "")
    if kind == "application/problem+json" and answer.content:
        problem = json.loads(answer.content)
        assert problem["status"] == answer.status_code
        assert problem["code"] != "internal_error"
    assert answer.status_code < _CRASH or answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert all(value.isprintable() for value in answer.headers.values())


def seeds() -> dict[str, bytes]:
    """Requests as clients send them."""
    photo = image_bytes()
    form = (
        b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
        + photo
        + b'\r\n--b\r\nContent-Disposition: form-data; name="top_k"\r\n\r\n3\r\n--b--\r\n'
    )
    return {
        "list": b'GET /v1/jobs?limit=2&state=queued\nPrefer: wait=1\nIf-None-Match: "1"\n\n',
        "track": b"GET /v1/tracks?q=jazz&limit=3\nAccept: application/json\n\n",
        "ready": b"GET /readyz\nSightsong-User: ann\n\n",
        "photo": b"POST /v1/jobs?top_k=3&moods=calm\nContent-Type: image/jpeg\n\n" + photo,
        "form": b"POST /v1/jobs\nContent-Type: multipart/form-data; boundary=b\n\n" + form,
        "words": b"POST /v1/jobs\nContent-Type: application/json\nPrefer: wait=1\n"
        b'Idempotency-Key: "k1"\n\n{"text":"calm piano","filters":{"genre":"jazz"}}',
        "batch": b"POST /v1/batches\nContent-Type: application/x-ndjson\n\n"
        b'{"text":"calm","custom_id":"a"}\n{"text":"wild"}\n',
        "preferences": b"PUT /v1/me/preferences\nContent-Type: application/json\n"
        b'Sightsong-User: ann\n\n{"favourite_genres":["jazz"]}',
        "webhook": b"POST /v1/webhooks\nContent-Type: application/json\n\n"
        b'{"url":"https://hooks.example.org/in","events":[]}',
        "page": b"GET /\nOrigin: http://localhost\nLast-Event-ID: 3\n\n",
    }


DOOR = Door(
    knock=knock,
    seeds=seeds,
    longest=4096,
    words=(
        *(
            b"GET /v1/",
            b"POST /v1/",
            b"DELETE /v1/",
            b"PATCH /v1/",
            b"PUT /v1/",
            b"/events",
            b"%00",
        ),
        *(
            b"jobs",
            b"batches",
            b"ingests",
            b"tracks",
            b"webhooks",
            b"keys",
            b"indexes",
            b"feedback",
        ),
        *(
            b"\nRange: bytes=",
            b"\nLast-Event-ID: ",
            b"\nSightsong-User: ",
            b"\nAuthorization: Bearer ",
        ),
        *(b"\nPrefer: wait=1", b"\nIf-None-Match: *", b"\nContent-Type: ", b"cursor=", b"limit="),
        *(
            b"application/json",
            b"application/x-ndjson",
            b"application/zip",
            b"%ed%a0%80",
            b"custom_id=",
        ),
    ),
)
