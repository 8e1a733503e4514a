"""Lines of a body that comes in pieces."""


class Lines:
    """Puts lines together. Only line feeds end them: JSON may hold the other ends of Unicode."""

    def __init__(self) -> None:
        self._begun: list[bytes] = []

    @property
    def rest(self) -> str:
        """What has come after the last end of a line."""
        return _text(b"".join(self._begun))

    def fed(self, piece: bytes) -> list[str]:
        """Take a piece; return the lines that are whole now."""
        first, *others = piece.split(b"\n")
        self._begun.append(first)
        if not others:
            return []
        whole = [b"".join(self._begun), *others[:-1]]
        self._begun = [others[-1]]
        return [_text(line) for line in whole]


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")
