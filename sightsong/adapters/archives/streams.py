"""The bytes of a tar, packed or not, read in one direction and in small pieces."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from sightsong.adapters.archives.limits import CHUNK, Meter
from sightsong.core.errors import ArchiveRefused

#: Bytes of headers that one entry may have: its name, its times, what else a system noted.
_HEADERS = 1024 * 1024

#: Memory that unpacking xz may take, in bytes: what `xz -9` needs is 65 MiB.
_XZ_MEMORY = 128 * 1024 * 1024


class Decoder(Protocol):
    """Unpacks one stream, some bytes at a time."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing comes without more bytes."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What came after the end of the stream."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Unpack at most `max_length` bytes."""
        ...


class _Gzip:
    """zlib's object with the manners of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: with gzip's header
        self._is_full = False

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """Whether nothing comes without more bytes."""
        return not (self._is_full or self._inner.unconsumed_tail)

    @property
    def unused_data(self) -> bytes:
        """What came after the end of the stream."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Unpack at most `max_length` bytes, which must be more than none."""
        content = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self._is_full = len(content) == max_length  # it may hold more that is unpacked already
        return content


def _xz() -> Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


_DECODERS: tuple[tuple[bytes, Callable[[], Decoder]], ...] = (
    (b"\x1f\x8b", _Gzip),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", _xz),
)


def decoder_of(head: bytes) -> Callable[[], Decoder] | None:
    """Say what unpacks a file, by how it begins; None if it is not packed."""
    return next((make for magic, make in _DECODERS if head.startswith(magic)), None)


class TarBytes(io.RawIOBase):
    """The bytes of a tar from its begin to its end: forwards only, metered, in small pieces."""

    def __init__(
        self, file: BinaryIO, meter: Meter, *, make_decoder: Callable[[], Decoder] | None
    ) -> None:
        super().__init__()
        self._file = file
        self._meter = meter
        self._pieces = _unpacked(self._packed, make_decoder) if make_decoder else None
        self._at = 0
        self._left = _HEADERS  # bytes that may be read before `expect` is told again
        self._ahead = b""  # what comes next, and is unpacked already
        self.last = b""  #: What the last read returned.

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is, forwards."""
        return True

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def expect(self, size: int | None = None) -> None:
        """Say how many bytes are read next: those of an entry's headers unless told."""
        self._left = _HEADERS if size is None else size

    def read(self, size: int = -1, /) -> bytes:
        """Read as many bytes as asked for, fewer only at the end.

        Raises:
            ArchiveRefused: they are more than any header of a fair tar has; or it is damaged.
        """
        if not 0 <= size <= min(CHUNK, self._left):
            raise ArchiveRefused("the archive has too long a header")
        self._left -= size
        return self._take(size)

    def seek(self, target: int, whence: int = io.SEEK_SET, /) -> int:
        """Go forwards; or back by the one byte that was read last, as tar readers do.

        Raises:
            ArchiveRefused: it would be further back: the archive leads in a circle.
        """
        if target == self._at - 1 and self.last:
            self._ahead = self.last[-1:] + self._ahead
            self.last, self._at = b"", target
        if whence != io.SEEK_SET or target < self._at:
            raise ArchiveRefused("the archive is damaged")
        if self._pieces is None and target > self._at:
            self._file.seek(target)
            self._at, self._ahead = target, b""
        while self._at < target and self._take(min(CHUNK, target - self._at)):
            pass
        return self._at

    def _take(self, size: int) -> bytes:
        while len(self._ahead) < size and (more := self._more(size - len(self._ahead))):
            self._ahead += more
        self.last, self._ahead = self._ahead[:size], self._ahead[size:]
        self._at += len(self.last)
        return self.last

    def _more(self, size: int) -> bytes:
        if self._pieces is None:
            content = self._packed(size)
        else:
            try:
                content = next(self._pieces, b"")
            except (zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
                raise ArchiveRefused("the archive is damaged") from error
        self._meter.unpacked(len(content))
        return content

    def _packed(self, size: int) -> bytes:
        content = self._file.read(size)
        self._meter.read(len(content))
        return content


def _unpacked(read: Callable[[int], bytes], make: Callable[[], Decoder]) -> Iterator[bytes]:
    """Unpack streams that follow one another, a chunk at most at a time.

    Raises:
        EOFError: the last one has no end.
        ValueError: it is damaged; or an error of the library that unpacks it.
    """
    decoder = make()
    while True:
        data = b""
        if decoder.eof:
            # Zeros may fill up the file behind a stream; another stream may follow.
            data = decoder.unused_data.lstrip(b"\0") or read(CHUNK).lstrip(b"\0")
            if not data:
                return
            decoder = make()
        elif decoder.needs_input and not (data := read(CHUNK)):
            raise EOFError("the archive ends too early")
        if content := _decompress(decoder, data):
            yield content


def _decompress(decoder: Decoder, data: bytes) -> bytes:
    try:
        return decoder.decompress(data, CHUNK)
    except OSError as error:  # what bzip2 calls bad data
        raise ValueError("bad data") from error
