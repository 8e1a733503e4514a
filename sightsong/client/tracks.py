"""Calls about the tracks of the library."""

from typing import Unpack, cast

from sightsong.client.calls import PAGE, Calls, segment
from sightsong.client.steps import Flow, Params, Request, Steps
from sightsong.client.twofold import Call, Series
from sightsong.client.views import TrackEdit, TrackQuery, TracksPage, TrackView


class TrackCalls(Calls):
    """What may be asked about tracks."""

    @Call
    def tracks_page(
        self, *, limit: int = PAGE, cursor: str | None = None, **where: Unpack[TrackQuery]
    ) -> Steps[TracksPage]:
        """Read one page of the library."""
        params: dict[str, str | int | float] = {**cast("dict[str, str]", where), "limit": limit}
        if cursor is not None:
            params["cursor"] = cursor
        return self._get("/v1/tracks", params)

    @Series
    def tracks(self, *, limit: int | None = None, **where: Unpack[TrackQuery]) -> Flow[TrackView]:
        """Go through the library page by page, through all of it unless `limit` is given."""
        return self._items("/v1/tracks", cast("dict[str, str]", where), limit=limit)

    @Call
    def track(self, track_id: str) -> Steps[TrackView]:
        """Read one track, and which others are the same recording."""
        return self._get(_path(track_id))

    @Call
    def edit_track(self, track_id: str, **changes: Unpack[TrackEdit]) -> Steps[TrackView]:
        """Say something else of a track; None takes your word back."""
        return self._json(Request(method="PATCH", path=_path(track_id), json=changes))

    @Call
    def remove_track(self, track_id: str) -> Steps[None]:
        """Remove a track from the library; its files stay."""
        return self._delete(_path(track_id))

    @Call
    def audio(self, url: str) -> Steps[bytes]:
        """Fetch the music behind the `audio_url` of a match."""
        return self._content(Request(method="GET", path=url))

    @Call
    def preview(self, track_id: str, *, start_s: float = 0, duration_s: float = 10) -> Steps[bytes]:
        """Fetch a short piece of a track, as Ogg."""
        params: Params = {"format": "ogg", "start": start_s, "duration": duration_s}
        return self._content(Request(method="GET", path=f"{_path(track_id)}/audio", params=params))

    @Call
    def cover(self, track_id: str) -> Steps[bytes]:
        """Fetch the picture that comes with a track.

        Raises:
            ProblemResponse: it has none (`no_cover`).
        """
        return self._content(Request(method="GET", path=f"{_path(track_id)}/cover"))


def _path(track_id: str) -> str:
    return f"/v1/tracks/{segment(track_id)}"
