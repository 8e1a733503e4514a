from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.data import oasis
from training.errors import DataRefused

OURS = "file,theme,category,valence_mean,valence_sd,arousal_mean,arousal_sd,n,n_arousal,source"
PUBLISHED = (
    ",Theme,Category,Source,Valence_mean,Valence_SD,Valence_N,Arousal_mean,Arousal_SD,Arousal_N"
)


def photo(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (8, 6), (10, 200, 30)).save(path)


def ours(folder: Path, *lines: str) -> Path:
    (folder / "oasis.csv").write_text("\n".join([OURS, *lines]), encoding="utf-8")
    for name in ("a.jpg", "b.jpg"):
        photo(folder / name)
    return folder


def test_ratings_come_to_minus_one_to_one(tmp_path):
    read = oasis.read(ours(tmp_path, "a.jpg,Lake 1,Scenery,1,0,7,0,101,99,P"))
    assert read.affect.tolist() == [[-1, 1]]
    assert read.raters.tolist() == [101]


def test_photos_of_one_theme_are_one_group(tmp_path):
    lines = ["a.jpg,Lake 4,S,4,0,4,0,9,9,P", "b.jpg,Lake 12 ,S,4,0,4,0,9,9,P"]
    assert oasis.read(ours(tmp_path, *lines)).groups == ("lake", "lake")


def test_the_published_table_names_photos_by_their_theme(tmp_path):
    # With the line ends of its time, too.
    line = "I1,Acorns 1 ,Object,Pixabay,4.6,0.9,102,2.3,1.6,101"
    (tmp_path / "OASIS.csv").write_bytes(f"{PUBLISHED}\r{line}\r".encode())
    photo(tmp_path / "images" / "Acorns 1.jpg")
    read = oasis.read(tmp_path)
    assert read.names == ("images/Acorns 1.jpg",)
    assert read.affect == pytest.approx(np.array([[0.2, -17 / 30]]))
    assert read.pictures[0].shape == (6, 8, 3)


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    lines = [
        "a.jpg,Lake 1,S,7.5,0,4,0,9,9,P",
        "c.jpg,Lake 2,S,4,0,4,0,9,9,P",
        "b.jpg,Lake 3,S,4,0,,0,9,9,P",
        "b.jpg,Lake 3,S,4,0,4,0,9,9,P",
        "b.jpg,Lake 3,S,4,0,4,0,9,9,P",
    ]
    with pytest.raises(DataRefused) as told:
        oasis.read(ours(tmp_path, *lines))
    message = str(told.value)
    assert "4 problems" in message
    assert "line 2: valence_mean is '7.5', not a number from 1 to 7" in message
    assert "line 3: c.jpg is not there" in message
    assert "line 4: arousal_mean is ''" in message
    assert "line 6: b.jpg was on line 5 already" in message


def test_another_table_is_told_by_its_columns(tmp_path):
    (tmp_path / "oasis.csv").write_text("file,mood\n", encoding="utf-8")
    with pytest.raises(DataRefused, match="no column theme, valence_mean, arousal_mean; it has"):
        oasis.read(tmp_path)


def test_an_empty_table_says_so(tmp_path):
    (tmp_path / "oasis.csv").touch()
    with pytest.raises(DataRefused, match="is empty"):
        oasis.read(tmp_path)
