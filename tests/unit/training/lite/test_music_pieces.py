"""The table of rated pieces: what is read of it, and what is refused with a word."""

from pathlib import Path

import pytest

from training.errors import DataRefused
from training.lite.music import pieces

HEAD = "file,series,game,valence_mean,arousal_mean,mapping"


def table(folder: Path, *rows: str, head: str = HEAD, files: bool = True) -> Path:
    (folder / "vgmidi.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8")
    if files:
        for row in rows:
            (folder / row.split(",")[0]).write_bytes(b"MThd")
    return folder


def test_pieces_come_with_their_series_and_ratings(tmp_path):
    rows = ("a.mid,Mana,Secret,0.5,-0.25,listed", "b.mid,Other,Tetris,-0.5,1,listed")
    found = pieces.read(table(tmp_path, *rows))
    assert found.midi == (tmp_path / "a.mid", tmp_path / "b.mid")
    assert found.series == ("Mana", "Tetris"), "single games are no series"
    assert found.ratings.tolist() == [[0.5, -0.25], [-0.5, 1.0]]
    assert len(found) == 2


def test_the_folder_may_be_the_one_that_the_folder_of_the_pieces_lies_in(tmp_path):
    inside = tmp_path / "music_affect"
    inside.mkdir()
    table(inside, "a.mid,Mana,Secret,0.5,-0.25,listed")
    assert pieces.read(tmp_path).midi == pieces.read(inside).midi == (inside / "a.mid",)


def test_pieces_whose_file_was_guessed_are_left_out(tmp_path):
    rows = ("a.mid,M,S,0.5,0,listed", "b.mid,M,S,0,0,inferred_by_bar_count")
    assert pieces.read(table(tmp_path, *rows)).midi == (tmp_path / "a.mid",)


def test_a_folder_without_the_table_is_refused_with_what_is_wanted(tmp_path):
    with pytest.raises(DataRefused, match=r"There is no vgmidi\.csv in .* wants the rated pieces"):
        pieces.read(tmp_path)


def test_a_table_without_a_column_is_refused_by_its_name(tmp_path):
    with pytest.raises(DataRefused, match="has no column series"):
        pieces.read(table(tmp_path, head=HEAD.replace("series", "serie")))


def test_a_table_without_a_sure_row_is_refused(tmp_path):
    with pytest.raises(DataRefused, match="has no row whose mapping is `listed`"):
        pieces.read(table(tmp_path, "a.mid,M,S,0.5,0,guessed"))


@pytest.mark.parametrize("said", ["", "x", "1.2", "nan"])
def test_what_is_no_rating_is_named(tmp_path, said):
    with pytest.raises(DataRefused, match=r"1 rows .*\n  a\.mid: arousal_mean is"):
        pieces.read(table(tmp_path, f"a.mid,M,S,0.5,{said},listed"))


def test_a_row_that_is_cut_off_is_named(tmp_path):
    with pytest.raises(DataRefused, match="has no row whose mapping"):
        pieces.read(table(tmp_path, "a.mid,M,S"))


def test_files_that_are_not_there_are_counted_and_the_first_named(tmp_path):
    rows = [f"{n}.mid,M,S,0,0,listed" for n in range(30)]
    with pytest.raises(DataRefused) as told:
        pieces.read(table(tmp_path, *rows, files=False))
    lines = str(told.value).splitlines()
    assert "30 rows" in lines[0]
    assert lines[1:] == [f"  {n}.mid: there is no such file" for n in range(20)]
