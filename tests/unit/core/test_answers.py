"""The JSON of an answer."""

from sightsong.core import answers
from sightsong.core.affect import Affect, Emotion, EmotionReading, Face
from sightsong.core.photos import Captions, PhotoReading


def reading(**shares: float) -> PhotoReading:
    distribution = {emotion: shares.get(emotion.value, 0.0) for emotion in Emotion}
    return PhotoReading(
        emotion=EmotionReading(
            distribution=distribution, affect=Affect(valence=-0.00001, arousal=0.123456)
        ),
        faces=(Face(x=0.1, y=0.2, width=0.3, height=0.4, score=0.9, distribution={"happy": 1.0}),),
        moods={"calm": 0.7},
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
            "distribution": {"happy": 1.0},
        }
    ]


def test_the_dominant_emotion_of_a_tie_is_the_first_in_the_alphabet():
    emotion = reading(joy=0.5, fear=0.5).emotion
    assert (emotion.dominant, emotion.confidence) == (Emotion.FEAR, 0.5)
