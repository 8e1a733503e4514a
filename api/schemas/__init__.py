"""The JSON that goes in and out, as pydantic models: what is checked, and what OpenAPI shows.

Answers are put together by `api.views`; the tests hold the two to each other.
"""

from api.schemas.ingests import (
    IngestRequest,
    IngestsPage,
    IngestView,
    ProblemsPage,
    RetriedView,
    TakeInOptions,
    TroubleView,
    UploadQuery,
    WatchesView,
    WatchView,
)
from api.schemas.jobs import JobsPage, JobsQuery, JobSummary, JobView
from api.schemas.keys import (
    KeyRequest,
    KeysView,
    KeyView,
    MadeKeyView,
    MeView,
    RotateRequest,
    UsageQuery,
    UsageView,
)
from api.schemas.moodlens import HelloView, MoodLensError, PredictionView
from api.schemas.photos import PhotoParams, PhotoResult, RefinedView, TextResult
from api.schemas.searches import (
    Choice,
    FiltersBody,
    Handling,
    JsonRequest,
    RefineRequest,
    SimilarQuery,
    SimilarView,
)
from api.schemas.service import IndexesView, IndexView, NoQuery, ReadinessView
from api.schemas.shared import ErrorView, ProblemView
from api.schemas.tracks import TrackDetail, TrackEdit, TrackQuery, TracksPage, TrackView

__all__ = [
    "Choice",
    "ErrorView",
    "FiltersBody",
    "Handling",
    "HelloView",
    "IndexView",
    "IndexesView",
    "IngestRequest",
    "IngestView",
    "IngestsPage",
    "JobSummary",
    "JobView",
    "JobsPage",
    "JobsQuery",
    "JsonRequest",
    "KeyRequest",
    "KeyView",
    "KeysView",
    "MadeKeyView",
    "MeView",
    "MoodLensError",
    "NoQuery",
    "PhotoParams",
    "PhotoResult",
    "PredictionView",
    "ProblemView",
    "ProblemsPage",
    "ReadinessView",
    "RefineRequest",
    "RefinedView",
    "RetriedView",
    "RotateRequest",
    "SimilarQuery",
    "SimilarView",
    "TakeInOptions",
    "TextResult",
    "TrackDetail",
    "TrackEdit",
    "TrackQuery",
    "TrackView",
    "TracksPage",
    "TroubleView",
    "UploadQuery",
    "UsageQuery",
    "UsageView",
    "WatchView",
    "WatchesView",
]
