"""What the tests of the tasks stand on: stand-ins, and short ways to hand work in."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

import numpy as np

from sightsong.core import errors, models, ports
from sightsong.core.jobs import JobId, JobKind, NewJob
from sightsong.core.tracks import FoundFile, Tags
from workers.media import decoding
from workers.models import stub

RATE_HZ = 8000
#: Uploads of these tests: one byte is the brightness of a small photo; `x` is not a photo.
BRIGHT, DARK, BROKEN = b"\xf0", b"\x10", b"x"


class StubDecoders:
    """Decodes what these tests call photos and tracks."""

    def photo(self, fetch: Callable[[], bytes]) -> Future[decoding.Decoded[models.Photo]]:
        return _ended(lambda: _photo(fetch()))

    def track(
        self, fetch: Callable[[], decoding.TrackFiles]
    ) -> Future[decoding.Decoded[decoding.HeardTrack]]:
        return _ended(lambda: _track(fetch()))

    def quiet(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        pass


def _ended(decode: Callable[[], object]) -> Future[object]:
    future: Future[object] = Future()
    try:
        future.set_result(decoding.Decoded(value=decode(), decode_ms=1.234))
    except errors.SightsongError as error:
        future.set_exception(error)
    return future


def _photo(content: bytes) -> models.Photo:
    if content == BROKEN:
        raise errors.BrokenImage
    return models.Photo(pixels=np.full((4, 6, 3), content[0], dtype=np.uint8))


def _track(files: decoding.TrackFiles) -> decoding.HeardTrack:
    """What is heard of a file is in its name, or in its bytes where it has any."""
    there = [path for path in files.paths if "gone" not in path.name]
    if not there:
        raise errors.PathNotAllowed
    name = there[0].read_text() if there[0].is_file() else there[0].name
    if "broken" in name:
        raise errors.BrokenAudio
    level = "loud" if "loud" in name else "soft"
    if level == files.known_digest:
        return decoding.HeardTrack(heard=None, digest=level)
    sound = np.full(3 * 10 * RATE_HZ, 0.4 if level == "loud" else 0.1, dtype=np.float32)
    heard = stub.StubListener().hear([sound], rate_hz=RATE_HZ)
    return decoding.HeardTrack(heard=heard, digest=level)


class OneObject:
    """An object store that holds one thing, whatever it is asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def listing(self, url: str) -> Iterator[ports.RemoteFile]:
        raise AssertionError("nobody lists it here")

    def fetch(self, url: str, to: BinaryIO, *, start: int = 0, size: int | None = None) -> None:
        to.write(self.content)


def submit(stores: ports.Stores, content: bytes, **params: object) -> JobId:
    blob = stores.blobs.put(content, media_type="image/png")
    new = NewJob(kind=JobKind.PHOTO, blob=blob, params={"top_k": 5, "alpha": None} | params)
    return stores.jobs.submit(new).id


def ask(stores: ports.Stores, text: str, **params: object) -> JobId:
    new = NewJob(kind=JobKind.TEXT, params={"text": text, "top_k": 5} | params)
    return stores.jobs.submit(new).id


def register(stores: ports.Stores, *names: str, sha256: str | None = None) -> None:
    files = [
        FoundFile(
            path=f"/music/{name}",
            size_bytes=1,
            mtime_ns=1,
            sha256=sha256 or name,
            tags=Tags(title=name, artist="A"),
        )
        for name in names
    ]
    stores.tracks.register(files, space=stub.SPACE, parent_id=JobId("scan"))
