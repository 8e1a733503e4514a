"""Opening the door: what it takes from the settings, and what must be so before it opens."""

import re
import shlex
from typing import TYPE_CHECKING

import structlog

from api.dependencies import LOCAL_HOSTS, DoorSettings
from sightsong.adapters import web
from sightsong.core import ports
from sightsong.core.addresses import is_loopback
from sightsong.core.embeddings import Space
from sightsong.core.errors import ConfigurationError, StoreUnavailable
from sightsong.core.moods import MOOD_PLACES

if TYPE_CHECKING:
    from sightsong.adapters.settings import Settings

log = structlog.get_logger()

#: As browsers write the origin of a page: no path, no capitals.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s*A-Z]+")
_NO_KEY = (
    "This service needs keys, and there is none that is good: make one on this machine with "
    "{command}. Or set SIGHTSONG_AUTH=off, and it answers to anybody."
)


def door_settings(settings: "Settings", space: Space) -> DoorSettings:
    """Take from the process's settings what the door needs; `space` is that of its music.

    Raises:
        ConfigurationError: other machines could have any folder of this one read; or a setting
            is not of its form.
    """
    is_local = is_loopback(settings.host)
    if settings.library_root is None and not is_local:
        raise ConfigurationError(
            "SIGHTSONG_LIBRARY_ROOT must be set when SIGHTSONG_HOST is not a loopback address"
        )
    return DoorSettings(
        profile=settings.profile,
        space=space,
        moods=tuple(MOOD_PLACES) if settings.profile == "lite" else (),
        storage_dir=settings.data_dir,
        scratch_dir=settings.scratch_dir,
        max_image_bytes=settings.max_image_bytes,
        max_image_pixels=settings.max_image_pixels,
        upload_timeout_s=settings.upload_timeout_s,
        queue_limit=settings.queue_limit,
        image_keep_s=settings.image_keep_s,
        index_delta=settings.index_delta,
        disk_reserve_bytes=settings.disk_reserve_bytes,
        library_root=settings.library_root,
        shelf_dir=settings.shelf_dir,
        object_stores=tuple(settings.object_stores),
        max_music_bytes=settings.max_music_bytes,
        allowed_hosts=tuple(settings.allowed_hosts) or (LOCAL_HOSTS if is_local else ("*",)),
        cors_origins=tuple(_origin(text) for text in settings.cors_origins),
        needs_key=settings.auth == "keys" or (settings.auth == "auto" and not is_local),
        key_requests_per_min=settings.key_requests_per_min,
        answer_cache_s=settings.answer_cache_s,
        fetches_urls=settings.fetch_urls,
        webhook_private=web.read_private(settings.webhook_private),
    )


def see_that_somebody_has_a_key(keys: ports.Keys, settings: "Settings") -> None:
    """See that a service that needs keys can be asked at all.

    A database that does not answer now may later: nobody gets in before.

    Raises:
        ConfigurationError: nobody could ask it, or the database is not that of this version.
    """
    try:
        if keys.has_usable():
            return
    except StoreUnavailable as error:
        if error.detail != StoreUnavailable().detail:  # it does answer: that it cannot be used
            raise ConfigurationError(error.detail) from error
        log.warning("keys.unknown", reason=error.detail)
        return
    raise ConfigurationError(_NO_KEY.format(command=_making_a_key(settings)))


def _making_a_key(settings: "Settings") -> str:
    """The command that makes a key in the database of this service, and in no other."""
    command = "sightsong keys create NAME --local"
    if settings.database_url:
        return f"`{command}`, SIGHTSONG_DATABASE_URL set as it is for the service"
    return f"`{command} --data {shlex.quote(str(settings.data_dir.absolute()))}`"


def _origin(text: str) -> str:
    """See that a setting names one origin.

    Raises:
        ConfigurationError: it does not; any page may never call.
    """
    if not _ORIGIN.fullmatch(text):
        raise ConfigurationError(
            f"SIGHTSONG_CORS_ORIGINS: '{text}' is not one origin; name each as browsers do, such "
            "as https://app.example.org, without a path and without *"
        )
    return text
