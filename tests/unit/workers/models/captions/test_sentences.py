"""What captions say of made-up photos, feelings and faces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sightsong.core.affect import Affect, EmotionReading, Face
from sightsong.core.models import Photo
from sightsong.core.moods import MOOD_PLACES, emotion_distribution
from tests.unit.workers.models.captions import grammar
from tests.unit.workers.models.captions.cast import CASTS, face
from workers.models import stub
from workers.models.lite.captions import LiteCaptioner, naming
from workers.models.lite.captions.feelings import MIDDLE
from workers.models.lite.captions.looking import look
from workers.models.lite.captions.sentences import write
from workers.models.lite.profile import lite_profile
from workers.models.lite.remembered import RememberedFaces

photos = arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))


def flat(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((60, 80, 3), (red, green, blue), dtype=np.uint8)


GREY = look(flat(120, 120, 120))


def plain(photo: np.ndarray, faces: tuple[Face, ...] = ()) -> str:
    return write(look(photo), MIDDLE, faces).plain


def felt(valence: float, arousal: float, faces: tuple[Face, ...] = ()) -> str:
    affect = Affect(valence=valence, arousal=arousal)
    return write(GREY, affect, faces).emotional.partition("; ")[2]


def on_grey(*faces: Face) -> str:
    return write(GREY, MIDDLE, faces).plain.partition("; ")[2]


@settings(max_examples=100, deadline=None)
@given(photos, st.floats(-1, 1), st.floats(-1, 1), st.sampled_from(CASTS))
def test_any_photo_feeling_and_faces_make_two_correct_sentences(photo, valence, arousal, faces):
    written = write(look(photo), Affect(valence=valence, arousal=arousal), faces)
    assert grammar.faults(written.plain) == []
    assert grammar.faults(written.emotional) == []


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((5, 5, 5), "black"),
        ((250, 250, 250), "white"),
        ((120, 122, 121), "grey"),
        ((200, 25, 35), "red"),
        ((250, 170, 190), "pink"),
        ((240, 140, 20), "orange"),
        ((110, 70, 35), "brown"),
        ((225, 200, 165), "beige"),
        ((240, 220, 40), "yellow"),
        ((40, 160, 50), "green"),
        ((20, 170, 170), "teal"),
        ((40, 90, 220), "blue"),
        ((110, 40, 150), "purple"),
    ],
)
def test_colours_have_the_names_that_people_give_them(rgb, name):
    assert look(flat(*rgb)).names[name] == 1
    assert name in plain(flat(*rgb)).lower()


@settings(max_examples=50, deadline=None)
@given(photos)
def test_every_pixel_has_one_name(photo):
    assert sum(look(photo).names.values()) == pytest.approx(1)
    assert set(look(photo).names) == set(naming.NAMES)


def test_blue_above_green_is_told_as_it_lies():
    photo = flat(60, 110, 230)
    photo[30:] = (40, 150, 50)
    assert "blue above and green below" in plain(photo).lower()
    assert "green above and blue below" in plain(photo[::-1].copy()).lower()


def test_a_little_red_in_green_catches_the_eye():
    photo = flat(40, 150, 50)
    photo[10:16, 20:30] = (230, 20, 20)
    assert "of red" in plain(photo)


@pytest.mark.parametrize(
    ("lit", "said"),
    [
        (np.s_[:30], "above"),
        (np.s_[30:], "below"),
        (np.s_[:, :40], "on the left"),
        (np.s_[:, 40:], "on the right"),
        (np.s_[15:45, 20:60], "in the middle"),
    ],
)
def test_light_is_said_to_be_where_it_is(lit, said):
    photo = flat(60, 60, 60)
    photo[lit] = 200
    assert said in plain(photo)


def test_lines_are_said_to_run_as_they_do():
    stripes = flat(90, 90, 90)
    stripes[::8] = 190
    upright = np.ascontiguousarray(stripes.transpose(1, 0, 2))
    assert "level lines" in plain(stripes) or "run across" in plain(stripes)
    assert "upright lines" in plain(upright) or "up and down" in plain(upright)


@pytest.mark.parametrize(
    ("shape", "word"), [((40, 160, 3), "wide"), ((160, 80, 3), "tall"), ((90, 90, 3), "square")]
)
def test_an_unusual_shape_is_told(shape, word):
    assert word in plain(np.full(shape, 90, dtype=np.uint8)).lower()
    assert word not in plain(flat(90, 90, 90)).lower()


def test_a_picture_without_colour_has_no_colour_in_its_caption():
    photo = np.random.RandomState(1).randint(0, 256, (60, 80, 1)).astype(np.uint8).repeat(3, axis=2)
    colours = set(naming.NAMES) - naming.NEUTRAL
    assert not any(name in plain(photo).lower() for name in colours)
    assert "grey" in plain(photo).lower()


@pytest.mark.parametrize(
    ("pleasant", "stirred", "words"),
    [
        (0.0, 0.0, "mood"),
        (0.2, 0.0, "pleasant"),
        (0.14, 0.14, "lively"),
        (0.0, 0.2, "stirring"),
        (-0.14, 0.14, "tense"),
        (-0.2, 0.0, "unpleasant"),
        (-0.14, -0.14, "gloomy"),
        (0.0, -0.2, "quiet"),
        (0.14, -0.14, "calm"),
    ],
)
def test_a_faint_feeling_is_told_with_doubt(pleasant: float, stirred: float, words: str):
    told = felt(MIDDLE.valence + pleasant, MIDDLE.arousal + stirred)
    assert words in told
    assert any(doubt in told for doubt in ("may", "perhaps", "measure"))


@pytest.mark.parametrize("mood", sorted(set(MOOD_PLACES) - {"dark", "nostalgic"}))
def test_a_clear_feeling_has_the_name_of_its_mood(mood):
    place = MOOD_PLACES[mood]
    told = felt(place.valence, place.arousal)
    assert mood in told
    assert not any(doubt in told for doubt in ("may", "perhaps", "measure"))


def test_no_photo_is_said_to_feel_dark():
    assert "dark" not in felt(-0.45, 0.10)


def test_faces_are_counted_and_their_look_told_where_it_is_sure():
    assert on_grey(face("joy", at=0.2)) == "one face on the left looks happy."
    assert on_grey(face("fear", size=0.5)) == "one face close up looks frightened."
    assert on_grey(face("joy", share=0.5)) == "one face is seen."
    assert on_grey(face("anger"), face("anger")) == "two faces both look angry."
    assert on_grey(*[face("neutral")] * 4) == "four faces all look neutral."
    assert on_grey(face(), face("anger")) == "two faces are seen."
    assert (
        on_grey(face(), face("anger"), face()) == "three faces are seen, of which two look happy."
    )
    assert on_grey(*[face(share=0.3)] * 14) == "more than ten faces are seen."


def test_a_doubtful_face_only_may_be_there_and_has_no_look():
    assert on_grey(face(score=0.83)) == "there may be a face in it."
    assert on_grey(face(score=0.83), face(score=0.82)) == "there may be faces in it."
    assert on_grey(face(), face(score=0.82)) == "one face looks happy."
    assert on_grey(face(score=0.7)) == ""


def test_faces_that_feel_otherwise_than_the_whole_are_told_with_but():
    assert ", but " in felt(-0.6, -0.4, (face("joy"),))
    assert ", and " in felt(0.6, 0.2, (face("joy"),))
    assert ", and " in felt(-0.6, -0.4, (face("neutral"),))


def test_a_mood_that_the_faces_have_is_not_named_again():
    assert felt(0.75, 0.2, (face("joy"),)).count("happy") == 1


class CountingFaces(stub.StubFaces):
    """Finds one face in every photo, and notes how many it looked at."""

    looked_at = 0

    def find(self, photos):
        self.looked_at += len(photos)
        return [(face(),) for _ in photos]


def test_the_captioner_tells_of_the_faces_that_its_finder_finds():
    affect = Affect(valence=0.5, arousal=0.1)
    emotion = EmotionReading(distribution=emotion_distribution(affect), affect=affect)
    [written] = LiteCaptioner(CountingFaces()).caption([Photo(pixels=flat(9, 9, 9))], [emotion])
    assert "one face looks happy" in written.plain


def test_faces_of_a_photo_are_looked_for_once():
    counting = CountingFaces()
    remembered = RememberedFaces(counting)
    one, other = (Photo(pixels=flat(level, 9, 9)) for level in (1, 2))
    assert remembered.find([one, one]) == remembered.find([other, one])
    assert counting.looked_at == 2
    assert remembered.card is counting.card


def test_captions_are_the_same_alone_and_in_a_batch():
    profile = lite_profile()
    several = [Photo(pixels=flat(level, 90, 30)) for level in (20, 120, 220)]
    emotions = profile.emotion.predict(several)
    alone = [
        profile.caption.caption([photo], [emotion])[0]
        for photo, emotion in zip(several, emotions, strict=True)
    ]
    assert profile.caption.caption(several, emotions) == alone
