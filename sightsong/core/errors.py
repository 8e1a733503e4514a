"""Everything that can go wrong, named once.

    SightsongError
    ├── InputError              the caller's input; never retried
    │   ├── InvalidRequest      ├── UnsupportedImage    ├── ImageTooLarge   ├── TooManyPixels
    │   ├── BrokenImage         ├── UnsupportedAudio    ├── BrokenAudio     ├── SilentAudio
    │   ├── AudioTooLong        ├── AudioTooShort       ├── AudioProtected  ├── ArchiveRefused
    │   ├── UnsafeMember        ├── ManifestBroken      ├── UrlNotAllowed   ├── UnreadableFile
    │   ├── PathNotAllowed      ├── UnknownMood         ├── NothingUnderstood
    │   ├── IdempotencyMismatch ├── WebhookUnknown      └── BatchRefused
    ├── Denied                  the caller may not; never retried
    │   ├── Unauthorized        └── MissingScope
    ├── LimitReached            the caller has had enough for now
    │   ├── RateLimited         └── QuotaExceeded
    ├── NotFound                an id that names nothing (or nothing of yours)
    │   ├── JobNotFound         ├── TrackNotFound       ├── NoCover         ├── BlobNotFound
    │   ├── SnapshotNotFound    ├── JobErased           ├── BatchNotFound   ├── BatchErased
    │   └── KeyNotFound         ├── WebhookNotFound     ├── DeliveryNotFound └── FeedbackNotFound
    ├── Conflict                not in the state that it is in
    │   ├── TrackNotReady       └── NotRefinable
    ├── Unavailable             the service, not the caller; retried
    │   ├── StoreUnavailable    ├── QueueFull           ├── StorageFull     ├── FetchFailed
    │   └── IndexUnavailable
    ├── SnapshotRefused         an index on disk that must not be served
    ├── DeadlineExceeded        the job had not begun in time
    ├── WorkerCrashed           the process died under this job, each time
    ├── TaskFailed              an error nobody foresaw, in a task; retried
    ├── BrokenEmbedding         what the model made of a track is no vector of its space
    └── ConfigurationError      a setting that cannot work
        └── ModelsMissing       the weights of a profile are not there, or not those of the lock

A class carries a stable `code` (part of the API) and says whether it is `retryable`. It knows
nothing of HTTP or Celery: `api.errors` maps codes to statuses, `core.lifecycle` decides on retries.
"""

from typing import ClassVar


class SightsongError(Exception):
    """Something went wrong inside Sightsong."""

    #: Stable name of this error in the API, in job rows and in `docs/errors.md`.
    code: ClassVar[str] = "internal"
    #: Whether the same work may succeed when it is tried again.
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "") -> None:
        """Use `detail` as the message, or else the first line of the class's docstring."""
        super().__init__(detail or (type(self).__doc__ or "").partition("\n")[0])

    @property
    def detail(self) -> str:
        """The message, safe to show to a user: no paths of the server, no SQL, no stack."""
        return str(self)


class InputError(SightsongError):
    """The input cannot be used."""

    code = "invalid_input"


class InvalidRequest(InputError):
    """The request is not of the form that this operation takes."""

    code = "invalid_request"


class UnsupportedImage(InputError):
    """This is not a JPEG, PNG or WebP image."""

    code = "unsupported_image"


class ImageTooLarge(InputError):
    """The image has more bytes than this service takes."""

    code = "image_too_large"


class TooManyPixels(InputError):
    """The image has more pixels than this service takes."""

    code = "too_many_pixels"


class BrokenImage(InputError):
    """The image is truncated or damaged."""

    code = "image_broken"


class UnsupportedAudio(InputError):
    """This is not audio that the decoder reads."""

    code = "unsupported_audio"


class BrokenAudio(InputError):
    """The audio is truncated or damaged."""

    code = "audio_broken"


class SilentAudio(InputError):
    """The audio holds no sound above the silence threshold."""

    code = "audio_silent"


class AudioTooLong(InputError):
    """The audio is longer than this service takes."""

    code = "audio_too_long"


class AudioTooShort(InputError):
    """The audio is shorter than a fifth of a second."""

    code = "audio_too_short"


class AudioProtected(InputError):
    """The audio is locked by its seller (DRM) and cannot be decoded."""

    code = "audio_protected"


class ArchiveRefused(InputError):
    """The archive is damaged, or holds more than this service unpacks."""

    code = "archive_refused"


class UnsafeMember(InputError):
    """A member of an archive is a link, a device, or points out of the archive."""

    code = "unsafe_member"


class ManifestBroken(InputError):
    """The manifest, or a row of it, cannot be read."""

    code = "manifest_broken"


class UrlNotAllowed(InputError):
    """This service may not fetch this address."""

    code = "url_not_allowed"


class UnreadableFile(InputError):
    """The file or folder cannot be read."""

    code = "unreadable"


class PathNotAllowed(InputError):
    """The path is not a folder or file that this service may read."""

    code = "path_not_allowed"


class UnknownMood(InputError):
    """A mood was asked for that this profile cannot score."""

    code = "unknown_mood"


class NothingUnderstood(InputError):
    """Nothing here is understood; ask in English, with words of mood or sound ("calm piano")."""

    code = "nothing_understood"


class IdempotencyMismatch(InputError):
    """This Idempotency-Key was used for another request."""

    code = "idempotency_mismatch"


class WebhookUnknown(InputError):
    """There is no webhook with this id to tell of the job; register it first."""

    code = "webhook_unknown"


class BatchRefused(InputError):
    """Nothing of this batch could be taken."""

    code = "batch_refused"


class Denied(SightsongError):
    """The caller may not do this."""

    code = "denied"


class Unauthorized(Denied):
    """Send a key of this service, as `Authorization: Bearer …`."""

    code = "unauthorized"


class MissingScope(Denied):
    """This key is not for that."""

    code = "missing_scope"


class LimitReached(SightsongError):
    """The caller has reached a limit of its own; the service is well."""

    code = "limit_reached"

    def __init__(self, detail: str = "", *, retry_after_s: float = 1.0) -> None:
        """Say as well when it is worth to come back."""
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class RateLimited(LimitReached):
    """Too many requests with this key; come back in a moment."""

    code = "rate_limited"


class QuotaExceeded(LimitReached):
    """This key has had its jobs of today (UTC)."""

    code = "quota_exceeded"


class NotFound(SightsongError):
    """There is nothing with this id."""

    code = "not_found"


class JobNotFound(NotFound):
    """There is no job with this id."""

    code = "job_not_found"


class JobErased(NotFound):
    """This job was erased, with all that it held."""

    code = "job_erased"


class BatchNotFound(NotFound):
    """There is no batch with this id."""

    code = "batch_not_found"


class BatchErased(NotFound):
    """This batch was erased, with all that it held."""

    code = "batch_erased"


class KeyNotFound(NotFound):
    """There is no key with this id."""

    code = "key_not_found"


class WebhookNotFound(NotFound):
    """There is no webhook with this id."""

    code = "webhook_not_found"


class DeliveryNotFound(NotFound):
    """There is no delivery with this id."""

    code = "delivery_not_found"


class FeedbackNotFound(NotFound):
    """There is no feedback with this id."""

    code = "feedback_not_found"


class TrackNotFound(NotFound):
    """There is no track with this id."""

    code = "track_not_found"


class NoCover(NotFound):
    """This track has no cover picture."""

    code = "no_cover"


class Conflict(SightsongError):
    """This cannot be done in the state that it is in."""

    code = "conflict"


class TrackNotReady(Conflict):
    """This track is not embedded: nothing can be compared with it."""

    code = "track_not_ready"


class NotRefinable(Conflict):
    """This job has no answer that could be refined."""

    code = "not_refinable"


class BlobNotFound(NotFound):
    """The stored file of this job is gone."""

    code = "blob_not_found"


class SnapshotNotFound(NotFound):
    """There is no index snapshot of this version."""

    code = "snapshot_not_found"


class Unavailable(SightsongError):
    """The service cannot do this now; try again later."""

    code = "unavailable"
    retryable = True


class StoreUnavailable(Unavailable):
    """The database does not answer; try again later."""

    code = "store_unavailable"


class QueueFull(Unavailable):
    """Too many jobs are waiting; try again later."""

    code = "queue_full"


class FetchFailed(Unavailable):
    """A file could not be fetched from where it lies; try again later."""

    code = "fetch_failed"


class IndexUnavailable(Unavailable):
    """The index cannot be searched now; try again later."""

    code = "index_unavailable"


class StorageFull(Unavailable):
    """The disk has no room left for new work; try again later."""

    code = "insufficient_storage"


class SnapshotRefused(SightsongError):
    """The index snapshot on disk does not match its manifest."""

    code = "snapshot_refused"


class DeadlineExceeded(SightsongError):
    """The job had not begun by its deadline."""

    code = "deadline_exceeded"


class WorkerCrashed(SightsongError):
    """The worker process died each time it ran this job."""

    code = "worker_crashed"


class TaskFailed(SightsongError):
    """The task stopped on an unexpected error."""

    code = "task_failed"
    retryable = True


class BrokenEmbedding(SightsongError):
    """The music model made no usable embedding of this track."""

    code = "embedding_broken"


class ConfigurationError(SightsongError):
    """A setting cannot work."""

    code = "configuration"


class ModelsMissing(ConfigurationError):
    """The weights of a profile are not there, or not those that were fetched."""

    code = "models_missing"
