"""A file of sound as FFmpeg opens it, with everything shut that a file could reach out by.

The demuxer is pinned to what the first bytes say, decoders to a list, and the bytes come from a
file that is open already: FFmpeg opens nothing by itself.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

import av
from av import Packet
from av import error as av_error
from av.audio.stream import AudioStream
from av.container import InputContainer

from sightsong.adapters.sound import formats
from sightsong.adapters.sound.files import open_regular
from sightsong.adapters.sound.formats import Format
from sightsong.core import errors

_BUFFER_BYTES = 64 * 1024
#: So often one tries to read on where the file cannot be read.
_MOST_BREAKS_IN_A_ROW = 16
#: Sound of unknown length is written with the most that its header can say, or nearly so.
_OPEN_ENDED_BYTES = 0x7FFF_0000
#: The decoders that a file may reach. Containers know many more, some of them hardly ever used.
_DECODER_NAMES = (
    "aac ac3 eac3 alac ape flac mp1float mp2float mp3float mp1 mp2 mp3 opus libopus vorbis "
    "libvorbis speex libspeex tta tak wavpack mpc7 mpc8 wmav1 wmav2 wmapro wmalossless wmavoice "
    "dsd_lsbf dsd_msbf dsd_lsbf_planar dsd_msbf_planar dst qdm2 gsm gsm_ms mace3 mace6 "
    "amrnb amrwb libopencore_amrnb libopencore_amrwb adpcm_ima_qt adpcm_ima_wav adpcm_ms "
    "pcm_alaw pcm_mulaw pcm_s8 pcm_s8_planar pcm_u8 pcm_s16le pcm_s16be pcm_s16le_planar "
    "pcm_s16be_planar pcm_u16le pcm_u16be pcm_s24le pcm_s24be pcm_s24le_planar pcm_u24le "
    "pcm_u24be pcm_s32le pcm_s32be pcm_s32le_planar pcm_u32le pcm_u32be pcm_s64le pcm_s64be "
    "pcm_f32le pcm_f32be pcm_f64le pcm_f64be"
)
_DECODERS = frozenset(_DECODER_NAMES.split())
#: Options of FFmpeg's formats; each is checked by its tests.
_OPTIONS = {
    "protocol_whitelist": "none",
    "codec_whitelist": ",".join(sorted(_DECODERS)),
}
#: How MP4 names sound that is locked: iTunes, common encryption, Audible.
_LOCKED_TAGS = frozenset({"drms", "enca", "aavd"})


@contextmanager
def opened(path: Path) -> Iterator["Opened"]:
    """Open a file of sound.

    Raises:
        PathNotAllowed: the path is no regular file or cannot be opened; not retried.
        UnreadableFile: the disk fails; not retried.
        UnsupportedAudio: the format is not read; not retried.
        AudioProtected: the sound is locked by its seller; not retried.
        BrokenAudio: the bytes are damaged; not retried.
    """
    with open_regular(path) as file:
        with failures():
            format_ = _sniffed(file)
            container = _container(file, format_)
        with container:
            yield Opened(container, _stream(container), format_)


class Opened:
    """An open container, its one stream of sound, and the format it is in."""

    def __init__(self, container: InputContainer, stream: AudioStream, format_: Format) -> None:
        """Hold them; `opened` closes the container."""
        self.container = container
        self.stream = stream
        self._format = format_
        self.breaks = 0  #: How often nothing could be read from where the file was read to.

    @property
    def start_s(self) -> float:
        """The time that the stream calls its beginning; a delay of the encoder makes it not 0."""
        stream = self.stream
        if stream.start_time is None or stream.time_base is None:
            return 0.0
        return float(stream.start_time * stream.time_base)

    @property
    def claimed_s(self) -> float | None:
        """Seconds of sound that the header counts; None where lengths are only guessed."""
        stream = self.stream
        if not self._format.has_length or not stream.duration or stream.time_base is None:
            return None
        claimed_s = float(stream.duration * stream.time_base) * self._format.cut
        is_open_ended = claimed_s * (stream.codec_context.bit_rate or 0) / 8 >= _OPEN_ENDED_BYTES
        is_pcm = stream.codec_context.name.startswith("pcm")
        return None if claimed_s < 0 or (is_pcm and is_open_ended) else claimed_s

    def packets(self) -> Iterator["Packet[AudioStream] | None"]:
        """Read packet by packet; over damage, to what can be read behind it.

        Yields:
            packets; the last is empty, or None, and makes a decoder give what it still holds.
        """
        breaks_in_a_row = 0
        while breaks_in_a_row < _MOST_BREAKS_IN_A_ROW:
            try:
                for packet in self.container.demux(self.stream):
                    breaks_in_a_row = 0
                    yield packet
            except MemoryError:
                raise
            except av_error.FFmpegError:
                self.breaks += 1
                breaks_in_a_row += 1
            else:
                return
        yield None

    def seek(self, to_s: float) -> bool:
        """Go to a place or to before it, in seconds from the beginning; tell whether it worked."""
        base = self.stream.time_base
        if base is None:
            return False
        try:
            offset = round((to_s + self.start_s) / base)
            self.container.seek(offset, stream=self.stream, backward=True)
        except MemoryError:
            raise
        except av_error.FFmpegError:
            return False
        return True


@contextmanager
def failures() -> Iterator[None]:
    """Turn what FFmpeg says of damaged bytes, and what the disk says, into our errors.

    Around what reads, and never around what whoever reads does with it.

    Raises:
        BrokenAudio: FFmpeg cannot go on; not retried.
        UnreadableFile: the disk fails; not retried.
    """
    try:
        yield
    except av_error.FFmpegError as error:  # a header that asks for absurdly much memory, too
        raise errors.BrokenAudio from error
    except OSError as error:  # raised by Python's file, not by FFmpeg
        raise errors.UnreadableFile("The disk fails where this file lies.") from error


def _sniffed(file: BinaryIO) -> Format:
    format_ = formats.sniff(file)
    if not os.fstat(file.fileno()).st_size:
        raise errors.BrokenAudio("The file is empty.")
    if format_ is None:
        raise errors.UnsupportedAudio
    if format_.demuxer == "asf" and formats.is_locked_asf(file):
        raise errors.AudioProtected
    return format_


def _container(file: BinaryIO, format_: Format) -> InputContainer:
    return av.open(
        _Bytes(file),
        mode="r",
        format=format_.demuxer,
        container_options=_OPTIONS,
        buffer_size=_BUFFER_BYTES,
        io_open=_refuse,
        metadata_errors="replace",
    )


class _Bytes:
    """A file as FFmpeg reads it. It has no name, which could choose something."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.tell = file.tell
        self._file = file

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; to one that a damaged header made up, in FFmpeg's way of saying no."""
        try:
            return self._file.seek(offset, whence)
        except (OverflowError, OSError) as error:
            if getattr(error, "errno", errno.EINVAL) != errno.EINVAL:
                raise
            return -errno.EINVAL


def _refuse(*_: object) -> NoReturn:
    """What FFmpeg asks for another file, such as one that an MP4 refers to."""
    raise errors.UnsupportedAudio("The file refers to other files.")


def _stream(container: InputContainer) -> AudioStream:
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        raise errors.UnsupportedAudio("The file holds no sound that is read.")
    codec = stream.codec_context
    if codec is None or codec.name not in _DECODERS:
        raise errors.UnsupportedAudio("The sound is in a codec that is not read.")
    if codec.codec_tag in _LOCKED_TAGS:
        raise errors.AudioProtected
    # One thread: a file takes one core, and what it takes in memory is known.
    codec.thread_type = "NONE"
    return stream
