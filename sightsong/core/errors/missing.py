"""What is not there, or not in the state that was asked for."""

from sightsong.core.errors.base import SightsongError


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
