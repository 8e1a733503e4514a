"""`/v1/tracks/{id}/audio` and `/cover`: what a track sounds and looks like."""

import contextlib
import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from api import access, files, preferences, remote
from api.dependencies import Door, TheDoor
from api.errors import RangeNotSatisfiable, TrackFileGone
from api.routes import tracks
from sightsong.core.errors import NoCover
from sightsong.core.ports import RemoteFile
from sightsong.core.tenancy import Scope

router = APIRouter(
    prefix="/v1/tracks",
    tags=["tracks"],
    dependencies=access.guarded(Scope.JOBS, Scope.LIBRARY),
)

_CACHE = {"Cache-Control": "private, no-cache"}
_AUDIO: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/*": {}}},
    206: {"description": "The range that was asked for"},
    304: {"description": "The client has these bytes already"},
}
_COVER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/*": {}}},
    304: {"description": "The client has this picture already"},
}
#: Pictures that cannot hold a script.
_PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})


class Wanted(BaseModel):
    """Which part of a track to hear, and as what."""

    format: Literal["ogg"] | None = Field(
        default=None, description="`ogg`: a short piece for players; absent: the file as it is."
    )
    start: float = Field(
        default=0, ge=0, le=1e6, allow_inf_nan=False, description="Of the piece, in seconds."
    )
    duration: float = Field(
        default=10, gt=0, le=60, allow_inf_nan=False, description="Of the piece, in seconds."
    )


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One file of a track: on this machine, or in an object store."""

    stamp: str  #: Another one when the file has changed.
    path: Path | None = None
    file: RemoteFile | None = None


@router.head("/{track_id}/audio", include_in_schema=False)
@router.get("/{track_id}/audio", response_class=FileResponse, responses=_AUDIO)
async def play_track(
    request: Request,
    door: TheDoor,
    track_id: str,
    wanted: Annotated[Wanted, Query()],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Listen to a track, or to a range of its bytes.

    With `format=ogg`, hear a piece of it that any browser plays, `start` and `duration` in
    seconds.
    """
    if wanted.format is not None:
        return await _piece(door, track_id, wanted, if_none_match)
    return await run_in_threadpool(_whole, request, door, track_id, if_none_match)


@router.head("/{track_id}/cover", include_in_schema=False)
@router.get("/{track_id}/cover", response_class=Response, responses=_COVER)
async def show_cover(
    door: TheDoor, track_id: str, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """See the picture that comes with a track."""
    source = await run_in_threadpool(_source, door, track_id)
    tag = _tag(source, "cover")
    if preferences.has(if_none_match, tag):
        return _unchanged(tag)
    async with door.sounding.take():
        picture = await run_in_threadpool(_picture, door, source)
    if picture is None or picture.media_type not in _PICTURES:
        raise NoCover
    return Response(picture.content, media_type=picture.media_type, headers=_headers(tag))


def _whole(request: Request, door: Door, track_id: str, if_none_match: str | None) -> Response:
    paths = door.stores.tracks.paths(tracks.checked(track_id))
    settings = door.settings
    try:
        path, status = files.playable(paths, root=settings.library_root, shelf=settings.shelf_dir)
    except TrackFileGone:
        file = remote.find(paths, door.music.objects, settings.object_stores)
        return _from_store(request, door, file, if_none_match)
    audio = FileResponse(
        path, media_type=files.audio_type(path.name), stat_result=status, headers=_CACHE
    )
    tag = audio.headers["etag"]
    return _unchanged(tag) if preferences.has(if_none_match, tag) else audio


def _from_store(
    request: Request, door: Door, file: RemoteFile, if_none_match: str | None
) -> Response:
    """Pass a file on from an object store, or the range that is asked for."""
    tag = remote.etag(file)
    if preferences.has(if_none_match, tag):
        return _unchanged(tag)
    is_same = request.headers.get("if-range", tag) == tag
    asked = request.headers.get("range") if is_same else None
    try:
        part = remote.span(asked, file.size_bytes)
    except RangeNotSatisfiable as error:
        told = {"Content-Range": f"bytes */{file.size_bytes}"}
        raise HTTPException(416, headers=told) from error
    headers = {
        **_CACHE,
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Length": str(part.end - part.start),
    }
    if not part.is_whole:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{file.size_bytes}"
    answer: Mapping[str, Any] = {
        "status_code": 200 if part.is_whole else 206,
        "headers": headers,
        "media_type": files.audio_type(file.url),
    }
    if request.method == "HEAD":
        return Response(**answer)
    pieces = remote.pieces(door.music.objects, file, part)
    first = next(pieces, b"")  # a store that does not answer is told before the answer begins
    return StreamingResponse(itertools.chain([first], pieces), **answer)


async def _piece(door: Door, track_id: str, wanted: Wanted, if_none_match: str | None) -> Response:
    source = await run_in_threadpool(_source, door, track_id)
    tag = _tag(source, f"ogg {wanted.start} {wanted.duration}")
    if preferences.has(if_none_match, tag):
        return _unchanged(tag)
    async with door.sounding.take():
        sound = await run_in_threadpool(_rendered, door, source, wanted)
    headers = {**_headers(tag), "Content-Disposition": "inline"}
    return Response(sound, media_type="audio/ogg", headers=headers)


def _rendered(door: Door, source: _Source, wanted: Wanted) -> bytes:
    with _on_this_machine(door, source) as path:
        return door.music.render(path, start_s=wanted.start, duration_s=wanted.duration)


def _picture(door: Door, source: _Source) -> Any:  # noqa: ANN401 - see `dependencies.Picture`
    with _on_this_machine(door, source) as path:
        return door.music.find_cover(path)


def _source(door: Door, track_id: str) -> _Source:
    """Find a file of a track that can be read."""
    paths = door.stores.tracks.paths(tracks.checked(track_id))
    settings = door.settings
    try:
        path, status = files.playable(paths, root=settings.library_root, shelf=settings.shelf_dir)
    except TrackFileGone:
        file = remote.find(paths, door.music.objects, settings.object_stores)
        return _Source(stamp=remote.etag(file), file=file)
    return _Source(stamp=f"{path} {status.st_size} {status.st_mtime_ns}", path=path)


@contextlib.contextmanager
def _on_this_machine(door: Door, source: _Source) -> Iterator[Path]:
    if source.path is not None:
        yield source.path
    elif source.file is not None:
        scratch_dir, reserve_bytes = door.settings.scratch_dir, door.settings.disk_reserve_bytes
        with remote.fetched(
            door.music.objects, source.file, scratch_dir=scratch_dir, reserve_bytes=reserve_bytes
        ) as path:
            yield path


def _tag(source: _Source, what: str) -> str:
    said = f"{source.stamp} {what}".encode("utf-8", "surrogateescape")
    return f'"{hashlib.sha256(said).hexdigest()[:32]}"'


def _headers(tag: str) -> dict[str, str]:
    return {**_CACHE, "ETag": tag}


def _unchanged(tag: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag})
