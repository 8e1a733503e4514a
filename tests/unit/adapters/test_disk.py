"""Digests of files."""

from sightsong.adapters import disk


def test_the_digest_is_that_of_the_bytes(tmp_path):
    (tmp_path / "one.wav").write_bytes(b"x")
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert disk.sha256_of(tmp_path / "one.wav") == digest
