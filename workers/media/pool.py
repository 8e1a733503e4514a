"""Decoding in processes of its own, ahead of the models.

A file that brings a decoder down, or to a halt, costs one such process or two and fails its own
job; the worker and what it has in hand do not notice. Photos and tracks have seats of their own: a
photo never waits for an hour of music to be decoded.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import structlog

from sightsong.core import errors
from sightsong.core.affect import Affect
from sightsong.core.models import Heard, Photo
from workers.media.decoding import Decoded, HeardTrack, Observe, Recipe, TrackFiles, unobserved
from workers.media.entry import Limits
from workers.media.holding import Holding
from workers.media.process import Answer, DecodingProcess, ProcessDied, TooLarge
from workers.media.quiet import Quiet

log = structlog.get_logger()

#: The longest that a photo may take to decode. One of 40 million pixels takes about a second.
PHOTO_LIMITS = Limits(clock_s=20.0, cpu_s=20.0)
#: The longest that a track may take, of a processor's work: so much, and 1/50 of the longest track
#: that is taken. One core decodes and hears it some 200 times faster than the music plays. Of the
#: clock, it may take four times as long: photos come first. A file on which nothing moves for 30
#: seconds is given up long before that (`decoding.STALL_S`).
_TRACK_BASE_S = 60.0
_TRACK_SPEED = 50.0
_PATIENCE = 4.0
_CLOSE_LIMIT_S = 2.0


@dataclass(frozen=True, kw_only=True)
class _Trade:
    """What a seat decodes, and what a file's failure is called."""

    what: str
    recipe: Recipe
    quiet: Any  #: Shared memory: whether tracks are to rest.
    limits: Limits
    broken: type[errors.SightsongError]  #: Decoders do not survive the file.
    slow: type[errors.SightsongError]  #: It takes longer than the limit.


@dataclass(frozen=True, kw_only=True)
class _Task:
    """Something to decode."""

    fetch: Callable[[], Any]
    build: Callable[[Answer], Any]
    future: Future[Any]


_Tasks = queue.SimpleQueue[_Task | None]


class DecodingPool:
    """The `Decoders` port over processes, each with a thread that tends it.

    Args:
        recipe: how to decode.
        seats: processes for photos. They start at once.
        track_seats: processes for tracks. They start with the first tracks, and yield to photos.
        observe: told how long each file took.
        photo_limits: what a photo may take.
        track_limits: what a track may take; by default enough for the longest.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        seats: int,
        track_seats: int = 1,
        observe: Observe = unobserved,
        photo_limits: Limits = PHOTO_LIMITS,
        track_limits: Limits | None = None,
    ) -> None:
        self._recipe = recipe
        self._holding = Holding()
        self._quiet = Quiet()
        self._photos: _Tasks = queue.SimpleQueue()
        self._tracks: _Tasks = queue.SimpleQueue()
        photo = _Trade(
            what="photo",
            recipe=recipe,
            quiet=self._quiet.shared,
            limits=photo_limits,
            broken=errors.BrokenImage,
            slow=errors.BrokenImage,
        )
        track = _Trade(
            what="track",
            recipe=recipe,
            quiet=self._quiet.shared,
            limits=track_limits or _enough(recipe.max_audio_s),
            broken=errors.BrokenAudio,
            slow=errors.TaskFailed,  # the disk that it lies on may be what is slow: tried again
        )
        self._seats = [
            *(_Seat(photo, self._photos, observe, is_warm=True) for _ in range(seats)),
            *(_Seat(track, self._tracks, observe, is_warm=False) for _ in range(track_seats)),
        ]

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are there now."""
        return tuple(seat.pid for seat in self._seats if seat.pid)

    def photo(self, fetch: Callable[[], bytes]) -> Future[Decoded[Photo]]:
        """Decode the bytes of a photo."""
        return _put(self._photos, fetch, self._photo_of)

    def track(self, fetch: Callable[[], TrackFiles]) -> Future[Decoded[HeardTrack]]:
        """Listen to the first file of a track that is there, unless its sound is known."""

        def fetch_in_turn() -> TrackFiles:
            self._holding.wait()  # a disk is not asked either while there is no room
            return fetch()

        return _put(self._tracks, fetch_in_turn, self._track_of)

    def quiet(self) -> AbstractContextManager[None]:
        """Let tracks rest for a while; photos go on."""
        return self._quiet.kept()

    def close(self) -> None:
        """End the processes; what they decode is given up."""
        for tasks in (self._photos, self._tracks):
            for _ in self._seats:
                tasks.put(None)
        self._holding.close()
        for seat in self._seats:
            seat.close()
        for seat in self._seats:
            seat.join(_CLOSE_LIMIT_S)

    def _track_of(self, answer: Answer) -> Decoded[HeardTrack]:
        heard = _heard_of(answer) if answer.arrays else None
        if heard is not None:
            self._holding.note(heard, sum(array.nbytes for array in answer.arrays))
        track = HeardTrack(heard=heard, digest=answer.said["digest"])
        return Decoded(value=track, decode_ms=answer.decode_ms)

    def _photo_of(self, answer: Answer) -> Decoded[Photo]:
        pixels, *views = answer.arrays
        made = dict(zip(self._recipe.views, views, strict=True))
        return Decoded(value=Photo(pixels=pixels, views=made), decode_ms=answer.decode_ms)


class _Seat:
    """A thread, and the process that decodes for it: one file at a time, so that blame is exact."""

    def __init__(self, trade: _Trade, tasks: _Tasks, observe: Observe, *, is_warm: bool) -> None:
        self._trade = trade
        self._tasks = tasks
        self._observe = observe
        self._is_warm = is_warm
        self._lock = threading.Lock()
        self._process: DecodingProcess | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._serve, name="decoding", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Its process, if there is one."""
        process = self._process
        return process.pid if process else None

    def close(self) -> None:
        """End the process and start no other."""
        with self._lock:
            self._is_closed = True
            if self._process is not None:
                self._process.end()

    def join(self, timeout_s: float) -> None:
        """Wait for the end of the thread."""
        self._thread.join(timeout_s)

    def _serve(self) -> None:
        if self._is_warm:
            self._warm()
        while (task := self._tasks.get()) is not None:
            if task.future.set_running_or_notify_cancel():
                self._settle(task)
        self._bury()

    def _warm(self) -> None:
        try:
            self._begin()
        except errors.Unavailable as error:
            log.warning("decoder.missing", what=self._trade.what, reason=error.detail)
        except Exception:
            # The thread must live: the next file tries to begin a process again.
            log.exception("decoder.missing", what=self._trade.what)

    def _settle(self, task: _Task) -> None:
        began = time.perf_counter()
        try:
            made = task.build(self._decode(task.fetch()))
        except BaseException as error:  # noqa: BLE001 - handed on to who waits for the future
            task.future.set_exception(error)
        else:
            task.future.set_result(made)
        self._observe(self._trade.what, time.perf_counter() - began)

    def _decode(self, asked: object) -> Answer:
        """Decode; once more in a fresh process if one dies, which may not be the file's fault."""
        trade = self._trade
        for _ in range(2):
            process = self._process or self._begin()
            try:
                return process.decode(asked)
            except ProcessDied:
                log.warning("decoder.died", what=trade.what, pid=process.pid)
                self._bury()
            except TimeoutError as error:
                self._bury()
                detail = f"It did not move on, or took longer than {trade.limits.clock_s:g} s."
                raise trade.slow(detail) from error
            except TooLarge as error:
                detail = "It takes more memory or time to decode than a file may have."
                raise trade.broken(detail) from error
        raise trade.broken("It brought the decoder down, twice.")

    def _begin(self) -> DecodingProcess:
        with self._lock:
            if self._is_closed:
                raise errors.Unavailable("the decoders are closed")
            trade = self._trade
            process = DecodingProcess(trade.what, trade.recipe, trade.limits, trade.quiet)
            self._process = process
        try:
            process.wait_until_ready()
        except errors.Unavailable:
            self._bury()
            raise
        if not all(process.confined.values()):  # `doctor` says what it is about
            log.warning("decoder.unconfined", what=trade.what, **process.confined)
        return process

    def _bury(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.bury()


def _enough(longest_s: float) -> Limits:
    work_s = _TRACK_BASE_S + longest_s / _TRACK_SPEED
    return Limits(clock_s=_PATIENCE * work_s, cpu_s=work_s)


def _put(tasks: _Tasks, fetch: Callable[[], Any], build: Callable[[Answer], Any]) -> Future[Any]:
    future: Future[Any] = Future()
    tasks.put(_Task(fetch=fetch, build=build, future=future))
    return future


def _heard_of(answer: Answer) -> Heard:
    windows, starts_s, fingerprint = answer.arrays
    said = answer.said
    return Heard(
        duration_s=said["duration_s"],
        window_starts_s=tuple(starts_s.tolist()),
        windows=windows,
        affect=Affect(valence=said["valence"], arousal=said["arousal"]),
        descriptors=said["descriptors"],
        fingerprint=fingerprint,
    )
