"""A music file as samples, block after block, by its bytes and never by the length it claims.

What is damaged and what is only scratched: a decoder that stumbles over a few packets goes on, as
every player does, and nothing is lost that a listener would miss in ten-second windows. A file is
`BrokenAudio` when nothing of it can be decoded, when more than a twentieth of its packets cannot,
or when its header counts more samples than there are and more than a twentieth of them is missing:
that is a download that broke off, and its owner will want to know. Headers that only estimate (MP3
without a count, Ogg, ADTS, AC-3, Matroska, Windows Media, sound of open end) accuse nobody: of such
a file, what is there is taken.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from av import AudioFrame
from av import error as av_error
from numpy.typing import NDArray

from sightsong.adapters.sound import containers, samples
from sightsong.core import errors
from sightsong.core.models import Waveform

_BLOCK_FRAMES = 65_536
_MOST_CHANNELS = 32
_RATES_HZ = range(4_000, 768_001)
#: The share of packets that may be bad, and of the counted samples that may be missing.
_BAD_SHARE = 1 / 20
#: What may be missing anyway, in seconds: the delays of encoders, which only some headers count.
_SLACK_S = 0.25
#: Decoders begin this far before the place that is asked for: some need what was before.
_RUN_UP_S = 0.5


@contextmanager
def open_sound(path: Path) -> Iterator["Sound"]:
    """Open a music file; it is closed with the context.

    Raises:
        PathNotAllowed: the path is no regular file or cannot be opened; not retried.
        UnreadableFile: the disk fails; not retried.
        UnsupportedAudio: the format or codec is not read; not retried.
        AudioProtected: the sound is locked by its seller; not retried.
        BrokenAudio: the bytes are damaged or hold no sound at all; not retried.
    """
    with containers.opened(path) as opened:
        yield Sound(opened)


class Sound:
    """The sound in one open file. It is read once: by `blocks` or by `parts`."""

    rate_hz: int
    channels: int

    def __init__(self, opened: containers.Opened) -> None:
        """Decode the first frame, which knows the true rate (a header may tell half of it).

        Raises:
            BrokenAudio: there is no frame that can be decoded; not retried.
            UnsupportedAudio: it has an odd number of channels or sample rate; not retried.
        """
        self._opened = opened
        self._packets = 0
        self._bad = 0
        frames = self._decoded()
        with containers.failures():
            first = next(frames, None)
        if first is None:
            raise errors.BrokenAudio("The file holds no samples.")
        self.rate_hz = first.sample_rate
        self.channels = first.layout.nb_channels
        if self.channels > _MOST_CHANNELS or self.rate_hz not in _RATES_HZ:
            raise errors.UnsupportedAudio("The file has an odd number of channels or sample rate.")
        self._frames: Iterator[AudioFrame] = itertools.chain([first], frames)

    def blocks(self, *, max_s: float, start_s: float = 0.0) -> Iterator[Waveform]:
        """Read to the end of the sound, whatever length the header claims.

        Args:
            max_s: reading stops with an error beyond this many seconds of sound.
            start_s: where to begin, from the beginning of the sound.

        Yields:
            float32, (n_samples,), the mean of the channels, in [-1, 1]; up to 65,536 samples.

        Raises:
            AudioTooLong: there is more sound than `max_s`; not retried.
            BrokenAudio: too much of it is damaged or missing; not retried. Of what is missing, only
                who reads from the beginning to the end is told.
            UnreadableFile: the disk fails; not retried.
        """
        for part in self.parts(channels=1, max_s=max_s, start_s=start_s):
            yield part[0]

    def parts(
        self, *, channels: int, max_s: float, start_s: float = 0.0
    ) -> Iterator[NDArray[np.float32]]:
        """Read like `blocks`, with as many channels as asked for.

        Yields:
            float32, (channels, n_samples): the file's own channels if it has as many, else each is
            the mean of them.
        """
        count = 0
        with containers.failures():
            skipped = self._go_to(start_s)
            for chunk in self._chunks():
                part = samples.rows_of(chunk, wanted=channels)[:, skipped:]
                skipped = max(0, skipped - chunk.samples)
                count += part.shape[1]
                if count > max_s * self.rate_hz:
                    raise errors.AudioTooLong(f"The track is longer than {max_s:g} seconds.")
                if part.size:
                    yield part
        self._check_end(count / self.rate_hz, is_whole=start_s <= 0)

    def _chunks(self) -> Iterator[AudioFrame]:
        """Gather small frames to large ones: numpy's calls cost more than the samples."""
        gathered = av.AudioFifo()
        shape = None
        for frame in self._frames:
            if frame.sample_rate != self.rate_hz:
                self._bad += 1  # of a damaged header, or of another stream at the end of this one
                continue
            if shape not in (None, (frame.format.name, frame.layout.name)):
                yield from _read(gathered, 0)
                gathered = av.AudioFifo()
            shape = (frame.format.name, frame.layout.name)
            frame.pts = None  # holes in the stream's times are no holes in its sound
            gathered.write(frame)
            while gathered.samples >= _BLOCK_FRAMES:
                yield from _read(gathered, _BLOCK_FRAMES)
        yield from _read(gathered, 0)

    def _decoded(self) -> Iterator[AudioFrame]:
        """Decode packet by packet; count those that cannot be."""
        decoder = self._opened.stream.codec_context
        for packet in self._opened.packets():
            self._packets += 1
            try:
                frames = decoder.decode(packet)
            except MemoryError:
                raise
            except av_error.FFmpegError:
                self._bad += 1
                continue
            yield from (frame for frame in frames if frame.samples)

    def _go_to(self, start_s: float) -> int:
        """Seek to just before a place, and return how many samples there are up to it."""
        before_s = start_s - _RUN_UP_S
        if before_s > 0 and self._opened.seek(before_s):
            frames = self._decoded()
            first = next(frames, None)
            self._frames = itertools.chain([first] if first else [], frames)
            if first is not None and first.time is not None:
                before_s = first.time - self._opened.start_s
        else:
            before_s = 0.0
        return max(0, round((start_s - before_s) * self.rate_hz))

    def _check_end(self, heard_s: float, *, is_whole: bool) -> None:
        bad = self._bad + self._opened.breaks
        if bad > self._packets * _BAD_SHARE:
            raise errors.BrokenAudio("Too much of the sound is damaged.")
        claimed_s = self._opened.claimed_s
        if not is_whole or claimed_s is None:
            return
        if claimed_s - heard_s > max(_SLACK_S, claimed_s * _BAD_SHARE):
            detail = f"The file breaks off after {heard_s:.0f} of {claimed_s:.0f} seconds."
            raise errors.BrokenAudio(detail)


def _read(gathered: av.AudioFifo, count: int) -> Iterator[AudioFrame]:
    """Take so many samples out, or with 0 all that are left."""
    if gathered.samples and (frame := gathered.read(count, partial=True)) is not None:
        yield frame
