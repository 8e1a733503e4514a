"""Which files are archives by their names."""

import pytest

from sightsong.adapters import archives


@pytest.mark.parametrize("name", ["a.zip", "A.TAR", "x/a.tar.gz", "a.tgz", "a.tar.bz2", "a.txz"])
def test_an_archive_is_known_by_its_name(name):
    assert archives.is_archive(name)


@pytest.mark.parametrize("name", ["a.mp3", "zip", "a.zip.mp3", "a.gz"])
def test_other_names_are_no_archives(name):
    assert not archives.is_archive(name)
