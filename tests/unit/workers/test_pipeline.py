"""The way of photos and of words through the models: moods of the caller, scenes, timings."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from sightsong.adapters import memory
from sightsong.core import ports
from sightsong.core.affect import Affect, Face
from sightsong.core.choosing import Taste
from sightsong.core.errors import NothingUnderstood, UnknownMood
from sightsong.core.models import Photo, Profile
from sightsong.core.snapshots import Snapshot
from workers.models import stub
from workers.models.lite.profile import lite_profile
from workers.pipeline import PhotoPipeline, PhotoWish
from workers.texts import TextPipeline

WISH = PhotoWish()
DARK = Photo(pixels=np.full((4, 6, 3), 16, np.uint8))
STAGES = ["emotion", "faces", "moods", "caption", "query", "match"]


class Library:
    """Looks at a library, and notes what it is asked for."""

    def __init__(self, stores: ports.Stores) -> None:
        self._inner = memory.MemoryLibrary(stores, stub.SPACE)
        self.asked: list[str] = []

    def view(self) -> ports.LibraryView:
        self.asked.append("view")
        return self._inner.view()

    def catch_up(self) -> None:
        self.asked.append("catch up")

    def examine(self, snapshot: Snapshot) -> None:
        raise AssertionError("nobody activates one here")

    def health(self) -> ports.Health:
        return self._inner.health()


class Smiles(stub.StubFaces):
    def find(self, photos: Sequence[Photo]) -> list[tuple[Face, ...]]:
        smile = Face(x=0.2, y=0.2, width=0.5, height=0.5, score=1.0, distribution={"joy": 1.0})
        return [(smile,) for _ in photos]


def pipeline(profile: Profile, **options: object) -> PhotoPipeline:
    stores = memory.open_stores()
    return PhotoPipeline(profile, Library(stores), stores.tracks, **options)


def answer(profile: Profile, wish: PhotoWish = WISH) -> dict:
    return pipeline(profile).answer([DARK], [wish])[0].result


def texts(profile: Profile, **options: object) -> TextPipeline:
    stores = memory.open_stores()
    return TextPipeline(profile, Library(stores), stores.tracks, **options)


def test_a_smile_in_a_dark_photo_moves_its_emotion_and_is_told():
    alone, with_smile = (
        answer(stub.stub_profile()),
        answer(replace(stub.stub_profile(), faces=Smiles())),
    )
    assert with_smile["valence"] > alone["valence"]
    assert alone["emotion"]["agreement"] is None
    assert with_smile["emotion"]["agreement"]["agrees"] is False
    assert with_smile["emotion"]["agreement"]["scene"]["valence"] == alone["valence"]


def test_the_moods_of_the_caller_are_scored_and_asked_for():
    result = answer(stub.stub_profile(), PhotoWish(moods=("crunchy",)))
    assert [mood["label"] for mood in result["moods"]] == ["crunchy"]
    assert "This audio is a piece of crunchy music." in result["query"]


@pytest.mark.parametrize("sees", [True, False])
def test_only_a_caption_that_sees_is_part_of_the_query(sees: bool):
    asked: list[str] = []

    class Noted(stub.StubText):
        def encode(self, texts: Sequence[str]) -> np.ndarray:
            asked.extend(texts)
            return super().encode(texts)

    answer(replace(stub.stub_profile(), text=Noted(), has_seeing_captions=sees))
    scene = "This audio is music for a scene of A photo of 6 by 4 pixels."
    assert (scene in asked) is sees


def test_every_stage_is_timed_in_the_answer_and_told_to_the_observer():
    seen: list[tuple[str, float]] = []
    observed = pipeline(stub.stub_profile(), observe=lambda stage, s: seen.append((stage, s)))
    first, second = (one.result for one in observed.answer([DARK, DARK], [WISH, WISH]))
    assert [stage for stage, _ in seen] == STAGES
    assert list(first["timings_ms"]) == [*STAGES, "batch"]
    assert first["timings_ms"] == second["timings_ms"]
    assert first["timings_ms"]["batch"] == 2
    assert first["timings_ms"]["caption"] == pytest.approx(dict(seen)["caption"] * 1000, abs=0.01)


def test_a_profile_of_fixed_moods_refuses_others_before_they_meet_a_batch():
    fixed = pipeline(replace(stub.stub_profile(), has_fixed_moods=True))
    fixed.check(PhotoWish(moods=("sad",)))
    with pytest.raises(UnknownMood, match="crunchy"):
        fixed.check(PhotoWish(moods=("crunchy",)))


def test_a_profile_that_scores_any_mood_refuses_none():
    pipeline(stub.stub_profile()).check(PhotoWish(moods=("crunchy",)))


@pytest.mark.parametrize("make", [PhotoPipeline, TextPipeline])
def test_a_whole_batch_looks_at_the_library_at_one_moment_as_new_as_can_be(make):
    stores = memory.open_stores()
    library = Library(stores)
    one, wish = {PhotoPipeline: (DARK, WISH), TextPipeline: ("joy", Taste())}[make]
    answers = make(stub.stub_profile(), library, stores.tracks).answer([one] * 3, [wish] * 3)
    assert (len(answers), library.asked) == (3, ["catch up", "view"])


def test_the_point_of_an_answer_is_of_numbers_that_the_store_gives_back():
    class Felt(stub.StubText):
        def feel(self, texts: Sequence[str]) -> list[Affect | None]:
            return [Affect(valence=np.float32(0.1), arousal=np.float32(-0.7)) for _ in texts]

    [found] = texts(replace(stub.stub_profile(), text=Felt())).answer(["joy"], [Taste()])
    assert [type(found.affect.valence), type(found.affect.arousal)] == [float, float]
    assert found.affect.valence == np.float32(0.1)


def test_an_answer_brings_the_unit_vector_that_was_searched_for():
    [photo] = pipeline(stub.stub_profile()).answer([DARK], [WISH])
    [words] = texts(stub.stub_profile()).answer(["joy"], [Taste()])
    for found in (photo, words):
        assert found.query.dtype == np.float32
        assert np.linalg.norm(found.query) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(words.query, stub.StubText().encode(["joy"])[0])


def test_all_words_of_a_batch_are_embedded_together():
    asked: list[list[str]] = []

    class Noted(stub.StubText):
        def encode(self, texts: Sequence[str]) -> np.ndarray:
            asked.append(list(texts))
            return super().encode(texts)

    texts(replace(stub.stub_profile(), text=Noted())).answer(["one", "two"], [Taste(), Taste()])
    assert asked == [["one", "two"]]


def test_the_answer_to_words_says_what_was_understood():
    felt, unfelt = texts(stub.stub_profile()).answer(["joy and drums", "drums"], [Taste(), Taste()])
    assert (felt.result["valence"], felt.result["arousal"]) == (1.0, 0.0)
    assert (unfelt.result["valence"], unfelt.result["arousal"]) == (None, None)
    assert list(felt.result) == [
        "profile",
        "text",
        "valence",
        "arousal",
        "query",
        "matches",
        "personal",
        "receipt",
        "timings_ms",
    ]
    assert felt.result["receipt"]["index_revision"] == 0


def test_the_stages_of_words_are_timed_and_told():
    seen: list[str] = []
    observed = texts(stub.stub_profile(), observe=lambda stage, _: seen.append(stage))
    [one] = observed.answer(["joy"], [Taste()])
    assert seen == ["query", "match"]
    assert list(one.result["timings_ms"]) == ["query", "match", "batch"]


@pytest.mark.parametrize(
    "text",
    ["", " \t\n", "qwerty zxcvb", "12345 !!!", "\ud800", "\x00", "qwerty " * 100_000],
    ids=["none", "blank", "unknown", "no letters", "half a letter", "nought", "long"],
)
def test_words_of_which_the_lite_model_understands_nothing_are_refused(text):
    with pytest.raises(NothingUnderstood):
        texts(lite_profile()).understood(text)


def test_words_are_tidied():
    found = texts(lite_profile()).understood("  calm\x00 piano\nfor \ud800 a rainy  evening ")
    assert found == "calm piano for ? a rainy evening"


def test_of_a_very_long_text_only_the_beginning_is_read():
    found = texts(lite_profile()).understood("calm " * 1_000_000)
    assert found.startswith("calm calm")
    assert len(found) <= 4000


def test_the_lite_model_feels_words_of_feeling_and_no_others():
    calm, guitar, nothing = lite_profile().text.feel(["calm and peaceful", "guitar", "qwerty"])
    assert calm.valence > 0 > calm.arousal
    assert (guitar, nothing) == (None, None)
