"""A real worker in this process: what it does, what it says of itself, and its metrics."""

import contextlib
import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from sightsong.adapters import metrics, settings, wiring
from sightsong.adapters.store import migrate
from sightsong.core import errors, jobs, prompts
from sightsong.core.jobs import JobKind
from sightsong.engine.loop import Engine
from sightsong.engine.work import Pace, Work
from tests import ports
from tests.contract import building
from tests.unit.workers.models.own_folders import SIX, network, write
from tests.waiting import wait_until
from workers import app, tasks
from workers.thread import ModelThread

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


@pytest.fixture
def config(tmp_path: Path) -> settings.Settings:
    found = settings.load(data_dir=tmp_path, disk_reserve_bytes=0, metrics_port=ports.free_port())
    migrate.upgrade(found.database)
    return found


@pytest.fixture
def measured(config: settings.Settings) -> metrics.Metrics:
    return metrics.Metrics(config.profile)


@pytest.fixture
def scrape(
    config: settings.Settings, measured: metrics.Metrics
) -> Iterator[Callable[[], dict[str, float]]]:
    stop = metrics.serve(measured, host=config.metrics_host, port=config.metrics_port)

    def read() -> dict[str, float]:
        address = f"http://{config.metrics_host}:{config.metrics_port}/metrics"
        lines = httpx.get(address, trust_env=False).raise_for_status().text.splitlines()
        samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}

    yield read
    stop()


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 120, 40)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def runtime(config: settings.Settings, measured: metrics.Metrics) -> Iterator[tasks.Runtime]:
    with opened(config, measured) as runtime:
        yield runtime


@contextlib.contextmanager
def opened(config: settings.Settings, measured: metrics.Metrics) -> Iterator[tasks.Runtime]:
    with measured.loading():
        profile = app.load_profile(config)
    stores = wiring.open_stores(config)
    library = wiring.open_library(config, stores, profile.text.space)
    library.follow()
    app.wait_for(library)
    opened = app.open_runtime(config, profile, measured, stores=stores, library=library)
    yield opened
    opened.decoders.close()
    library.close()
    stores.close()


def run(runtime: tasks.Runtime, work: Work, ids: Sequence[jobs.JobId]) -> None:
    """Serve jobs until all are final, as a worker process does."""
    store = runtime.stores.jobs
    engine = Engine(
        store, work, worker=app.worker_of(runtime.profile), pace=Pace(), on_stuck=lambda: None
    )
    engine.start()
    try:
        wait_until(lambda: all(store.get(one).state.is_final for one in ids))
    finally:
        engine.stop()


def submit(runtime: tasks.Runtime, content: bytes, *moods: str) -> jobs.JobId:
    blob = runtime.stores.blobs.put(content, media_type="image/png")
    params = {"top_k": 3, "alpha": None, "moods": list(moods)}
    new = jobs.NewJob(kind=JobKind.PHOTO, params=params, blob=blob)
    return runtime.stores.jobs.submit(new).id


def test_a_real_worker_tells_what_it_did(config, measured, runtime, scrape):
    ids = [submit(runtime, content) for content in (png(), png(), b"not a photo")]
    run(runtime, app.work_of(runtime, config, measured), ids)
    told = scrape()

    assert told['sightsong_batch_jobs_sum{kind="photo"}'] == 3
    assert told['sightsong_job_attempts_total{kind="photo",outcome="succeeded"}'] == 2
    assert told['sightsong_job_attempts_total{kind="photo",outcome="failed"}'] == 1
    assert told['sightsong_decode_seconds_count{what="photo"}'] == 3
    assert told['sightsong_model_load_seconds{profile="lite"}'] > 0
    for stage in ("emotion", "faces", "moods", "caption", "query", "match"):
        count = told[f'sightsong_stage_seconds_count{{profile="lite",stage="{stage}"}}']
        assert 1 <= count <= told['sightsong_batch_jobs_count{kind="photo"}']


def test_photos_and_words_are_counted_apart_and_kept_to_be_refined(
    config, measured, runtime, scrape
):
    rows = runtime.stores.jobs
    photo = submit(runtime, png())
    params = {"text": "calm piano for a rainy evening", "top_k": 3}
    text = rows.submit(jobs.NewJob(kind=JobKind.TEXT, params=params)).id
    run(runtime, app.work_of(runtime, config, measured), [photo, text])
    told = scrape()

    assert told['sightsong_batch_jobs_sum{kind="photo"}'] == 1
    assert told['sightsong_batch_jobs_sum{kind="text"}'] == 1
    result = rows.get(text).result
    assert result["arousal"] < 0 < result["valence"]
    for job_id in (photo, text):
        assert rows.query(job_id).space == runtime.profile.text.space


def test_a_classifier_of_the_users_own_reads_the_photo_and_is_named_in_the_answer(
    config, measured, tmp_path
):
    weights = np.zeros((6, 3), np.float32)
    weights[SIX.index("fear"), 0] = 4.0  # the redder, the more fear
    folder = write(tmp_path / "best" / "own", network(weights))
    config = config.model_copy(update={"emotion_checkpoint": folder, "device": "cpu"})
    with opened(config, measured) as runtime:
        photo = submit(runtime, png())
        run(runtime, app.work_of(runtime, config, measured), [photo])
        result = runtime.stores.jobs.get(photo).result
        told = app.worker_of(runtime.profile)

    evidence = math.exp(4.0 * 200 / 255)
    assert result["emotion"]["dominant"] == "fear"
    assert result["emotion"]["confidence"] == pytest.approx(evidence / (evidence + 5), abs=1e-3)
    [model] = [one for one in result["receipt"]["models"] if one["id"] == "local/own"]
    assert f"local/own@{model['revision']}" in told.models


def test_a_worker_keeps_up_with_the_library_and_stores_the_phrases(config, runtime):
    stores, profile = runtime.stores, runtime.profile
    space = profile.text.space
    library = wiring.open_library(config, stores, space)
    with app.keeping_up(library, stores, profile, thread=ModelThread()):
        app.wait_for(library)
        building.register(stores, building.found("one.ogg"), space=space)
        track_id = building.embed(stores.jobs, space=space)
        wait_until(lambda: library.view().vector(track_id) is not None)
        wait_until(lambda: len(stores.phrases.read(space)) == len(prompts.all_phrases()))
        stores.tracks.remove(track_id)
        wait_until(lambda: library.view().vector(track_id) is None)
    library.close()


def test_a_mood_that_the_worker_does_not_know_fails_its_own_photo_alone(config, measured, runtime):
    strange, plain = submit(runtime, png(), "crunchy"), submit(runtime, png(), "sad")
    run(runtime, app.work_of(runtime, config, measured), [strange, plain])
    failed, done = (runtime.stores.jobs.get(one) for one in (strange, plain))

    assert (failed.state, failed.error.code) == (jobs.JobState.FAILED, "unknown_mood")
    assert done.state is jobs.JobState.SUCCEEDED
    assert [mood["label"] for mood in done.result["moods"]] == ["sad"]


def test_a_worker_reports_its_models_each_once(runtime):
    told = app.worker_of(runtime.profile)

    assert (told.profile, told.device, told.space) == ("lite", "cpu", runtime.profile.audio.space)
    assert told.models[0] == "sightsong/lite-photo@2"
    assert len(told.models) == len(set(told.models)) == 6


def test_every_metric_of_ours_says_what_it_means(measured):
    ours = [one for one in measured.registry.collect() if one.name.startswith("sightsong_")]

    told = re.findall(r"^\| `(sightsong_\w+)`", OPERATIONS.read_text("utf-8"), re.MULTILINE)
    assert {one.name for one in ours} == {name.removesuffix("_total") for name in told}
    assert all(len(one.documentation) > 20 for one in ours)


def test_a_port_in_use_is_a_setting_that_cannot_work(config, measured, scrape):
    with pytest.raises(errors.ConfigurationError, match="SIGHTSONG_METRICS_PORT"):
        metrics.serve(measured, host=config.metrics_host, port=config.metrics_port)


def test_two_processes_worth_of_metrics_do_not_meet(measured):
    other = metrics.Metrics("full")
    measured.stage("caption", 1.0)
    samples = [s for one in other.registry.collect() for s in one.samples if "stage" in s.name]

    assert samples == []
