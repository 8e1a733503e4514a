"""What is wrong with what the caller sent, or with the caller."""

from sightsong.core.errors.base import SightsongError


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
