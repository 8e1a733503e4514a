"""The JSON of an answer."""

import numpy as np
import pytest

from sightsong.core import answers, matching
from sightsong.core.affect import Affect, Agreement, Emotion, EmotionReading, Face
from sightsong.core.photos import Captions, MoodScore, PhotoReading
from sightsong.core.tracks import Tags, Track, TrackId, TrackState
from workers.models import stub


def reading(*, agreement: Agreement | None = None, **shares: float) -> PhotoReading:
    distribution = {emotion: shares.get(emotion.value, 0.0) for emotion in Emotion}
    return PhotoReading(
        emotion=EmotionReading(
            distribution=distribution, affect=Affect(valence=-0.00001, arousal=0.123456)
        ),
        agreement=agreement,
        faces=(Face(x=0.1, y=0.2, width=0.3, height=0.4, score=0.9, distribution={"joy": 1.0}),),
        moods=(
            MoodScore(label="calm", score=0.71234567, similarity=0.2512345),
            MoodScore(label="sad", score=0.1),
        ),
        captions=Captions(plain="A grey square.", emotional="It feels even."),
    )


def test_the_distribution_sums_to_one_after_rounding():
    third = reading(joy=1 / 3, fear=1 / 3, sadness=1 / 3)
    answer = answers.photo_answer(third, query="q", matches=[])
    shares = answer["emotion"]["distribution"]
    assert round(sum(shares.values()), 10) == 1.0
    assert list(shares) == ["anger", "disgust", "fear", "joy", "sadness", "surprise"]


def test_a_tiny_negative_number_is_written_as_plain_zero():
    answer = answers.photo_answer(reading(joy=1.0), query="q", matches=[])
    assert str(answer["valence"]) == "0.0"
    assert answer["arousal"] == 0.1235


def test_faces_are_boxes_with_a_distribution():
    answer = answers.photo_answer(reading(joy=1.0), query="q", matches=[])
    assert answer["faces"] == [
        {
            "box": {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4},
            "score": 0.9,
            "distribution": {"joy": 1.0},
        }
    ]


def test_the_dominant_emotion_of_a_tie_is_the_first_in_the_alphabet():
    emotion = reading(joy=0.5, fear=0.5).emotion
    assert (emotion.dominant, emotion.confidence) == (Emotion.FEAR, 0.5)


def test_moods_keep_their_order_and_say_where_no_similarity_was_measured():
    answer = answers.photo_answer(reading(joy=1.0), query="q", matches=[])
    assert answer["moods"] == [
        {"label": "calm", "score": 0.7123, "similarity": 0.2512},
        {"label": "sad", "score": 0.1, "similarity": None},
    ]


def test_without_faces_there_is_nothing_to_agree():
    answer = answers.photo_answer(reading(joy=1.0), query="q", matches=[])
    assert answer["emotion"]["agreement"] is None


def test_faces_that_feel_otherwise_are_told_with_both_places_and_a_sentence():
    found = Agreement(
        scene=Affect(valence=-0.6, arousal=-0.4), faces=Affect(valence=0.6, arousal=0.5)
    )
    answer = answers.photo_answer(reading(agreement=found, joy=1.0), query="q", matches=[])
    agreement = answer["emotion"]["agreement"]
    assert agreement["note"].startswith("The faces feel energetic and bright")
    assert agreement | {"note": ""} == {
        "agrees": False,
        "distance": 1.5,
        "scene": {"valence": -0.6, "arousal": -0.4},
        "faces": {"valence": 0.6, "arousal": 0.5},
        "note": "",
    }


def test_a_receipt_names_the_device_and_every_model():
    profile = stub.stub_profile()
    receipt = answers.receipt(profile, index_snapshot="v1", index_revision=7, prompts_sha256="abc")
    assert (receipt["index_snapshot"], receipt["index_revision"]) == ("v1", 7)
    assert (receipt["profile"], receipt["device"]) == (profile.name, profile.device)
    assert [model["task"] for model in receipt["models"]] == [card.task for card in profile.cards]


def track(name: str, **tags: str) -> Track:
    return Track(
        id=TrackId(name),
        sha256=name,
        path=f"/music/{name}.ogg",
        state=TrackState.READY,
        tags=Tags(**tags),
        added_at=0.0,
    )


def matches_of(*names: str) -> tuple[matching.Match, ...]:
    pool = [
        matching.Candidate(
            track_id=TrackId(name),
            artist="artist:a normal form",
            cosine=0.5,
            affect=None,
            vector=np.ones(1, dtype=np.float32),
        )
        for name in names
    ]
    return matching.rank(None, pool, k=len(names))


def test_a_match_shows_the_artist_as_it_is_written_and_where_to_begin():
    rows = {TrackId("t"): track("t", title="First Light", artist="The  BAND")}
    [shown] = answers.match_answers(None, matches_of("t"), rows, starts={TrackId("t"): 12.34567})
    assert (shown["title"], shown["artist"]) == ("First Light", "The  BAND")
    assert shown["window_start_s"] == 12.3457
    assert shown["parts"] == {
        "semantic": 0.5,
        "cosine": 0.5,
        "affect": 0.5,
        "affect_distance": None,
        "memory": 0.0,
    }


def test_a_match_of_which_no_window_is_known_begins_at_its_beginning_and_claims_nothing():
    rows = {TrackId("t"): track("t")}
    [shown] = answers.match_answers(None, matches_of("t"), rows, starts={})
    assert shown["window_start_s"] == 0.0
    assert "best from" not in shown["reason"]


@pytest.mark.parametrize(
    ("affect", "valence", "arousal"),
    [(None, None, None), (Affect(valence=0.33333, arousal=-0.00001), 0.3333, 0.0)],
)
def test_the_answer_to_a_text_says_what_it_feels_like_where_that_is_known(affect, valence, arousal):
    answer = answers.text_answer("calm piano", affect, query="calm piano", matches=[{"rank": 1}])
    assert answer == {
        "text": "calm piano",
        "valence": valence,
        "arousal": arousal,
        "query": "calm piano",
        "matches": [{"rank": 1}],
    }
