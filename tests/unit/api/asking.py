"""Asking an app without a socket, and what to send it."""

import functools
import io

import httpx
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from PIL import Image


def image_bytes(kind: str = "JPEG", size: tuple[int, int] = (8, 6)) -> bytes:
    """A small picture."""
    file = io.BytesIO()
    Image.new("RGB", size, (200, 120, 40)).save(file, kind)
    return file.getvalue()


class Caller:
    """Asks one app, from any thread; a crash inside comes back as an answer."""

    def __init__(self, portal: BlockingPortal, app: FastAPI) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://localhost")
        self._portal = portal
        self.app = app

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        request = functools.partial(self._client.request, method, path, **more)  # type: ignore[arg-type]
        return self._portal.call(request)

    def get(self, path: str, **more: object) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: object) -> httpx.Response:
        return self.ask("POST", path, **more)

    def patch(self, path: str, **more: object) -> httpx.Response:
        return self.ask("PATCH", path, **more)

    def delete(self, path: str, **more: object) -> httpx.Response:
        return self.ask("DELETE", path, **more)

    def submit(self, content: bytes, **more: object) -> httpx.Response:
        return self.post(
            "/v1/jobs", content=content, headers={"Content-Type": "image/jpeg"}, **more
        )
