"""A library that holds nothing, for measuring models without a search."""

from collections.abc import Mapping

from sightsong.core import ports
from sightsong.core.tracks import TrackId


class NoLibrary:
    """Finds nothing; its own view as well."""

    snapshot = None
    revision = 0

    def view(self) -> ports.LibraryView:
        """Look at nothing."""
        return self

    def catch_up(self) -> None:
        """Miss nothing."""

    def examine(self, _snapshot: object) -> None:
        """Find nothing wrong."""

    def health(self) -> ports.Health:
        """Serve nothing."""
        return ports.Health(serving=None)

    def search(self, _query: object, **_narrow: object) -> tuple[ports.Neighbour, ...]:
        """Find nothing."""
        return ()

    def vector(self, _track_id: TrackId) -> None:
        """Know no track."""

    def best_windows(self, _query: object, _track_ids: object) -> Mapping[TrackId, float]:
        """Find nothing."""
        return {}
