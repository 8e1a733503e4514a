"""`/v1/batches/{id}/playlist`: an album as music."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api import access, views
from api.access import TheCaller
from api.dependencies import Door, TheDoor
from api.examples import batches as examples
from api.replies import Reply
from api.routes import batches as batch_routes
from api.schemas.batches import PlaylistQuery, PlaylistView
from sightsong.core import playlist
from sightsong.core.affect import Affect
from sightsong.core.batches import Batch, Item
from sightsong.core.errors import Conflict
from sightsong.core.facts import facts_of
from sightsong.core.jobs import Job
from sightsong.core.playlist import Entry, Offer, Order, Sheet, Stop, Written
from sightsong.core.tenancy import Scope
from sightsong.core.tracks import Track, TrackId

router = APIRouter(
    prefix="/v1/batches",
    tags=["batches"],
    dependencies=access.guarded(Scope.JOBS, Scope.LIBRARY),
)

#: Matches of one photo that are looked at; the ones behind them are never needed but by few photos.
_MOST_MATCHES = 20
_DECIMALS = 4
_M3U = "audio/x-mpegurl"
_JSPF = "application/jspf+json"
_TYPES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The playlist, in the format that was asked for",
        "content": {
            _M3U: {"schema": {"type": "string"}, "example": examples.PLAYLIST_M3U},
            _JSPF: {"schema": {"type": "object"}, "example": examples.PLAYLIST_JSPF},
        },
    },
    409: {"description": "Nothing of the batch has succeeded yet"},
}


@dataclass(frozen=True, kw_only=True)
class _Photo:
    """What a playlist needs of a job that has succeeded."""

    job_id: str
    name: str
    affect: Affect | None
    matches: list[Mapping[str, Any]]


@router.get("/{batch_id}/playlist", response_model=PlaylistView, responses=_TYPES)
def make_playlist(
    request: Request,
    door: TheDoor,
    who: TheCaller,
    batch_id: str,
    asked: Annotated[PlaylistQuery, Query()],
) -> Response:
    """Make an ordered set of tracks along the feeling of the photos, none twice.

    It is made of the matches of what has succeeded by now. `m3u8` and `jspf` are files that players
    open; the addresses in them are of this service, as this request has called it.
    """
    batch = batch_routes.find(door, who, batch_id)
    photos = list(_photos(door, batch))
    if not photos:
        raise Conflict("Nothing of this batch has succeeded yet, so that there is no music.")
    if asked.order is Order.PATH:
        photos = [photos[i] for i in playlist.in_path_order([one.affect for one in photos])]
    tracks = _tracks(door, photos)
    stops = [_stop(one, tracks) for one in photos]
    entries = playlist.choose(stops, count=asked.tracks)
    title = batch.custom_id or f"Album {batch.id[:8]}"
    if asked.format == "json":
        items = [
            _view(position, entry, photos[entry.stop], tracks)
            for position, entry in enumerate(entries, start=1)
        ]
        head = {"batch_id": batch.id, "title": title, "order": asked.order.value}
        told = _told(wanted=asked.tracks or len(photos), photos=len(photos), found=len(items))
        return _answer(Reply({**head, **told, "tracks": items}))
    base = str(request.base_url).rstrip("/")
    written = [_written(one, photos[one.stop], tracks, base) for one in entries]
    return _file(Sheet(title=title, tracks=written), asked.format, batch)


def _photos(door: Door, batch: Batch) -> Iterator[_Photo]:
    """Read what has succeeded, in order; of each result only what is needed is kept."""
    for item in batch_routes.items(door, batch):
        if item.job is not None and item.job.result is not None:
            yield _photo(item, item.job, item.job.result)


def _photo(item: Item, job: Job, result: Mapping[str, Any]) -> _Photo:
    kept = ("track_id", "rank", "score", "reason")
    return _Photo(
        job_id=job.id,
        name=item.custom_id or f"photo {item.position + 1}",
        affect=_point(result),
        matches=[
            {name: match.get(name) for name in kept}
            for match in result.get("matches", ())[:_MOST_MATCHES]
        ],
    )


def _point(result: Mapping[str, Any]) -> Affect | None:
    valence, arousal = result.get("valence"), result.get("arousal")
    if valence is None or arousal is None:
        return None
    return Affect(valence=valence, arousal=arousal)


def _tracks(door: Door, photos: Iterable[_Photo]) -> Mapping[TrackId, Track]:
    wanted = {TrackId(match["track_id"]) for photo in photos for match in photo.matches}
    return door.stores.tracks.get_many(sorted(wanted))


def _stop(photo: _Photo, tracks: Mapping[TrackId, Track]) -> Stop:
    """What is offered for a photo: those of its matches that are in the library still."""
    known = [(match, tracks.get(TrackId(match["track_id"]))) for match in photo.matches]
    offers = [_offer(match, track) for match, track in known if track is not None]
    return Stop(name=photo.name, affect=photo.affect, offers=offers)


def _offer(match: Mapping[str, Any], track: Track) -> Offer:
    return Offer(
        track_id=track.id,
        recording=track.recording_id or track.id,
        artist=facts_of(track).artist,
        score=float(match["score"]),
        affect=track.affect,
        rank=int(match["rank"]),
        reason=str(match.get("reason") or ""),
    )


def _view(
    position: int, entry: Entry, photo: _Photo, tracks: Mapping[TrackId, Track]
) -> dict[str, Any]:
    track = tracks[TrackId(entry.offer.track_id)]
    affect = track.affect
    return {
        "position": position,
        "track_id": track.id,
        "title": track.title,
        "artist": track.tags.artist,
        "album": track.tags.album,
        "duration_s": _rounded(track.duration_s),
        "audio_url": views.audio_url(track.id),
        "job_id": photo.job_id,
        "photo": photo.name,
        "rank": entry.offer.rank,
        "score": _rounded(entry.offer.score),
        "valence": None if affect is None else _rounded(affect.valence),
        "arousal": None if affect is None else _rounded(affect.arousal),
        "step": _rounded(entry.step),
        "why": entry.why,
        "reason": entry.offer.reason,
    }


def _told(*, wanted: int, photos: int, found: int) -> dict[str, Any]:
    """Say how many tracks there were to be, and why there are fewer."""
    note = (
        f"{found:,} of {wanted:,} tracks: each photo offers its own matches only, and no track "
        "comes twice. Submit the batch with a larger top_k for more."
    )
    return {"photos": photos, "wanted": wanted, "note": note if found < wanted else None}


def _written(entry: Entry, photo: _Photo, tracks: Mapping[TrackId, Track], base: str) -> Written:
    track = tracks[TrackId(entry.offer.track_id)]
    return Written(
        url=f"{base}{views.audio_url(track.id)}",
        title=track.title,
        artist=track.tags.artist,
        album=track.tags.album,
        duration_s=track.duration_s,
        job_id=photo.job_id,
        note=entry.why,
        affect=track.affect,
    )


def _file(sheet: Sheet, kind: str, batch: Batch) -> Response:
    """A file for players. Its name is made of the id: what the batch is called may be anything."""
    if kind == "jspf":
        answer: Response = Reply(playlist.as_jspf(sheet), media_type=_JSPF)
    else:
        text = playlist.as_m3u8(sheet).encode("utf-8", "replace")
        answer = Response(text, media_type=f"{_M3U}; charset=utf-8")
    name = f"sightsong-{batch.id[:8]}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return _answer(answer)


def _answer(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), _DECIMALS) + 0.0
