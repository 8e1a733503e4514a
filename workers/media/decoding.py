"""What decoding gives, and the port behind which it happens: in other processes, or right here."""

import io
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from sightsong.core import errors
from sightsong.core.models import Photo, View, Waveform
from workers.media import audio, images, views

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Decoded(Generic[T]):
    """What a file held, and how long it took to find out."""

    value: T
    decode_ms: float


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How files are decoded: plain values, which another process can be given."""

    max_pixels: int  #: The most that a photo's header may claim.
    photo_side_px: int  #: Longer sides are reduced to this.
    views: tuple[View, ...] = ()  #: Copies that the models ask for.
    sample_rate_hz: int
    max_audio_s: float

    def photo(self, content: bytes) -> Photo:
        """Decode a photo and make the copies.

        Raises:
            InputError: as `images.decode_photo`; not retried.
        """
        pixels = images.decode_photo(
            io.BytesIO(content), max_pixels=self.max_pixels, max_side=self.photo_side_px
        )
        return Photo(pixels=pixels, views={v: views.make_view(pixels, v) for v in self.views})

    def track(self, paths: Sequence[Path]) -> Waveform:
        """Decode the first file of a track that is there: a library may have moved.

        Raises:
            PathNotAllowed: none of them is; tried again when the folder is ingested again.
            InputError: else as `audio.decode_track`; not retried.
        """
        for path in paths:
            try:
                return audio.decode_track(
                    path, sample_rate_hz=self.sample_rate_hz, max_s=self.max_audio_s
                )
            except errors.PathNotAllowed:
                continue
        raise errors.PathNotAllowed("No file of this track can be opened.")


class Decoders(Protocol):
    """Files to photos and waveforms. Both return at once.

    `fetch` finds what is to be decoded; it is called where waiting hurts nobody, and what it raises
    is what the future ends with.
    """

    def photo(self, fetch: Callable[[], bytes]) -> Future[Decoded[Photo]]:
        """Decode the bytes of a photo."""
        ...

    def track(self, fetch: Callable[[], Sequence[Path]]) -> Future[Decoded[Waveform]]:
        """Decode the first of some files that is there."""
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

    def track(self, fetch: Callable[[], Sequence[Path]]) -> Future[Decoded[Waveform]]:
        """Decode the first of some files that is there, now."""
        return self._done("track", lambda: self._recipe.track(fetch()))

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
