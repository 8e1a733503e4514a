"""What a file is, by its first bytes and not by its name."""

#: Bytes that tell every type from the others.
HEAD_BYTES = 12
UNKNOWN = "application/octet-stream"


def media_type(content: bytes) -> str:
    """Name the image type by its first bytes, so that a misnamed file is sent as what it is."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return UNKNOWN
