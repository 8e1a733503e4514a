"""A music file to a mono waveform, read block by block and never by the length it claims.

libsndfile reads WAV, FLAC, Ogg (Vorbis, Opus), MP3 and AIFF. It does not read AAC or ALAC (`.m4a`),
Windows Media, Musepack and the like; such files are refused with a word that says so.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from sightsong.core import errors
from sightsong.core.models import Waveform

_BLOCK_FRAMES = 65_536
_MOST_CHANNELS = 32
_RATES_HZ = range(4_000, 768_001)
_SNIFF_BYTES = 40
_SILENT_PEAK = 1e-4  # -80 dB below full scale
_PLAYED = (b"RIFF", b"RF64", b"fLaC", b"FORM", b"ID3")
"""How files begin that libsndfile is made for: if it fails on one of these, the file is damaged."""
_PLAYED_IN_OGG = (b"vorbis", b"OpusHead", b"FLAC")
"""Codec names in an Ogg file's first page; Speex and Theora are not read."""
_MPEG_SYNC = 0xFF
_MPEG_LAYER_3 = 0xE2  # 11 sync bits and the layer bits, masked from the second byte
_MPEG_MASK = 0xE6


def decode_track(path: Path, *, sample_rate_hz: int, max_s: float) -> Waveform:
    """Decode a whole track to one channel at the wanted rate.

    Args:
        path: a regular file.
        sample_rate_hz: rate of the result; resampled by soxr's "HQ" where the file's differs.
        max_s: decoding stops with an error beyond this many seconds of sound.

    Returns:
        float32, (n_samples,), mean of the channels, in [-1, 1]; at least one sample, not silent.

    Raises:
        PathNotAllowed: the path is no regular file or cannot be opened; not retried.
        UnsupportedAudio: the format is not read; not retried.
        BrokenAudio: the bytes are damaged or hold no sound at all; not retried.
        AudioTooLong: there is more sound than `max_s`; not retried.
        SilentAudio: no sample rises above -80 dB of full scale; not retried.
    """
    with _open_file(path) as raw, _open_sound(raw) as sound:
        blocks = list(_resampled(_mono_blocks(sound, max_s), sound.samplerate, sample_rate_hz))
    waveform: Waveform = np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)
    if not waveform.size:
        raise errors.BrokenAudio("The file holds no samples.")
    np.clip(waveform, -1, 1, out=waveform)
    if np.abs(waveform).max() < _SILENT_PEAK:
        raise errors.SilentAudio
    return waveform


def _open_file(path: Path) -> BinaryIO:
    """Open a regular file; anything else (a pipe, a device) could block for ever."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise errors.PathNotAllowed("The path is not a regular file.")
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise errors.PathNotAllowed("The file cannot be opened.") from error


def _open_sound(raw: BinaryIO) -> soundfile.SoundFile:
    head = os.pread(raw.fileno(), _SNIFF_BYTES, 0)
    if not head:
        raise errors.BrokenAudio("The file is empty.")
    if head[4:8] == b"ftyp":
        raise errors.UnsupportedAudio(
            "MP4 audio (.m4a: AAC or ALAC) is not read; convert it to FLAC, Ogg or MP3."
        )
    try:
        # By descriptor, so that neither the file's name nor its ending chooses the decoder.
        sound = soundfile.SoundFile(raw.fileno(), closefd=False)
    except (soundfile.SoundFileError, TypeError, ValueError) as error:
        raise (errors.BrokenAudio if _is_played(head) else errors.UnsupportedAudio) from error
    if sound.channels > _MOST_CHANNELS or sound.samplerate not in _RATES_HZ:
        sound.close()
        raise errors.UnsupportedAudio("The file claims an odd number of channels or sample rate.")
    return sound


def _is_played(head: bytes) -> bool:
    if head.startswith(b"OggS"):
        return any(codec in head for codec in _PLAYED_IN_OGG)
    is_mpeg = len(head) > 1 and head[0] == _MPEG_SYNC and head[1] & _MPEG_MASK == _MPEG_LAYER_3
    return is_mpeg or head.startswith(_PLAYED)


def _mono_blocks(sound: soundfile.SoundFile, max_s: float) -> Iterator[Waveform]:
    """Read to the end of the sound, whatever length the header claims."""
    most_frames = max_s * sound.samplerate
    frames = 0
    while True:
        try:
            block = sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
            raise errors.BrokenAudio from error
        if not len(block):
            return
        frames += len(block)
        if frames > most_frames:
            raise errors.AudioTooLong(f"The track is longer than {max_s:g} seconds.")
        yield _mono(block)


def _mono(block: NDArray[np.float32]) -> Waveform:
    """Average the channels.

    Column by column: numpy's `mean` over the short axis of a stereo block is 14 times slower.
    """
    mono = block[:, 0].copy()
    for channel in range(1, block.shape[1]):
        mono += block[:, channel]
    mono *= np.float32(1 / block.shape[1])
    if not np.isfinite(mono).all():
        raise errors.BrokenAudio("The file holds samples that are no numbers.")
    return mono


def _resampled(blocks: Iterator[Waveform], from_hz: int, to_hz: int) -> Iterator[Waveform]:
    """Resample as the blocks come, so that the track at its own rate is never held whole."""
    if from_hz == to_hz:
        yield from blocks
        return
    stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
