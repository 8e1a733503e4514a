"""From what a request wishes to what `core.intake` stores: the same for one photo and for many."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from api import schemas
from api.access import Caller
from api.dependencies import Door
from sightsong.adapters import image_header
from sightsong.core import errors, intake, jobs, labels, moods
from sightsong.core.leaning import leaning_of
from sightsong.core.tracks import TrackId

#: What a job asks is its params; how it is handled is not.
HANDLING = frozenset(schemas.Handling.model_fields)
_CHOICE = frozenset(schemas.Choice.model_fields)
#: Of the handling, what `intake.Ask` takes under the same name.
_KEPT = ("priority", "custom_id", "deadline_s", "keep_image_s")
_DOOR = "workers"


def submit_photo(
    door: Door, who: Caller, content: bytes, wishes: schemas.PhotoParams, *, key: str | None
) -> jobs.Submitted:
    """See that some bytes are a photo within the door's limits, and store its job.

    Args:
        door: of this app.
        who: asks.
        content: the bytes.
        wishes: as they were checked.
        key: under which it may be sent again.
    """
    media_type = checked_photo(door, content, wishes)
    return intake.submit_photo(
        door.stores,
        door.doorbell,
        replace(photo_ask(door, who, wishes), key=key),
        content=content,
        media_type=media_type,
        queue_limit=door.settings.queue_limit,
    )


def submit_text(
    door: Door, who: Caller, text: str, wishes: schemas.PhotoParams, *, key: str | None
) -> jobs.Submitted:
    """Store the job of some words."""
    return intake.submit_text(
        door.stores,
        door.doorbell,
        replace(text_ask(door, who, text, wishes), key=key),
        queue_limit=door.settings.queue_limit,
    )


def checked_photo(door: Door, content: bytes, wishes: schemas.PhotoParams) -> str:
    """See that some bytes are a photo within the door's limits; returns their media type.

    Raises:
        InputError: they are not, or a mood is wished for that this profile cannot score.
    """
    settings = door.settings
    if len(content) > settings.max_image_bytes:
        raise too_large(settings.max_image_bytes)
    if settings.moods:
        labels.refuse_unknown(wishes.moods, settings.moods)
    return image_header.read_header(content, max_pixels=settings.max_image_pixels).media_type


def photo_ask(door: Door, who: Caller, wishes: schemas.PhotoParams) -> intake.Ask:
    """Make the submit of a photo from what was validated."""
    asked = wishes.model_dump(exclude={"filters", *HANDLING})
    keep_s = door.settings.image_keep_s if wishes.keep_image_s is None else wishes.keep_image_s
    return replace(_ask(door, who, wishes, asked), keep_image_s=keep_s)


def text_ask(door: Door, who: Caller, text: str, wishes: schemas.PhotoParams) -> intake.Ask:
    """Make the submit of some words from what was validated."""
    return _ask(door, who, wishes, {"text": text, **wishes.model_dump(include=set(_CHOICE))})


def of_json(params: schemas.PhotoParams, content: schemas.JsonRequest) -> schemas.PhotoParams:
    """Take what a JSON body says before what the address says; each was checked already."""
    known = {*_CHOICE, *HANDLING, "moods", "caption"}
    said = content.model_dump(include=known, exclude_unset=True)
    if content.filters is not None:
        said["filters"] = content.filters
    return params.model_copy(update=said)


def too_large(limit: int) -> errors.ImageTooLarge:
    """Say how large a photo may be."""
    return errors.ImageTooLarge(f"The image has more than {limit:,} bytes, the most that is taken.")


def _ask(door: Door, who: Caller, wishes: schemas.PhotoParams, asked: dict[str, Any]) -> intake.Ask:
    """Make a submit of what was validated, and note what of it its sender has said."""
    filters = {} if wishes.filters is None else wishes.filters.said()
    params = asked | ({"filters": filters} if filters else {})
    if not wishes.personal:
        params["personal"] = False
    told = wishes.model_dump(exclude={"filters"}, exclude_unset=True, exclude_none=True)
    said = {name: value for name, value in told.items() if value != []}
    said |= {name: params[name] for name in ("text", "filters") if name in params}
    return intake.Ask(
        params=params,
        said=said,
        whose=who.whose,
        account=who.account,
        webhook_id=wishes.webhook,
        recall=_recall(door, who, wishes),
        **wishes.model_dump(include=set(_KEPT)),
    )


def _recall(door: Door, who: Caller, wishes: schemas.PhotoParams) -> intake.Recall | None:
    """Say which answers that were given before will do; None where none will.

    What is remembered of somebody changes with each thing that they do: once there is any, their
    answers are worked out anew, unless they want none of that in it.
    """
    oldest_s = door.settings.answer_cache_s
    if not wishes.cache or oldest_s <= 0 or (wishes.personal and _is_remembered(door, who)):
        return None
    return intake.Recall(max_age_s=oldest_s, holds=functools.partial(_holds, door))


def _is_remembered(door: Door, who: Caller) -> bool:
    """Whether an answer may be another for this caller than for anybody."""
    memory = door.stores.people.recall([who.whose]).get(who.whose)
    return not leaning_of(memory).is_empty


def _holds(door: Door, job: jobs.Job) -> bool:
    """Whether the answer of a job would be the same if it were worked out now."""
    result: Mapping[str, Any] = job.result or {}
    if result.get("personal"):  # something was remembered by the time that it was answered
        return False
    receipt: Mapping[str, Any] = result.get("receipt", {})
    try:
        door.library.catch_up()
        view = door.library.view()
    except errors.IndexUnavailable:
        return False
    now = {
        "profile": door.settings.profile,
        "index_snapshot": view.snapshot,
        "index_revision": view.revision,
        "prompts_sha256": moods.prompts_sha256(),
    }
    return (
        all(receipt.get(name) == value for name, value in now.items())
        and _is_by_same_models(door, receipt)
        and _names_as_now(door, result.get("matches", ()))
    )


def _names_as_now(door: Door, matches: Sequence[Mapping[str, Any]]) -> bool:
    """Whether tracks are called what they were called: the index does not know of all of that."""
    tracks = door.stores.tracks.get_many(TrackId(one["track_id"]) for one in matches)
    for match in matches:
        track = tracks.get(TrackId(match["track_id"]))
        named = match.get("title"), match.get("artist")
        if track is None or (track.title, track.tags.artist) != named:
            return False
    return True


def _is_by_same_models(door: Door, receipt: Mapping[str, Any]) -> bool:
    """Whether the workers that would answer now have loaded what has answered then."""
    asked = frozenset(f"{model['id']}@{model['revision']}" for model in receipt.get("models", ()))
    settings = door.settings
    loaded = {
        frozenset(worker.models)
        for worker in door.stores.jobs.workers_alive(within_s=settings.worker_alive_s)
        if worker.door == _DOOR and worker.profile == settings.profile
    }
    return loaded == {asked}
