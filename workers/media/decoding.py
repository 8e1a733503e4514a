"""What decoding gives, and the port behind which it happens: in other processes, or right here."""

import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from sightsong.adapters.sound.decoding import open_sound
from sightsong.adapters.sound.digest import sound_digest
from sightsong.core import errors
from sightsong.core.models import Heard, Listener, Photo, View, Waveform
from workers.media import images, views

T = TypeVar("T")

#: The longest that a track may take from one block of its sound to the next, some milliseconds of
#: work. What is slower is a decoder that hangs, or a disk that does not answer.
STALL_S = 30.0
#: A digest needs the whole file, and says nothing meanwhile: it has time for a disk this slow.
_SLOWEST_DISK = 20e6  # bytes per second
#: At the end of a track all of it is summed up in one go, thousands of times faster than it plays;
#: it has time for a processor that has other things to do.
_SUMMING_SPEED = 100.0  # seconds of sound per second


@dataclass(frozen=True, kw_only=True)
class Decoded(Generic[T]):
    """What a file held, and how long it took to find out."""

    value: T
    decode_ms: float


@dataclass(frozen=True, kw_only=True)
class TrackFiles:
    """Where the sound of a track may lie, and what is known of it."""

    paths: Sequence[Path]
    known_digest: str | None = None  #: Of the sound that was heard before, if any was.


@dataclass(frozen=True, kw_only=True)
class HeardTrack:
    """What was heard of a track."""

    heard: Heard | None  #: None: the sound is what it was, and nothing was decoded.
    digest: str  #: SHA-256 of the encoded sound, without tags.


#: Told when work moves on, and how many seconds it may take until it does so again.
Alive = Callable[[float], None]


def unhurried(_seconds: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How files are decoded: plain values, which another process can be given."""

    max_pixels: int  #: The most that a photo's header may claim.
    photo_side_px: int  #: Longer sides are reduced to this.
    views: tuple[View, ...] = ()  #: Copies that the models ask for.
    max_audio_s: float
    listener: Listener  #: Makes of sound what the audio model reads.

    def photo(self, content: bytes) -> Photo:
        """Decode a photo and make the copies.

        Raises:
            InputError: as `images.decode_photo`; not retried.
        """
        pixels = images.decode_photo(
            io.BytesIO(content), max_pixels=self.max_pixels, max_side=self.photo_side_px
        )
        return Photo(pixels=pixels, views={v: views.make_view(pixels, v) for v in self.views})

    def track(self, files: TrackFiles, *, alive: Alive = unhurried) -> HeardTrack:
        """Listen to the first file of a track that is there: a library may have moved.

        Raises:
            PathNotAllowed: none of them is; tried again when the folder is ingested again.
            InputError: else as `open_sound` and `Listener.hear`; not retried.
        """
        for path in files.paths:
            try:
                return self._heard(path, files.known_digest, alive)
            except errors.PathNotAllowed:
                continue
        raise errors.PathNotAllowed("No file of this track can be opened.")

    def _heard(self, path: Path, known_digest: str | None, alive: Alive) -> HeardTrack:
        alive(STALL_S + _size(path) / _SLOWEST_DISK)
        digest = sound_digest(path)
        if digest == known_digest:
            return HeardTrack(heard=None, digest=digest)
        alive(STALL_S)
        with open_sound(path) as sound:
            rate_hz = sound.rate_hz
            blocks = _told(sound.blocks(max_s=self.max_audio_s), alive, rate_hz=rate_hz)
            heard = self.listener.hear(blocks, rate_hz=rate_hz)
        return HeardTrack(heard=heard, digest=digest)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError) as error:
        raise errors.PathNotAllowed("The file cannot be opened.") from error


def _told(blocks: Iterable[Waveform], alive: Alive, *, rate_hz: int) -> Iterator[Waveform]:
    count = 0
    for block in blocks:
        alive(STALL_S)
        count += len(block)
        yield block
    alive(STALL_S + count / rate_hz / _SUMMING_SPEED)


class Decoders(Protocol):
    """Files to photos and to what is heard of tracks. Both return at once.

    `fetch` finds what is to be decoded; it is called where waiting hurts nobody, and what it raises
    is what the future ends with.
    """

    def photo(self, fetch: Callable[[], bytes]) -> Future[Decoded[Photo]]:
        """Decode the bytes of a photo."""
        ...

    def track(self, fetch: Callable[[], TrackFiles]) -> Future[Decoded[HeardTrack]]:
        """Listen to the first file of a track that is there, unless its sound is known."""
        ...

    def quiet(self) -> AbstractContextManager[None]:
        """Let tracks rest for a while, where they take processor time from somebody."""
        ...

    def close(self) -> None:
        """End what they keep running; nothing is decoded any more."""
        ...


#: Told what was decoded (`photo` or `track`) and how many seconds it took, also where it failed.
Observe = Callable[[str, float], None]


def unobserved(_what: str, _seconds: float) -> None:
    """Tell nobody."""


class InlineDecoders:
    """Decodes in the thread that asks, which waits meanwhile: for tests and the tiniest machines.

    A file that brings a decoder down brings the process down.
    """

    def __init__(self, recipe: Recipe, *, observe: Observe = unobserved) -> None:
        self._recipe = recipe
        self._observe = observe

    def photo(self, fetch: Callable[[], bytes]) -> Future[Decoded[Photo]]:
        """Decode the bytes of a photo, now."""
        return self._done("photo", lambda: self._recipe.photo(fetch()))

    def track(self, fetch: Callable[[], TrackFiles]) -> Future[Decoded[HeardTrack]]:
        """Listen to the first file of a track that is there, now."""
        return self._done("track", lambda: self._recipe.track(fetch()))

    def quiet(self) -> AbstractContextManager[None]:
        """Nothing goes on beside the one who asks."""
        return nullcontext()

    def close(self) -> None:
        """Nothing is running."""

    def _done(self, what: str, decode: Callable[[], T]) -> Future[Decoded[T]]:
        future: Future[Decoded[T]] = Future()
        began = time.perf_counter()
        try:
            value = decode()
        except Exception as error:  # noqa: BLE001 - handed on, like from any other thread
            future.set_exception(error)
        else:
            took_ms = (time.perf_counter() - began) * 1000
            future.set_result(Decoded(value=value, decode_ms=took_ms))
        self._observe(what, time.perf_counter() - began)
        return future
