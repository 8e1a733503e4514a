"""A typed, synchronous client of a Sightsong service.

with Client("http://127.0.0.1:8000") as client:
    job = client.submit_photo("beach.jpg", top_k=5)
    done = client.wait(job["id"], timeout_s=120)
    calmer = client.refine(job["id"], calmer=0.3, avoid=["sad"])
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
    DeltaView,
    EmotionView,
    IndexesView,
    IndexView,
    IngestView,
    JobQuery,
    JobSummary,
    JobView,
    MoodView,
    PhotoResult,
    ReadinessView,
    RefinedView,
    RetriedView,
    SimilarView,
    TextResult,
    TrackEdit,
    TrackQuery,
    TracksPage,
    TrackView,
    TroubleView,
    WatchView,
    is_final,
)
from sightsong.client.wire import Patience
from sightsong.client.wishes import (
    Choice,
    Filters,
    Handling,
    Likeness,
    PhotoTaste,
    Refinement,
    Span,
    Taste,
    TextWish,
)

__all__ = [
    "DEFAULT_URL",
    "AgreementView",
    "Choice",
    "Client",
    "ClientError",
    "DeltaView",
    "EmotionView",
    "Filters",
    "Handling",
    "IndexView",
    "IndexesView",
    "IngestView",
    "JobQuery",
    "JobSummary",
    "JobView",
    "Likeness",
    "MoodView",
    "Patience",
    "PhotoResult",
    "PhotoTaste",
    "ProblemResponse",
    "ReadinessView",
    "RefinedView",
    "Refinement",
    "RetriedView",
    "ServiceUnreachable",
    "SimilarView",
    "Span",
    "Taste",
    "TextResult",
    "TextWish",
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
