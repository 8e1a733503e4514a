"""What is wrong with the service, for now or for good."""

from sightsong.core.errors.base import SightsongError


class Unavailable(SightsongError):
    """The service cannot do this now; try again later."""

    code = "unavailable"
    retryable = True


class StoreUnavailable(Unavailable):
    """The database does not answer; try again later."""

    code = "store_unavailable"


def for_each(error: Exception) -> Exception:
    """An error for one of several who are told: raised by each, one would mix their traces."""
    if not isinstance(error, StoreUnavailable):
        return error
    told = StoreUnavailable(error.detail)
    told.__cause__ = error
    return told


class QueueFull(Unavailable):
    """Too many jobs are waiting; try again later."""

    code = "queue_full"

    def __init__(self, detail: str = "", *, retry_after_s: float | None = None) -> None:
        """Say as well when those that wait will have ended, where that is known."""
        super().__init__(detail)
        self.retry_after_s = retry_after_s


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
