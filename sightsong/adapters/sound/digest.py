"""What tells that two files hold the same encoded sound, whatever their tags and pictures say."""

import hashlib
from pathlib import Path

from sightsong.adapters.sound import containers
from sightsong.core import errors


def sound_digest(path: Path) -> str:
    """Digest the encoded sound of a file, without decoding it.

    What is digested is the codec, the rate, the number of channels and the payload of all packets:
    what FFmpeg would hand to a decoder. Where packets begin and end is left out, since it may hang
    on where the bytes lie in the file.

    Returns:
        SHA-256, in hex.

    Raises:
        PathNotAllowed: the path is no regular file or cannot be opened; not retried.
        UnreadableFile: the disk fails; not retried.
        UnsupportedAudio: the format or codec is not read; not retried.
        AudioProtected: the sound is locked by its seller; not retried.
        BrokenAudio: the bytes are damaged or hold no sound at all; not retried.
    """
    with containers.opened(path) as opened:
        codec = opened.stream.codec_context
        kind = f"{codec.name} {codec.sample_rate} {codec.layout.nb_channels}\n"
        digest, count = hashlib.sha256(kind.encode()), 0
        with containers.failures():
            for packet in opened.packets():
                if packet is not None and packet.size:
                    digest.update(memoryview(packet))
                    count += packet.size
        if not count:
            raise errors.BrokenAudio("The file holds no samples.")
        return digest.hexdigest()
