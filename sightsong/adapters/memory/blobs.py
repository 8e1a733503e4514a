"""Uploads in memory."""

import hashlib
import io
import threading
import time
import uuid
from collections.abc import Iterator
from typing import BinaryIO

from sightsong.core.errors import BlobNotFound, StorageFull
from sightsong.core.jobs import Blob, BlobId


class MemoryBlobs:
    """The `Blobs` port over a dictionary."""

    def __init__(self, *, room_bytes: float = float("inf")) -> None:
        self._room_bytes = room_bytes
        self._lock = threading.Lock()
        self._contents: dict[BlobId, bytes] = {}
        self._stored_at: dict[BlobId, float] = {}  # on the monotonic clock

    def put(self, content: bytes, *, media_type: str) -> Blob:
        """Keep bytes.

        Raises:
            StorageFull: there is no room for them.
        """
        blob = Blob(
            id=BlobId(uuid.uuid4().hex),
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            media_type=media_type,
        )
        with self._lock:
            if sum(map(len, self._contents.values())) + len(content) > self._room_bytes:
                raise StorageFull
            self._contents[blob.id] = bytes(content)
            self._stored_at[blob.id] = time.monotonic()
        return blob

    def open(self, blob_id: BlobId) -> BinaryIO:
        """Open a blob for reading.

        Raises:
            BlobNotFound: it is gone.
        """
        with self._lock:
            content = self._contents.get(blob_id)
        if content is None:
            raise BlobNotFound
        return io.BytesIO(content)

    def delete(self, blob_id: BlobId) -> None:
        """Remove a blob; absent is fine."""
        with self._lock:
            self._contents.pop(blob_id, None)
            self._stored_at.pop(blob_id, None)

    def listing(self, *, older_than_s: float) -> Iterator[BlobId]:
        """Find what was stored so long ago, in no order."""
        before = time.monotonic() - older_than_s
        with self._lock:
            old = [blob_id for blob_id, at in self._stored_at.items() if at <= before]
        yield from old
