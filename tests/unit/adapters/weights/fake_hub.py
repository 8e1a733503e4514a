"""A hub of models on the loopback interface: the few endpoints that a pull uses."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

COMMIT = "c0ffee" + "0" * 34
_LARGE = (".safetensors", ".bin", ".onnx")


@dataclass
class Repository:
    """What the hub has under one name."""

    files: dict[str, bytes]
    commit: str = COMMIT
    is_gated: bool = False


@dataclass
class FakeHub:
    """Its repositories, and what was asked of it."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)  #: Path and range.
    #: Bytes after which the next answers for a file break off; none left: whole answers.
    breaks: list[int] = field(default_factory=list)
    ignores_ranges: bool = False
    endpoint: str = ""

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def ranges(self, name: str) -> list[str | None]:
        """The ranges that were asked of a file, in order."""
        return [span for path, span in self.asked if path.endswith(f"/{name}")]


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.hub.asked.append((path, self.headers.get("Range")))
        if path.startswith("/api/models/"):
            self._info(*path.removeprefix("/api/models/").split("/revision/"))
        else:
            repository, _, rest = path.removeprefix("/").partition("/resolve/")
            self._file(repository, *rest.split("/", 1))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""

    def _info(self, name: str, revision: str) -> None:
        repository = self.hub.repositories.get(name)
        if repository is None:
            self._refuse(404, "RepoNotFound")
        elif revision not in {"main", repository.commit}:
            self._refuse(404, "RevisionNotFound")
        else:
            siblings = [_sibling(*item) for item in repository.files.items()]
            told = {"id": name, "sha": repository.commit, "siblings": siblings}
            self._answer(200, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _file(self, name: str, commit: str, file: str) -> None:
        repository = self.hub.repositories[name]
        if repository.is_gated:
            self._refuse(403, "GatedRepo")
            return
        content = repository.files[file]
        head = {"X-Repo-Commit": commit, "ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
        asked = self.headers.get("Range")
        start = 0 if asked is None else int(asked.removeprefix("bytes=").rstrip("-"))
        if self.hub.ignores_ranges or asked is None:
            self._answer(200, content, head)
        elif start >= len(content):
            self._refuse(416, "RangeNotSatisfiable")
        else:
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._answer(206, content[start:], {**head, "Content-Range": span})

    def _answer(self, status: int, body: bytes, head: Mapping[str, str]) -> None:
        breaks = self.hub.breaks if "/resolve/" in self.path else []
        sent = body[: breaks.pop(0)] if breaks else body
        self.send_response(status)
        for name, value in {**head, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)
        if len(sent) < len(body):
            self.close_connection = True

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, b"{}", {"X-Error-Code": code})


def _sibling(name: str, content: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    told: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": blob.hexdigest()}
    if name.endswith(_LARGE):
        digest = hashlib.sha256(content).hexdigest()
        told["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 130}
    return told
