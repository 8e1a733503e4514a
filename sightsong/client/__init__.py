"""A typed, synchronous client of a Sightsong service.

with Client("http://127.0.0.1:8000") as client:
    job = client.submit_photo("beach.jpg", top_k=5)
    done = client.wait(job["id"], timeout_s=120)
"""

from sightsong.client.errors import (
    ClientError,
    ProblemResponse,
    ServiceUnreachable,
    UnexpectedResponse,
    WaitedTooLong,
)
from sightsong.client.ingests import is_address
from sightsong.client.service import DEFAULT_URL, Client
from sightsong.client.views import (
    AgreementView,
    EmotionView,
    IndexesView,
    IndexView,
    IngestView,
    JobView,
    MoodView,
    PhotoResult,
    ReadinessView,
    RetriedView,
    TrackEdit,
    TrackQuery,
    TracksPage,
    TrackView,
    TroubleView,
    WatchView,
    is_final,
)
from sightsong.client.wire import Patience

__all__ = [
    "DEFAULT_URL",
    "AgreementView",
    "Client",
    "ClientError",
    "EmotionView",
    "IndexView",
    "IndexesView",
    "IngestView",
    "JobView",
    "MoodView",
    "Patience",
    "PhotoResult",
    "ProblemResponse",
    "ReadinessView",
    "RetriedView",
    "ServiceUnreachable",
    "TrackEdit",
    "TrackQuery",
    "TrackView",
    "TracksPage",
    "TroubleView",
    "UnexpectedResponse",
    "WaitedTooLong",
    "WatchView",
    "is_address",
    "is_final",
]
