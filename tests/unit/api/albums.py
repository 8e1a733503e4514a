"""Albums to hand in, and what comes back of them."""

import base64
import io
import json
import zipfile

from sightsong.core import ports
from sightsong.core.errors import StorageFull
from sightsong.core.jobs import Completion, Job, Owner, Queue, Succeeded
from tests.unit.api.asking import Caller, image_bytes

JPEG, PNG = image_bytes("JPEG"), image_bytes("PNG")
BROKEN = JPEG[:40]
LINES = {"Content-Type": "application/x-ndjson"}
ZIP = {"Content-Type": "application/zip"}
ME = Owner("worker")


def form(*photos: tuple[str, bytes], **fields: object) -> dict[str, object]:
    return {"files": [("image", one) for one in photos], "data": fields}


def ndjson(*items: object) -> dict[str, object]:
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in items]
    return {"content": b"\n".join(lines), "headers": LINES}


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as album:
        for name, content in members.items():
            album.writestr(name, content)
    return file.getvalue()


def encoded(image: bytes) -> str:
    return base64.b64encode(image).decode()


def made(answer) -> dict:
    """The batch that a submit has made."""
    assert answer.status_code == 202, answer.text
    return answer.json()


def results(caller: Caller, batch: dict, **query: str) -> list[dict]:
    answer = caller.get(f"/v1/batches/{batch['id']}/results", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def claim(stores: ports.Stores, *, limit: int = 100) -> list[Job]:
    return stores.jobs.claim([Queue.PHOTOS], owner=ME, limit=limit, lease_s=60)


def finish(stores: ports.Stores, *jobs: Job) -> None:
    done = [Completion(job=one, outcome=Succeeded(result={"query": one.id})) for one in jobs]
    assert stores.jobs.complete(done)


class KeptBlobs:
    """Blobs that tell which of them are there."""

    def __init__(self, blobs: ports.Blobs, *, fails_at: int | None = None) -> None:
        self._blobs = blobs
        self._fails_at = fails_at
        self.there: set[str] = set()

    def put(self, content: bytes, *, media_type: str):
        if len(self.there) == self._fails_at:
            raise StorageFull
        blob = self._blobs.put(content, media_type=media_type)
        self.there.add(blob.id)
        return blob

    def delete(self, blob_id: str) -> None:
        self.there.discard(blob_id)
        self._blobs.delete(blob_id)

    def __getattr__(self, name: str) -> object:
        return getattr(self._blobs, name)
