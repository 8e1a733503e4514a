"""Lite photo affect is learned from rated photos, and proven on themes that it did not see."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("sklearn", reason="the extra `train` is not installed")

from training.errors import DataRefused, RunRefused
from training.lite.photos import choosing, dictionaries, looking, making, proving, regression
from training.lite.photos.themes import joined
from training.samples import Samples
from workers.models.lite import photo
from workers.models.lite.photo import PhotoWeights

THEMES = ("lake", "dog", "fence", "cake", "road", "moon")
A_THEME = 4


def picture(valence: float, arousal: float, seed: int) -> np.ndarray:
    """Make a photo that is bright where it pleases, and busy where it stirs."""
    rng = np.random.default_rng(seed)
    grain = rng.normal(0, 8 + 40 * (arousal + 1), (64, 80, 1))
    colour = np.array([110 + 90 * valence, 120 + 80 * valence, 140 - 60 * valence])
    return np.clip(colour + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def rated() -> Samples:
    count = len(THEMES) * A_THEME
    affect = np.random.default_rng(5).uniform(-1, 1, (count, 2)).astype(np.float32)
    return Samples(
        name="made",
        pictures=[picture(*row, seed) for seed, row in enumerate(affect)],
        names=tuple(f"{at}.png" for at in range(count)),
        affect=affect,
        groups=tuple(THEMES[at // A_THEME] for at in range(count)),
    )


@pytest.fixture(scope="module")
def seen(rated):
    return looking.look(rated)


def test_photos_of_themes_that_were_left_out_are_read_as_people_rated_them(rated, seen):
    wanted = rated.affect.astype(np.float64)
    said = []
    read = proving.unseen(seen, wanted, rated.groups, seed=0, say=said.append)
    found = proving.figures([read], wanted, rated.groups)
    assert found["valence"]["pearson"][0] > 0.8
    assert found["arousal"]["pearson"][0] > 0.8
    assert len(said) == proving.FOLDS


def test_weights_read_a_photo_as_the_fit_does(rated, seen):
    wanted = rated.affect.astype(np.float64)
    made, chosen = making.fitted(seen, wanted, rated.groups, reads=[wanted])
    photos = seen.by(made.dictionaries)
    scaled = regression.scale_of(photos.rows).of(photos.rows)
    by_fit = scaled @ made.weights.astype(np.float64) + made.constant
    by_product = photo.affect_of(rated.pictures[0], made)
    assert (by_product.valence, by_product.arousal) == pytest.approx(
        np.clip(by_fit[0], -1, 1), abs=1e-3
    )
    assert set(chosen) == {"valence", "arousal"}


def test_readings_are_stretched_half_the_way_to_the_spread_of_ratings(rated, seen):
    wanted = rated.affect.astype(np.float64)
    near = [wanted.mean(axis=0) + (wanted - wanted.mean(axis=0)) / 4]
    plain, _ = making.fitted(seen, wanted, rated.groups, reads=[wanted])
    stretched, _ = making.fitted(seen, wanted, rated.groups, reads=near)
    assert stretched.weights == pytest.approx(plain.weights * 2, abs=1e-6)
    assert plain.error == pytest.approx(0, abs=1e-6)
    assert stretched.error == pytest.approx(wanted.std(axis=0) / 2, rel=1e-3)


def test_dictionaries_are_the_same_whenever_they_are_learned(seen):
    every = np.arange(len(seen.cut))
    one, other = (dictionaries.learn(*seen.some(every)) for _ in range(2))
    assert (one.edges.means == other.edges.means).all()
    assert (one.colours.projection == other.colours.projection).all()


def test_a_file_of_weights_is_made_from_a_folder_of_rated_photos(tmp_path, rated):
    folder = tmp_path / "photos" / "oasis"
    folder.mkdir(parents=True)
    lines = ["file,theme,valence_mean,arousal_mean"]
    for at, name in enumerate(rated.names):
        Image.fromarray(rated.pictures[at]).save(folder / name)
        valence, arousal = rated.affect[at] * 3 + 4
        lines.append(f"{name},{rated.groups[at]} {at},{valence:.3f},{arousal:.3f}")
    (folder / "oasis.csv").write_text("\n".join(lines), "utf-8")
    found = making.make(tmp_path, tmp_path / "out", say=lambda _: None, rounds=1)
    with np.load(tmp_path / "out" / "photo.npz", allow_pickle=False) as kept:
        known = PhotoWeights.of_arrays(kept)
    assert found["photos"] == len(rated)
    assert photo.read(rated.pictures[0], known).affect.valence == pytest.approx(
        float(rated.affect[0, 0]), abs=0.5
    )


def test_a_folder_without_ratings_is_refused(tmp_path):
    with pytest.raises(DataRefused, match=r"oasis\.csv"):
        making.make(tmp_path, tmp_path, say=lambda _: None)


def test_weights_that_cannot_be_written_are_refused(tmp_path, rated, seen):
    blocked = tmp_path / "file"
    blocked.write_text("")
    wanted = rated.affect.astype(np.float64)
    made, _ = making.fitted(seen, wanted, rated.groups, reads=[wanted])
    with pytest.raises(RunRefused, match="cannot be written"):
        making.write(blocked / "photo.npz", made)


def test_no_group_is_on_both_sides_of_a_fold_and_every_photo_is_asked_once():
    groups = [f"g{at % 7}" for at in range(40)]
    asked_all = []
    for fitted, asked in regression.folds(groups, count=5, seed=3):
        assert not {groups[at] for at in fitted} & {groups[at] for at in asked}
        asked_all += asked.tolist()
    assert sorted(asked_all) == list(range(40))


def test_ridge_gives_the_weights_that_were_used_when_it_is_weak():
    rng = np.random.default_rng(1)
    rows, weights = rng.normal(size=(60, 3)), np.array([1.0, -2.0, 0.5])
    rows -= rows.mean(axis=0)
    found, constant = regression.fit(rows, rows @ weights + 4, ridge=1e-9)
    assert found == pytest.approx(weights, abs=1e-6)
    assert constant == pytest.approx(4)


def test_a_block_has_the_same_say_whatever_its_size():
    rows = np.random.default_rng(2).normal(size=(50, 110))
    products = [
        np.trace(part @ part.T)
        for part in (
            regression.weighed(rows, [slice(0, 10)]),
            regression.weighed(rows, [slice(10, 110)]),
        )
    ]
    assert products[0] == pytest.approx(products[1], rel=0.2)


def test_the_choice_for_a_scale_is_one_of_its_blocks(rated, seen):
    photos = seen.by(dictionaries.learn(*seen.some(np.arange(len(seen.cut)))))
    choice = choosing.choose(photos, rated.affect[:, 0].astype(np.float64), rated.groups, seed=0)
    assert choice.correlation > 0.8
    assert choice.ridge > 0


def test_themes_that_show_the_same_are_one():
    assert joined(["prison", "jail", "lake"]) == ("jail", "jail", "lake")


def test_the_wanted_folder_is_found_in_the_data_folder(tmp_path):
    inside = tmp_path / "photos" / "oasis"
    inside.mkdir(parents=True)
    (inside / "oasis.csv").write_text("file\n")
    assert making.folder_of(tmp_path) == inside
    assert making.folder_of(Path(inside)) == inside
