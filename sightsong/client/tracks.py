"""Calls about the tracks of the library."""

from collections.abc import Iterator
from typing import Unpack, cast

from sightsong.client.calls import PAGE, Calls, Params, segment
from sightsong.client.views import TrackEdit, TrackQuery, TracksPage, TrackView
from sightsong.client.wire import Request


class TrackCalls(Calls):
    """What may be asked about tracks."""

    def tracks_page(
        self, *, limit: int = PAGE, cursor: str | None = None, **where: Unpack[TrackQuery]
    ) -> TracksPage:
        """Read one page of the library."""
        params: dict[str, str | int | float] = {**cast("dict[str, str]", where), "limit": limit}
        if cursor is not None:
            params["cursor"] = cursor
        return cast("TracksPage", self._get("/v1/tracks", params))

    def tracks(
        self, *, limit: int | None = None, **where: Unpack[TrackQuery]
    ) -> Iterator[TrackView]:
        """Go through the library page by page, through all of it unless `limit` is given."""
        yield from self._items("/v1/tracks", cast("dict[str, str]", where), limit=limit)

    def track(self, track_id: str) -> TrackView:
        """Read one track, and which others are the same recording."""
        return cast("TrackView", self._get(_path(track_id)))

    def edit_track(self, track_id: str, **changes: Unpack[TrackEdit]) -> TrackView:
        """Say something else of a track; None takes your word back."""
        request = Request(method="PATCH", path=_path(track_id), json=changes)
        return cast("TrackView", self._json(request))

    def remove_track(self, track_id: str) -> None:
        """Remove a track from the library; its files stay."""
        self._wire.fetch(Request(method="DELETE", path=_path(track_id)))

    def audio(self, url: str) -> bytes:
        """Fetch the music behind the `audio_url` of a match."""
        return self._wire.fetch(Request(method="GET", path=url)).content

    def preview(self, track_id: str, *, start_s: float = 0, duration_s: float = 10) -> bytes:
        """Fetch a short piece of a track, as Ogg."""
        params: Params = {"format": "ogg", "start": start_s, "duration": duration_s}
        request = Request(method="GET", path=f"{_path(track_id)}/audio", params=params)
        return self._wire.fetch(request).content

    def cover(self, track_id: str) -> bytes:
        """Fetch the picture that comes with a track.

        Raises:
            ProblemResponse: it has none (`no_cover`).
        """
        return self._wire.fetch(Request(method="GET", path=f"{_path(track_id)}/cover")).content


def _path(track_id: str) -> str:
    return f"/v1/tracks/{segment(track_id)}"
