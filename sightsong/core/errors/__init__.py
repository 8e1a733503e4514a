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

from sightsong.core.errors.base import (
    SightsongError,
)
from sightsong.core.errors.inputs import (
    ArchiveRefused,
    AudioProtected,
    AudioTooLong,
    AudioTooShort,
    BatchRefused,
    BrokenAudio,
    BrokenImage,
    Denied,
    IdempotencyMismatch,
    ImageTooLarge,
    InputError,
    InvalidRequest,
    LimitReached,
    ManifestBroken,
    MissingScope,
    NothingUnderstood,
    PathNotAllowed,
    QuotaExceeded,
    RateLimited,
    SilentAudio,
    TooManyPixels,
    Unauthorized,
    UnknownMood,
    UnreadableFile,
    UnsafeMember,
    UnsupportedAudio,
    UnsupportedImage,
    UrlNotAllowed,
    WebhookUnknown,
)
from sightsong.core.errors.missing import (
    BatchErased,
    BatchNotFound,
    BlobNotFound,
    Conflict,
    DeliveryNotFound,
    FeedbackNotFound,
    JobErased,
    JobNotFound,
    KeyNotFound,
    NoCover,
    NotFound,
    NotRefinable,
    SnapshotNotFound,
    TrackNotFound,
    TrackNotReady,
    WebhookNotFound,
)
from sightsong.core.errors.service import (
    BrokenEmbedding,
    ConfigurationError,
    DeadlineExceeded,
    FetchFailed,
    IndexUnavailable,
    ModelsMissing,
    QueueFull,
    SnapshotRefused,
    StorageFull,
    StoreUnavailable,
    TaskFailed,
    Unavailable,
    WorkerCrashed,
    for_each,
)

__all__ = [
    "ArchiveRefused",
    "AudioProtected",
    "AudioTooLong",
    "AudioTooShort",
    "BatchErased",
    "BatchNotFound",
    "BatchRefused",
    "BlobNotFound",
    "BrokenAudio",
    "BrokenEmbedding",
    "BrokenImage",
    "ConfigurationError",
    "Conflict",
    "DeadlineExceeded",
    "DeliveryNotFound",
    "Denied",
    "FeedbackNotFound",
    "FetchFailed",
    "IdempotencyMismatch",
    "ImageTooLarge",
    "IndexUnavailable",
    "InputError",
    "InvalidRequest",
    "JobErased",
    "JobNotFound",
    "KeyNotFound",
    "LimitReached",
    "ManifestBroken",
    "MissingScope",
    "ModelsMissing",
    "NoCover",
    "NotFound",
    "NotRefinable",
    "NothingUnderstood",
    "PathNotAllowed",
    "QueueFull",
    "QuotaExceeded",
    "RateLimited",
    "SightsongError",
    "SilentAudio",
    "SnapshotNotFound",
    "SnapshotRefused",
    "StorageFull",
    "StoreUnavailable",
    "TaskFailed",
    "TooManyPixels",
    "TrackNotFound",
    "TrackNotReady",
    "Unauthorized",
    "Unavailable",
    "UnknownMood",
    "UnreadableFile",
    "UnsafeMember",
    "UnsupportedAudio",
    "UnsupportedImage",
    "UrlNotAllowed",
    "WebhookNotFound",
    "WebhookUnknown",
    "WorkerCrashed",
    "for_each",
]
