"""A typed client of a Sightsong service, to be waited for or awaited.

with Client("http://127.0.0.1:8000") as client:
    job = client.submit_photo("beach.jpg", top_k=5)
    done = client.wait(job["id"], timeout_s=120)
    calmer = client.refine(job["id"], calmer=0.3, avoid=["sad"])

async with AsyncClient("http://127.0.0.1:8000") as client:
    job = await client.submit_photo("beach.jpg", top_k=5)
    async for seen in client.stream(job["id"]):
        print(seen["state"])
"""

from sightsong.client.batch_views import (
    BatchCounts,
    BatchItem,
    BatchView,
    PlaylistTrack,
    PlaylistView,
)
from sightsong.client.batches import Photo
from sightsong.client.errors import (
    AnswerCutShort,
    ClientError,
    KeyExposed,
    ProblemResponse,
    ServiceUnreachable,
    UnexpectedResponse,
    WaitedTooLong,
)
from sightsong.client.ingests import is_address
from sightsong.client.key_views import IssuedKeyView, KeyView, MeView, UsageDayView, UsageView
from sightsong.client.people_views import (
    Action,
    FeedbackView,
    NeverPlay,
    NeverPlayView,
    Preferences,
    PreferencesView,
)
from sightsong.client.service import DEFAULT_URL, AsyncClient, Client
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
from sightsong.client.webhook_views import (
    AttemptView,
    DeliveryView,
    NewWebhookView,
    WebhookChange,
    WebhookView,
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
    "Action",
    "AgreementView",
    "AnswerCutShort",
    "AsyncClient",
    "AttemptView",
    "BatchCounts",
    "BatchItem",
    "BatchView",
    "Choice",
    "Client",
    "ClientError",
    "DeliveryView",
    "DeltaView",
    "EmotionView",
    "FeedbackView",
    "Filters",
    "Handling",
    "IndexView",
    "IndexesView",
    "IngestView",
    "IssuedKeyView",
    "JobQuery",
    "JobSummary",
    "JobView",
    "KeyExposed",
    "KeyView",
    "Likeness",
    "MeView",
    "MoodView",
    "NeverPlay",
    "NeverPlayView",
    "NewWebhookView",
    "Patience",
    "Photo",
    "PhotoResult",
    "PhotoTaste",
    "PlaylistTrack",
    "PlaylistView",
    "Preferences",
    "PreferencesView",
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
    "UsageDayView",
    "UsageView",
    "WaitedTooLong",
    "WatchView",
    "WebhookChange",
    "WebhookView",
    "is_address",
    "is_final",
]
