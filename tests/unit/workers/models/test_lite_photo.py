"""What the lite profile reads from a photo, and how it says so."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sightsong.core import moods
from sightsong.core.affect import Affect, Emotion, EmotionReading
from sightsong.core.errors import UnknownMood
from sightsong.core.models import Photo
from workers.models.lite import colour, patches, patterns, photo
from workers.models.lite.measures import HUES, measure
from workers.models.lite.profile import lite_profile

photos = arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))


def flat(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((30, 40, 3), (red, green, blue), dtype=np.uint8)


def noise(amplitude: int) -> np.ndarray:
    grain = np.random.RandomState(1).randint(-amplitude, amplitude + 1, (120, 160, 1))
    return (128 + np.repeat(grain, 3, axis=2)).astype(np.uint8)


def feeling(valence: float, arousal: float) -> EmotionReading:
    affect = Affect(valence=valence, arousal=arousal)
    return EmotionReading(distribution=moods.emotion_distribution(affect), affect=affect)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_the_corners_of_the_colour_cube_is_as_published(rgb, lab):
    planes = np.array(rgb, dtype=np.float64).reshape(3, 1, 1) / 255
    assert colour.lab(planes).ravel() == pytest.approx(lab, abs=0.02)


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((220, 30, 40), "red"),
        ((240, 140, 20), "orange"),
        ((240, 220, 40), "yellow"),
        ((40, 160, 50), "green"),
        ((20, 170, 170), "teal"),
        ((40, 90, 220), "blue"),
        ((170, 40, 190), "purple"),
    ],
)
def test_hues_have_the_names_that_people_give_them(rgb, name):
    expected = {hue: float(hue == name) for hue in HUES}
    assert measure(flat(*rgb)).colours.hues == pytest.approx(expected)


def test_grey_has_no_colourfulness_and_no_coloured_area():
    colours = measure(flat(128, 128, 128)).colours
    assert colours.colourfulness == pytest.approx(0, abs=1e-9)
    assert colours.share == 0


def test_a_photo_and_its_thumbnail_measure_alike():
    ramp = np.linspace(0, 255, 1024).astype(np.uint8)
    large = np.stack(np.broadcast_arrays(ramp[None], ramp[:768, None], ramp[None, ::-1]), axis=-1)
    one, other = (photo.affect_of(pixels, photo.weights()) for pixels in (large, large[::4, ::4]))
    assert one.distance(other) < 0.05


def test_light_is_found_where_it_is():
    above = np.zeros((40, 60, 3), dtype=np.uint8)
    above[:20] = 255
    assert measure(above).light.above == pytest.approx(100, abs=2)
    assert measure(above[::-1]).light.above == pytest.approx(-100, abs=2)
    assert measure(above.swapaxes(0, 1)).light.left == pytest.approx(100, abs=2)


def test_fine_detail_is_told_from_smoothness():
    smooth = measure(np.repeat(np.arange(160, dtype=np.uint8)[None, :, None], 120, 0).repeat(3, 2))
    busy = measure(noise(60))
    assert smooth.texture.fineness < -2 < busy.texture.fineness
    assert smooth.texture.edge_share < busy.texture.edge_share


@settings(max_examples=30, deadline=None)
@given(photos)
def test_any_pixels_have_a_reading_within_bounds(pixels):
    reading = photo.read(pixels)
    assert -1 <= reading.affect.valence <= 1
    assert -1 <= reading.affect.arousal <= 1
    assert reading.distribution.keys() == set(Emotion)


def test_a_photo_and_its_mirror_image_read_alike():
    scene = noise(90)
    scene[:50, :70] = (240, 180, 60)
    known = photo.weights()
    one, other = (photo.affect_of(pixels, known) for pixels in (scene, scene[:, ::-1]))
    assert one.distance(other) < 0.02


def test_a_grey_photo_reads_the_same_whichever_channel_is_asked():
    scene = noise(60)
    assert photo.read(scene) == photo.read(np.repeat(scene[..., :1], 3, axis=2))


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (3, 2), (2000, 40)])
def test_photos_of_odd_shapes_have_finite_features(shape):
    row = photo.seen(np.full((*shape, 3), 90, np.uint8), photo.weights().dictionaries)
    assert np.isfinite(row).all()


@pytest.mark.parametrize("kind", ["edges", "colours"])
def test_the_numbers_of_a_mirrored_patch_are_those_of_the_patch_at_other_places(kind):
    scene = np.random.RandomState(3).randint(0, 256, (256, 320, 3)).astype(np.uint8)
    order = getattr(patches, f"mirrored_{kind}")()
    one, other = (
        getattr(patches.cut(patches.lab_copy(pixels)), kind).reshape(29, 37, -1)
        for pixels in (scene, np.ascontiguousarray(scene[:, ::-1]))
    )
    assert one[:, ::-1][..., order] == pytest.approx(other, abs=0.02)


def test_an_edge_counts_for_the_direction_in_which_it_grows_lighter():
    rising = np.repeat(np.arange(0, 200, dtype=np.uint8)[None, :, None], 160, 0).repeat(3, 2)
    cut = patches.cut(patches.lab_copy(rising)).edges
    by_direction = cut.mean(axis=0).reshape(16, 8).sum(axis=0)
    assert by_direction.argmax() == 0
    assert by_direction[0] > 2 * by_direction[4]


def test_patterns_count_shares_of_each_scale():
    counted = patterns.patterns(np.random.RandomState(2).rand(90, 120).astype(np.float32) * 100)
    assert counted.shape == (patterns.SIZE,)
    assert (counted**2).sum() == pytest.approx(3 * 4)  # three thirds and the slopes, three scales


def test_weights_are_the_same_after_they_were_named_and_put_together():
    known = photo.weights()
    again = photo.PhotoWeights.of_arrays(known.as_arrays())
    assert photo.read(noise(70), again) == photo.read(noise(70), known)


def test_the_weights_are_small():
    assert photo.WEIGHTS.stat().st_size < 500_000


def test_readings_are_the_same_alone_and_in_a_batch():
    several = [Photo(pixels=pixels) for pixels in (flat(200, 30, 30), noise(40), flat(20, 30, 90))]
    emotion = lite_profile().emotion
    assert emotion.predict(several) == [emotion.predict([photo])[0] for photo in several]


def test_mood_labels_follow_the_affect_and_not_the_pixels():
    photos = [Photo(pixels=noise(10)), Photo(pixels=flat(0, 0, 0))]
    first, second = lite_profile().moods.score(photos, [feeling(0.3, -0.2)] * 2, [(), ()])
    assert first == second
    assert [mood.label for mood in first] == list(
        moods.mood_scores(Affect(valence=0.3, arousal=-0.2))
    )
    assert all(a.score >= b.score for a, b in itertools.pairwise(first))
    assert {mood.similarity for mood in first} == {None}


def test_the_labels_of_one_photo_are_not_those_of_its_neighbour():
    photos = [Photo(pixels=noise(10))] * 3
    wishes = [("sad", "happy"), (), ("calm",)]
    scored = lite_profile().moods.score(photos, [feeling(0.7, 0.2)] * 3, wishes)
    assert [mood.label for mood in scored[0]] == ["happy", "sad"]
    assert len(scored[1]) == len(moods.MOOD_PLACES)
    assert [mood.label for mood in scored[2]] == ["calm"]


def test_a_label_scores_the_same_alone_as_among_all():
    photo, felt = Photo(pixels=noise(10)), feeling(0.1, 0.1)
    alone, among = lite_profile().moods.score([photo] * 2, [felt] * 2, [("tense",), ()])
    assert alone[0] in among


def test_a_label_without_a_place_on_the_plane_is_unknown():
    with pytest.raises(UnknownMood, match="'crunchy'; it knows angry, anxious"):
        lite_profile().moods.score(
            [Photo(pixels=noise(10))], [feeling(0, 0)], [("happy", "crunchy")]
        )


def test_the_profile_says_that_it_knows_its_own_moods_only():
    profile = lite_profile()
    assert (profile.has_fixed_moods, profile.moods.labels) == (True, tuple(moods.MOOD_PLACES))
