"""A library that holds nothing, for measuring models without a search."""

from sightsong.core import ports


class NoLibrary:
    """Finds nothing."""

    def search(self, _query: object, *, k: int) -> ports.Found:  # noqa: ARG002 - the port
        """Find nothing."""
        return ports.Found(snapshot=None, neighbours=())
