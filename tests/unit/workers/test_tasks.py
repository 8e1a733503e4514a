"""What a worker does with photos and words, on stub models and in-memory stores."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from sightsong.core import errors
from sightsong.core.affect import Affect
from sightsong.core.jobs import JobId, JobState
from tests.unit.workers.task_bench import BRIGHT, BROKEN, DARK, ask, register, submit
from workers import tasks
from workers.models import stub


def test_a_photo_is_answered_with_what_was_seen_and_the_tracks_that_fit(stores, run):
    register(stores, "loud.ogg", "soft.ogg")
    run()
    job_id = submit(stores, BRIGHT)
    run()
    result = stores.jobs.get(job_id).result
    assert result["emotion"]["dominant"] == "joy"
    assert result["caption"] == "A photo of 6 by 4 pixels."
    assert [match["title"] for match in result["matches"]] == ["loud.ogg", "soft.ogg"]
    assert result["matches"][0]["rank"] == 1
    assert result["receipt"]["index_snapshot"] is None
    assert result["receipt"]["index_revision"] == stores.tracks.revision(stub.SPACE) > 0
    assert [model["task"] for model in result["receipt"]["models"]] == [
        "emotion",
        "faces",
        "moods",
        "caption",
        "text",
        "audio",
    ]


def test_the_caller_says_how_many_tracks_come_back(stores, run):
    register(stores, *(f"loud{i}.ogg" for i in range(9)))
    run()
    job_id = submit(stores, BRIGHT, top_k=3)
    run()
    assert len(stores.jobs.get(job_id).result["matches"]) == 3


def test_without_a_library_a_photo_is_still_described(stores, run):
    job_id = submit(stores, DARK)
    run()
    result = stores.jobs.get(job_id).result
    assert (result["emotion"]["dominant"], result["matches"]) == ("sadness", [])


def test_one_broken_photo_fails_alone_in_its_batch(stores, run):
    good, bad = submit(stores, BRIGHT), submit(stores, BROKEN)
    run()
    assert stores.jobs.get(good).state is JobState.SUCCEEDED
    assert stores.jobs.get(bad).error.code == "image_broken"


def test_a_photo_whose_upload_is_gone_fails_with_a_word(stores, run):
    job_id = submit(stores, BRIGHT)
    stores.blobs.delete(stores.jobs.get(job_id).blob_id)
    run()
    assert stores.jobs.get(job_id).error.code == "blob_not_found"


def test_a_photo_that_never_had_an_upload_fails_with_a_word(stores, runtime):
    job = replace(stores.jobs.get(submit(stores, BRIGHT)), blob_id=None)
    with pytest.raises(errors.BlobNotFound):
        tasks.prepare_photo(job, runtime=runtime).result()


def test_a_result_says_how_long_the_photo_took_to_decode(stores, run):
    job_id = submit(stores, BRIGHT)
    run()
    timings = stores.jobs.get(job_id).result["timings_ms"]
    assert (timings["decode"], timings["batch"]) == (1.23, 1)


def test_a_photo_gets_the_same_matches_alone_and_in_a_batch(stores, run):
    register(stores, *(f"loud{i}.ogg" for i in range(4)), *(f"soft{i}.ogg" for i in range(4)))
    run()
    alone = submit(stores, BRIGHT)
    run()
    together = [submit(stores, content) for content in (DARK, BRIGHT, DARK)][1]
    run()
    lists = [json.dumps(stores.jobs.get(one).result["matches"]) for one in (alone, together)]
    assert lists[0] == lists[1]


def test_words_are_answered_with_the_tracks_that_fit(stores, run):
    register(stores, "loud.ogg", "soft.ogg")
    run()
    job_id = ask(stores, "  joy for\nevery one ")
    run()
    result = stores.jobs.get(job_id).result
    assert (result["text"], result["query"]) == ("joy for every one", "joy for every one")
    assert {match["title"] for match in result["matches"]} == {"loud.ogg", "soft.ogg"}
    assert "your words" in result["matches"][0]["reason"]


def test_photos_and_words_that_wait_together_are_answered_together(stores, run):
    ids = [submit(stores, BRIGHT), ask(stores, "joy"), submit(stores, DARK), ask(stores, "sorrow")]
    run()
    results = [stores.jobs.get(one).result for one in ids]
    assert ["emotion" in result for result in results] == [True, False, True, False]
    assert [result["timings_ms"]["batch"] for result in results] == [2, 2, 2, 2]


def test_words_that_say_nothing_fail_alone_in_their_batch(stores, run):
    good, bad = ask(stores, "joy"), ask(stores, "123 !")
    run()
    assert stores.jobs.get(good).state is JobState.SUCCEEDED
    assert stores.jobs.get(bad).error.code == "nothing_understood"


@pytest.mark.parametrize("asked", ["photo", "words"])
def test_a_job_whose_filters_nobody_can_read_fails_alone_in_its_batch(stores, run, asked):
    def new(**params: object) -> JobId:
        return (
            submit(stores, BRIGHT, **params) if asked == "photo" else ask(stores, "joy", **params)
        )

    ids = new(), new(filters={"gender": ["x"]})
    run()
    good, bad = (stores.jobs.get(one) for one in ids)
    assert good.state is JobState.SUCCEEDED
    assert bad.error.code == "invalid_request"


class FlawedFeelings(stub.StubText):
    """Feels a number that is none where something is broken."""

    def feel(self, texts: Sequence[str]) -> list[Affect | None]:
        return [
            Affect(valence=float("nan"), arousal=0.0) if "broken" in text else None
            for text in texts
        ]


@pytest.mark.parametrize("profile", [replace(stub.stub_profile(), text=FlawedFeelings())])
def test_an_answer_that_is_no_json_is_never_a_success_and_stops_no_other(stores, run):
    register(stores, "loud.ogg")
    run()
    good, bad = ask(stores, "drums"), ask(stores, "broken drums")
    run()
    assert stores.jobs.get(good).state is JobState.SUCCEEDED
    found = stores.jobs.get(bad)
    assert (found.state, found.error.code) == (JobState.QUEUED, "task_failed")
    assert "NaN" in found.error.detail
    assert stores.jobs.query(bad) is None


def test_what_was_searched_for_is_kept_with_the_job(stores, run):
    photo, words = submit(stores, BRIGHT), ask(stores, "joy")
    run()
    kept = [stores.jobs.query(one) for one in (photo, words)]
    assert [one.space for one in kept] == [stub.SPACE] * 2
    assert [one.vector.dtype for one in kept] == [np.float32] * 2
    assert kept[1].vector == pytest.approx(stub.StubText().encode(["joy"])[0])
    assert np.linalg.norm(kept[0].vector) == pytest.approx(1, abs=1e-6)
    assert kept[1].affect == Affect(valence=1.0, arousal=0.0)
    said = stores.jobs.get(photo).result["valence"]
    assert kept[0].affect.valence == pytest.approx(said, abs=1e-4)
    assert kept[0].affect.valence != said  # the answer rounds it


def test_the_taste_of_a_job_decides_what_comes_back(stores, run):
    register(stores, *(f"loud{i}.ogg" for i in range(4)))
    run()
    [one, *_] = stores.tracks.page(limit=9)
    stores.tracks.edit(one.id, {"genre": "Jazz"})
    filters = {"genre": ["jazz"]}
    photo, words = submit(stores, BRIGHT, filters=filters), ask(stores, "joy", filters=filters)
    run()
    for job_id in (photo, words):
        matches = stores.jobs.get(job_id).result["matches"]
        assert [match["track_id"] for match in matches] == [one.id]


def test_a_caption_that_nobody_asked_for_is_not_made(stores, run):
    told, untold = submit(stores, BRIGHT), submit(stores, BRIGHT, caption=False)
    run()
    with_it, without = (stores.jobs.get(one).result for one in (told, untold))
    assert with_it["caption"]
    assert (without["caption"], without["emotional_caption"]) == (None, None)
    assert without["emotion"] == with_it["emotion"]
