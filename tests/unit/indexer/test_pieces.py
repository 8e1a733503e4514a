"""What the system says of places, in our words."""

import errno
from collections.abc import Iterator

import pytest

from indexer.pieces import Piece, told
from sightsong.core.errors import StorageFull, UnreadableFile


def breaks_off(number: int) -> Iterator[Piece]:
    """A file, and then an error of the system."""
    yield Piece(name="one.mp3")
    raise OSError(number, "what the system says")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_no_fault_of_the_file_and_is_tried_again(number):
    pieces = told(breaks_off(number))
    assert next(pieces).name == "one.mp3"
    with pytest.raises(StorageFull) as raised:
        next(pieces)
    assert raised.value.retryable


def test_a_place_that_cannot_be_looked_at_is_told_with_the_system_s_reason():
    pieces = told(breaks_off(errno.EIO))
    next(pieces)
    with pytest.raises(UnreadableFile, match="what the system says"):
        next(pieces)
