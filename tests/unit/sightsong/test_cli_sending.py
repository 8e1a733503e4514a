"""Which files are sent, and in which loads."""

from pathlib import Path

import pytest

from sightsong.cli import sending


@pytest.fixture
def music(tmp_path: Path) -> Path:
    for name in ("a.mp3", "b.mp3", "c.mp3"):
        (tmp_path / name).write_bytes(b"x" * 10)
    return tmp_path


def names(sources: list[Path], **limits: int) -> list[list[str]]:
    return [list(load) for load in sending.loads(sources, **limits)]


def test_a_load_holds_no_more_files_than_are_taken(music: Path):
    assert names([music], most_files=2) == [["a.mp3", "b.mp3"], ["c.mp3"]]


def test_a_load_holds_no_more_bytes_than_are_taken(music: Path):
    assert names([music], most_bytes=25) == [["a.mp3", "b.mp3"], ["c.mp3"]]


def test_a_file_that_is_too_large_for_a_load_goes_alone(music: Path):
    assert names([music], most_bytes=5) == [["a.mp3"], ["b.mp3"], ["c.mp3"]]


def test_files_of_one_name_are_both_sent(music: Path, tmp_path: Path):
    other = tmp_path / "deep" / "a.mp3"
    other.parent.mkdir()
    other.write_bytes(b"other")
    [load] = sending.loads([music / "a.mp3", other])
    assert list(load.values()) == [music / "a.mp3", other]


def test_a_link_is_not_followed(music: Path):
    (music / "link.mp3").symlink_to(music / "a.mp3")
    assert names([music]) == [["a.mp3", "b.mp3", "c.mp3"]]
