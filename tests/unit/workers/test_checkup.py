"""The check-up finds what is wrong with a profile, and says of which model."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from sightsong.core.affect import Affect, Emotion, EmotionReading
from sightsong.core.models import ModelCard, Profile, TrackReading
from sightsong.core.photos import Captions, MoodScore
from sightsong.core.verdicts import Outcome
from workers.checkup import inputs, plausibility, soundness
from workers.models.lite.profile import lite_profile

CARD = ModelCard(id="ours/odd", revision="1", task="any", licence="MIT", source="made up")
EVEN = dict.fromkeys(Emotion, 1 / 6)


@pytest.fixture(scope="module")
def lite() -> Profile:
    return lite_profile()


@dataclass
class OddText:
    """A text model that answers with given vectors, one after the other."""

    vectors: list[list[float]]
    space: str = "affect"
    card: ModelCard = CARD

    def encode(self, texts):
        rows = [self.vectors[at % len(self.vectors)] for at in range(len(texts))]
        return np.array(rows, dtype=np.float32)


@dataclass
class OddEmotion:
    """An emotion model that answers with one distribution for each photo in turn."""

    distributions: list[dict[Emotion, float]]
    card: ModelCard = CARD

    def predict(self, photos):
        affect = Affect(valence=0.0, arousal=0.0)
        return [
            EmotionReading(distribution=distribution, affect=affect)
            for distribution in self.distributions[: len(photos)]
        ]


@dataclass
class OddCaptions:
    """A caption model that says given words, whatever it sees."""

    words: list[str]
    card: ModelCard = CARD

    def caption(self, photos, emotions):
        return [Captions(plain=words, emotional=words) for words in self.words[: len(photos)]]


@dataclass
class OddMoods:
    """A mood model with given scores for the photos, of the two labels it is asked for."""

    shares: list[float]
    labels: tuple[str, ...] = ("one", "two")
    card: ModelCard = CARD

    def score(self, photos, emotions, labels):
        return [
            tuple(
                MoodScore(label=label, score=score)
                for label, score in zip(names or self.labels, (share, 1 - share), strict=True)
            )
            for share, names in zip(self.shares, labels, strict=True)
        ]


@dataclass
class DeafAudio:
    """An audio model to which all sounds are one."""

    space: str = "affect"
    card: ModelCard = CARD
    vector: np.ndarray = field(default_factory=lambda: np.eye(4, dtype=np.float32)[0])

    @property
    def listener(self):
        return self

    def hear(self, blocks, *, rate_hz):
        return None

    def read(self, heard, *, between=None):
        affect = Affect(valence=0.0, arousal=0.0)
        reading = TrackReading(
            vector=self.vector,
            windows=self.vector[None],
            window_starts_s=(0.0,),
            affect=affect,
            descriptors={},
        )
        return [reading for _ in heard]


def broken(profile: Profile) -> set[str]:
    return {v.what for v in soundness.check(profile) if v.outcome is Outcome.BROKEN}


def odd(profile: Profile) -> set[str]:
    if profile.moods.card is not CARD:  # the lite profile's score none but their own labels
        profile = replace(profile, moods=OddMoods([0.9, 0.2, 0.9]))
    return {v.what for v in plausibility.check(profile) if v.outcome is Outcome.IMPLAUSIBLE}


def test_the_lite_profile_is_sound(lite: Profile):
    assert broken(lite) == set()


@pytest.mark.parametrize(
    "vectors",
    [
        [[1, 0], [1, 0]],
        [[2, 0], [0, 2]],
        [[float("nan"), 0], [0, 1]],
        [[1, 0], [0, 1], [0, -1]],
    ],
    ids=["all alike", "no unit norm", "not finite", "another one the second time"],
)
def test_text_vectors_that_cannot_be_are_broken(lite: Profile, vectors: list[list[float]]):
    assert broken(replace(lite, text=OddText(vectors, space=lite.text.space))) == {"text vectors"}


@pytest.mark.parametrize(
    "distributions",
    [
        [{**EVEN, Emotion.JOY: 0.5}] * 3,
        [{**EVEN, Emotion.JOY: -1 / 6, Emotion.FEAR: 0.5}] * 3,
        [EVEN, EVEN, {**EVEN, Emotion.JOY: 1 / 6 + 0.1, Emotion.FEAR: 1 / 6 - 0.1}],
    ],
    ids=["sum", "negative", "another one the second time"],
)
def test_distributions_that_cannot_be_are_broken(lite: Profile, distributions):
    assert "emotion" in broken(replace(lite, emotion=OddEmotion(distributions)))


def test_an_empty_caption_is_broken(lite: Profile):
    assert broken(replace(lite, caption=OddCaptions([""] * 3))) == {"captions"}


def test_a_caption_that_changes_for_the_same_photo_is_broken(lite: Profile):
    assert broken(replace(lite, caption=OddCaptions(["a sea", "a night", "a sun"]))) == {"captions"}


def test_moods_that_are_not_sorted_are_broken(lite: Profile):
    assert broken(replace(lite, moods=OddMoods([0.2, 0.8, 0.2]))) == {"moods"}


def test_sounds_that_are_all_one_and_silence_taken_for_music_are_broken(lite: Profile):
    deaf = DeafAudio(space=lite.text.space)
    assert broken(replace(lite, audio=deaf)) == {"sound vectors", "silence"}


def test_texts_and_sounds_in_two_spaces_are_broken(lite: Profile):
    text = OddText([[1, 0], [0, 1]], space="another")
    assert broken(replace(lite, text=text)) == {"sound vectors"}


@pytest.mark.parametrize(
    "words",
    ["unused zeph qarrel dint", "a a a a beach", "beach", "a beach \u4e8b sun"],
    ids=["no glue", "in circles", "one word", "other script"],
)
def test_a_caption_of_an_untrained_decoder_makes_no_sense(lite: Profile, words: str):
    assert "sense of captions" in odd(replace(lite, caption=OddCaptions([words] * 3)))


def test_a_caption_as_people_write_it_makes_sense(lite: Profile):
    words = ["a blue sky over a sandy beach"] * 3
    assert "sense of captions" not in odd(replace(lite, caption=OddCaptions(words)))


@pytest.mark.parametrize(("shares", "makes_sense"), [([0.9, 0.2, 0.9], True), ([0.9] * 3, False)])
def test_a_dark_photo_must_not_be_called_sunny(
    lite: Profile, shares: list[float], makes_sense: bool
):
    assert ("sense of photos" not in odd(replace(lite, moods=OddMoods(shares)))) is makes_sense


def test_the_canonical_inputs_are_the_same_each_time():
    first, second = inputs.pictures(), inputs.pictures()
    assert np.array_equal(first.dark.pixels, second.dark.pixels)
    assert np.array_equal(first.bright.pixels, first.again.pixels)
    assert first.bright is not first.again
    assert np.array_equal(inputs.beat(), inputs.beat())
    assert inputs.pad().dtype == np.float32
