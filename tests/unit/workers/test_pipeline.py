"""The way of a photo through the models: faces, moods of the caller, scenes, timings."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from sightsong.adapters import memory
from sightsong.core import ports
from sightsong.core.affect import Face
from sightsong.core.errors import UnknownMood
from sightsong.core.models import Photo, Profile
from workers.models import stub
from workers.pipeline import PhotoPipeline, PhotoWish

WISH = PhotoWish(top_k=3)
DARK = Photo(pixels=np.full((4, 6, 3), 16, np.uint8))
STAGES = ["emotion", "faces", "moods", "caption", "query", "match"]


class NoLibrary:
    def search(self, query: np.ndarray, *, k: int) -> ports.Found:
        return ports.Found(snapshot=None, neighbours=())


class Smiles(stub.StubFaces):
    def find(self, photos: Sequence[Photo]) -> list[tuple[Face, ...]]:
        smile = Face(x=0.2, y=0.2, width=0.5, height=0.5, score=1.0, distribution={"joy": 1.0})
        return [(smile,) for _ in photos]


def pipeline(profile: Profile, **options: object) -> PhotoPipeline:
    return PhotoPipeline(profile, NoLibrary(), memory.open_stores().tracks, **options)


def answer(profile: Profile, wish: PhotoWish = WISH) -> dict:
    return pipeline(profile).answer([DARK], [wish])[0]


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
    result = answer(stub.stub_profile(), PhotoWish(top_k=3, moods=("crunchy",)))
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
    first, second = observed.answer([DARK, DARK], [WISH, WISH])
    assert [stage for stage, _ in seen] == STAGES
    assert list(first["timings_ms"]) == [*STAGES, "batch"]
    assert first["timings_ms"] == second["timings_ms"]
    assert first["timings_ms"]["batch"] == 2
    assert first["timings_ms"]["caption"] == pytest.approx(dict(seen)["caption"] * 1000, abs=0.01)


def test_a_profile_of_fixed_moods_refuses_others_before_they_meet_a_batch():
    fixed = pipeline(replace(stub.stub_profile(), has_fixed_moods=True))
    fixed.check(PhotoWish(top_k=3, moods=("sad",)))
    with pytest.raises(UnknownMood, match="crunchy"):
        fixed.check(PhotoWish(top_k=3, moods=("crunchy",)))


def test_a_profile_that_scores_any_mood_refuses_none():
    pipeline(stub.stub_profile()).check(PhotoWish(top_k=3, moods=("crunchy",)))
