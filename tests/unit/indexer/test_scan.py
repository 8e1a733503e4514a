"""Which files a scan finds."""

from pathlib import Path

from indexer import scan, tags


def lay(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def found(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in scan.audio_files(root)]


def test_audio_is_found_in_all_folders_whatever_the_case_of_its_ending(tmp_path):
    lay(tmp_path, "b.MP3", "a/one.flac", "a/deep/er/two.Ogg", "notes.txt", "cover.jpg")
    assert found(tmp_path) == ["b.MP3", "a/one.flac", "a/deep/er/two.Ogg"]


def test_hidden_files_and_folders_are_left_out(tmp_path):
    lay(tmp_path, ".hidden.mp3", ".trash/x.mp3", "._resource.mp3", "seen.mp3")
    assert found(tmp_path) == ["seen.mp3"]


def test_links_do_not_lead_out_of_the_folder(tmp_path):
    lay(tmp_path, "outside/secret.mp3", "inside/own.mp3")
    inside = tmp_path / "inside"
    (inside / "link.mp3").symlink_to(tmp_path / "outside" / "secret.mp3")
    (inside / "folder").symlink_to(tmp_path / "outside")
    (inside / "loop").symlink_to(inside)
    assert found(inside) == ["own.mp3"]


def test_a_file_without_readable_tags_has_none(tmp_path):
    lay(tmp_path, "noise.mp3")
    assert tags.read(tmp_path / "noise.mp3") == tags.Tags()
    assert tags.read(tmp_path / "gone.mp3") == tags.Tags()


def test_a_folder_that_cannot_be_listed_is_told_of_and_hides_no_other(tmp_path):
    lay(tmp_path, "open/a.mp3", "gone/b.mp3")
    told: list[str] = []
    files = scan.audio_files(tmp_path, on_unreadable=lambda path, _: told.append(path.name))
    found_first = next(files)  # the walk has listed the top; now a folder below it goes away
    (tmp_path / "open" / "a.mp3").unlink()
    (tmp_path / "open").rmdir()
    assert found_first.name == "b.mp3"
    assert list(files) == []
    assert told == ["open"]


def test_other_files_are_told_of(tmp_path):
    lay(tmp_path, "a.mp3", "cover.jpg", ".hidden.jpg", "notes.txt")
    ignored: list[str] = []
    list(scan.audio_files(tmp_path, on_ignored=lambda path: ignored.append(path.name)))
    assert ignored == ["cover.jpg", "notes.txt"]
