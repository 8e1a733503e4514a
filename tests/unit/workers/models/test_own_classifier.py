"""A classifier of the user's own that is kept as ONNX reads photos as its numbers say."""

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from sightsong.adapters import settings
from sightsong.adapters.weights import own_classifier
from sightsong.core.affect import Emotion
from sightsong.core.errors import ConfigurationError, TaskFailed
from sightsong.core.models import Filter, Fit, Photo, View
from sightsong.core.moods import emotion_distribution
from tests.unit.workers.models import own_folders
from tests.unit.workers.models.own_folders import BARE, SIX, network, weights_of, write
from workers import app
from workers.models.own.onnx_emotion import OnnxEmotion

COLOURS = [(255, 0, 0), (10, 200, 30), (0, 0, 0), (90, 90, 255), (255, 255, 255)]


def photo(colour, size=(40, 30)) -> Photo:
    return Photo(pixels=np.full((*size, 3), colour, dtype=np.uint8))


def photos() -> list[Photo]:
    return [photo(colour, (20 + 9 * at, 31)) for at, colour in enumerate(COLOURS)]


def opened(folder: Path) -> OnnxEmotion:
    found = own_classifier(folder, has_torch=False)
    assert found is not None
    return OnnxEmotion(found, device="auto", threads=1)


def shares_of(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits.astype(np.float64))
    return weights / weights.sum(axis=-1, keepdims=True)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "own"


@pytest.mark.parametrize("batch", ["n", 1, 3, 64], ids=lambda size: f"batch {size}")
def test_each_photo_has_the_shares_of_its_own_numbers(folder, batch):
    weights = weights_of(6)
    model = opened(write(folder, network(weights, batch=batch)))

    expected = shares_of(np.array(COLOURS) / 255 @ weights.T)
    read = model.predict(photos())
    found = [[one.distribution[emotion] for emotion in SIX] for one in read]
    assert np.allclose(found, expected, atol=1e-6)
    assert model.predict([]) == []


def test_more_photos_than_one_pass_takes_are_all_read(folder):
    model = opened(write(folder, network(weights_of(6))))
    many = [photo(COLOURS[at % len(COLOURS)]) for at in range(37)]
    alone = [one for each in many for one in model.predict([each])]
    assert [one.dominant for one in model.predict(many)] == [one.dominant for one in alone]


def test_labels_may_come_in_any_order(folder):
    weights = weights_of(6)
    order = ("surprise", "Sadness", "joy", "fear", "disgust", "anger")
    [read] = opened(write(folder, network(weights), labels=order)).predict([photo((200, 30, 90))])
    shares = shares_of(np.array([200, 30, 90]) / 255 @ weights.T)
    assert tuple(read.distribution) == SIX
    assert read.distribution[Emotion.SADNESS] == pytest.approx(shares[1], abs=1e-6)


def test_what_is_neutral_is_split_among_the_six_and_lies_where_a_calm_face_does(folder):
    weights = np.zeros((7, 3), np.float32)
    weights[:, 0] = [0, 0, 0, 3, 0, 0, 9]  # red: joy, and neutral above all
    model = opened(write(folder, network(weights), labels=(*SIX, "neutral")))

    [read] = model.predict([photo((255, 0, 0))])
    shares = shares_of(weights[:, 0])
    assert sum(read.distribution.values()) == pytest.approx(1)
    assert read.dominant is Emotion.JOY
    assert read.distribution[Emotion.FEAR] == pytest.approx(shares[2] + shares[6] / 6)
    assert read.affect.valence == pytest.approx(0, abs=0.02)
    assert read.affect.arousal == pytest.approx(-0.2, abs=0.02)


def test_valence_and_arousal_are_taken_from_a_network_that_gives_them(folder):
    weights = np.zeros((8, 3), np.float32)
    weights[6:, 0] = [0.5, -2.0]
    model = opened(write(folder, network(weights), has_affect=True))
    [read] = model.predict([photo((255, 0, 0))])
    assert read.affect.valence == pytest.approx(np.tanh(0.5), abs=1e-6)
    assert read.affect.arousal == pytest.approx(np.tanh(-2.0), abs=1e-6)
    assert read.distribution[Emotion.JOY] == pytest.approx(1 / 6)


def test_a_network_of_valence_and_arousal_alone_has_emotions_by_their_nearness(folder):
    weights = np.array([[0.9, 0, 0], [0.2, 0, 0]], np.float32)  # red is pleasant
    model = opened(write(folder, network(weights), labels=(), has_affect=True))
    [read] = model.predict([photo((255, 0, 0))])
    assert read.affect.valence == pytest.approx(np.tanh(0.9), abs=1e-6)
    assert read.distribution == emotion_distribution(read.affect)
    assert read.dominant is Emotion.JOY


def test_a_network_for_grey_pictures_is_given_luma(folder):
    weights = weights_of(6)
    model = opened(write(folder, network(weights), prepared=BARE | {"do_grayscale": True}))
    luma = round(0.299 * 90 + 0.587 * 10 + 0.114 * 250)
    colour, grey = model.predict([photo((90, 10, 250)), photo((luma,) * 3)])
    assert colour == grey


def test_pixels_are_centred_and_scaled_as_the_folder_says(folder):
    weights = weights_of(6)
    prepared = BARE | {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.5]}
    [read] = opened(write(folder, network(weights), prepared=prepared)).predict(
        [photo((51, 102, 255))]
    )
    scaled = (np.array([0.2, 0.4, 1.0]) - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.5]
    expected = shares_of(scaled @ weights.T)
    assert [read.distribution[one] for one in SIX] == pytest.approx(list(expected), abs=1e-5)


def test_the_lite_profile_reads_with_it_asks_for_its_view_and_says_so(folder, tmp_path):
    write(folder, network(weights_of(6)), kind="vgg16")
    profile = app.load_profile(
        settings.load(data_dir=tmp_path, emotion_checkpoint=folder, device="cpu", model_threads=1)
    )
    card = profile.emotion.card
    side = own_folders.SIDE_PX
    assert profile.views == (View(side_px=side, fit=Fit.SQUASH, filter=Filter.BILINEAR),)
    assert (card.id, card.task, len(card.revision)) == ("local/own", "emotion", 12)
    assert "vgg16" in card.source
    assert "onnxruntime on cpu" in card.source
    assert profile.device == "cpu"
    assert profile.cards[0] is card


def test_the_lite_profile_without_one_asks_for_no_views(tmp_path):
    profile = app.load_profile(settings.load(data_dir=tmp_path))
    assert (profile.views, profile.shares_cores) == ((), False)


def test_the_card_tells_one_state_of_the_folder_from_another(folder):
    revisions = {
        opened(write(folder, network(weights_of(6, seed)), prepared=prepared)).card.revision
        for seed in (1, 2)
        for prepared in (BARE, BARE | {"image_mean": [0.5, 0.5, 0.5]})
    }
    assert len(revisions) == 4


def test_a_gpu_that_is_named_and_not_there_is_refused(folder):
    found = own_classifier(write(folder, network(weights_of(6))), has_torch=False)
    with pytest.raises(ConfigurationError, match="onnxruntime cannot use cuda:7 here"):
        OnnxEmotion(found, device="cuda:7", threads=1)


def test_a_photo_of_which_no_number_comes_fails_and_the_others_do_not(folder):
    log = helper.make_node("Log", ["linear"], ["logits"])  # of 0, where the photo is black
    model = opened(write(folder, network(np.abs(weights_of(6)), after=[log])))
    assert len(model.predict([photo((200, 100, 50))])) == 1
    with pytest.raises(TaskFailed, match="NaN or infinite"):
        model.predict([photo((0, 0, 0))])
