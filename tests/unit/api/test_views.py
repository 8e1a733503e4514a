"""What is shown is what the schema says, and so are the examples."""

import json
from dataclasses import replace
from typing import get_args

import pytest

from api import examples, schemas, views
from api.schemas.photos import MatchView
from api.schemas.searches import SimilarMatch
from sightsong.core.embeddings import Space
from sightsong.core.ingests import Ingest, Problem, Progress, Scan, Watched, Wish
from sightsong.core.jobs import Job, JobId, JobKind, JobState
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import Tags, Track, TrackId, TrackState


def job(state: JobState = JobState.RUNNING, **more: object) -> Job:
    given = {"state_version": 1, "attempt": 1, "max_attempts": 3, "crash_count": 0, "priority": 1}
    known = {"id": JobId("j"), "kind": JobKind.INGEST, "params": {}, "created_at": 0.0}
    return Job(state=state, **{**known, **given, **more})  # type: ignore[arg-type]


def ingest(state: JobState = JobState.RUNNING, **more: object) -> Ingest:
    wish = Wish(paths=("/m",))
    return Ingest(**{"job": job(state), "wish": wish, "scan": Scan(), **more})  # type: ignore[arg-type]


TRACK = Track(
    id=TrackId("t"),
    sha256="0",
    path="/m/song.mp3",
    state=TrackState.READY,
    tags=Tags(labels=("a",)),
    added_at=0.0,
    recording_id=TrackId("t"),
)
SNAPSHOT = Snapshot(
    version="v",
    space=Space("test/space@1"),
    path="v",
    revision=1,
    manifest={
        "backend": "faiss",
        "kind": "exact",
        "tracks": 1,
        "recall_at_10": {"library": 1.0, "text": 1.0},
        "bytes": 2,
        "built_s": 0.5,
    },
)
MATCH = {
    "rank": 1,
    "track_id": "t",
    "title": "Song",
    "artist": None,
    "score": 0.5,
    "parts": {"semantic": 0.5, "cosine": 0.25, "affect": 0.5, "affect_distance": None},
    "reason": "Its sound is near.",
    "window_start_s": 0.0,
}
SHOWN = [
    (schemas.IndexView, views.index_view(SNAPSHOT), examples.INDEX),
    (SimilarMatch, views.similar_view(MATCH), examples.SIMILAR["items"][0]),
    (MatchView, views.match_view(MATCH), examples.REFINED["matches"][0]),
    (schemas.IngestView, views.ingest_view(ingest(), Progress()), examples.INGEST),
    (schemas.TrackView, views.track_view(TRACK), examples.TRACK),
    (schemas.TrackDetail, views.track_detail(TRACK, [TRACK]), examples.TRACK_DETAIL),
    (
        schemas.TroubleView,
        views.trouble_view(Problem(file="a", code="c", detail="d")),
        examples.TROUBLE,
    ),
    (
        schemas.WatchView,
        views.watch_view(Watched(id="w", path="/m", added_at=0.0)),
        examples.WATCH,
    ),
]


@pytest.mark.parametrize(("schema", "view", "example"), SHOWN, ids=lambda one: str(one)[:40])
def test_a_view_and_its_example_are_what_the_schema_says(schema, view, example):
    assert set(view) == set(example) == set(schema.model_fields)
    schema.model_validate(view, strict=True)
    schema.model_validate(example, strict=True)


@pytest.mark.parametrize("manifest", [{}, {"tracks": 3, "recall_at_10": 1.0}])
def test_a_snapshot_of_an_older_service_is_shown_as_far_as_it_is_known(manifest):
    view = views.index_view(replace(SNAPSHOT, manifest=manifest))

    assert set(view) == set(schemas.IndexView.model_fields)
    assert (view["kind"], view["recall_at_10"], view["bytes"]) == (None, None, None)
    schemas.IndexView.model_validate(view, strict=True)


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        (schemas.JsonRequest, examples.TEXT_REQUEST),
        (schemas.RefineRequest, examples.REFINE_REQUEST),
        (schemas.FiltersBody, examples.FILTERS),
        (schemas.RefinedView, examples.REFINED),
        (schemas.SimilarView, examples.SIMILAR),
        (schemas.IndexesView, examples.INDEXES),
        (schemas.JobView, examples.JOB),
        (schemas.JobView, examples.QUEUED),
        (schemas.JobView, examples.CANCELED),
        (schemas.JobsPage, examples.JOBS),
        (schemas.PredictionView, examples.PREDICTION),
        (schemas.MoodLensError, examples.PREDICTION_LATE),
        (schemas.HelloView, examples.HELLO),
    ],
)
def test_each_example_is_of_its_shape(schema, example):
    schema.model_validate_json(json.dumps(example))


def test_every_count_of_a_scan_is_in_the_example():
    assert set(examples.INGEST["scan"]) == set(Scan().counted())  # type: ignore[arg-type]


TRACKS = {JobState.QUEUED: 30, JobState.SUCCEEDED: 10}


@pytest.mark.parametrize(
    ("shown", "tracks", "status"),
    [
        (ingest(JobState.QUEUED), {}, "waiting"),
        (ingest(JobState.RUNNING), TRACKS, "scanning"),
        (ingest(JobState.SUCCEEDED), TRACKS, "listening"),
        (ingest(JobState.SUCCEEDED, is_paused=True), TRACKS, "paused"),
        (ingest(JobState.QUEUED, is_paused=True), {}, "paused"),
        (ingest(JobState.SUCCEEDED), {}, "done"),
        (ingest(JobState.SUCCEEDED, is_paused=True), {}, "done"),
        (ingest(JobState.FAILED), TRACKS, "failed"),
        (ingest(JobState.FAILED), {}, "failed"),
        (ingest(JobState.SUCCEEDED, is_canceled=True), {}, "canceled"),
        (ingest(JobState.CANCELED), {}, "canceled"),
    ],
)
def test_the_status_says_where_an_ingest_is(shown, tracks, status):
    assert views.ingest_view(shown, Progress(tracks=tracks))["status"] == status


def test_the_rest_takes_as_long_as_the_last_tracks_did():
    going = Progress(
        tracks=TRACKS, heard_s=99.04, recent_tracks=20, recent_heard_s=7200, recent_span_s=10
    )
    view = views.ingest_view(ingest(JobState.SUCCEEDED), going)

    assert view["rates"] == {"tracks_per_s": 2.0, "hours_per_hour": 720.0}
    assert (view["eta_s"], view["heard_s"]) == (15.0, 99.0)


def test_a_paused_ingest_promises_no_end():
    going = Progress(tracks=TRACKS, recent_tracks=20, recent_span_s=10)
    view = views.ingest_view(ingest(JobState.SUCCEEDED, is_paused=True), going)

    assert view["eta_s"] is None


def test_every_kind_of_job_has_a_place_in_the_schema():
    shown = schemas.JobView.model_fields["kind"].annotation

    assert set(get_args(shown)) == {kind.value for kind in JobKind}
