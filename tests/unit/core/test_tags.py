"""Whose words count where several speak of one track."""

import pytest

from sightsong.core.tracks import Tags

TOLD = Tags(title="Song", library="Vinyl")


def test_words_that_weigh_more_leave_the_others_where_they_say_nothing():
    own = Tags(title="Own", artist="Ann", explicit=True)
    assert Tags(title="Told").over(own) == Tags(title="Told", artist="Ann", explicit=True)


def test_that_words_are_clean_is_said_and_not_nothing():
    assert Tags(explicit=False).over(Tags(explicit=True)).explicit is False


@pytest.mark.parametrize(
    ("now", "after"),
    [
        (Tags(), TOLD),
        (Tags(library="Radio"), Tags(title="Song", library="Radio")),
        (Tags(genre="Jazz"), Tags(genre="Jazz", library="Vinyl")),
        (Tags(genre="Jazz", library="Radio"), Tags(genre="Jazz", library="Radio")),
        (Tags(explicit=False), Tags(explicit=False, library="Vinyl")),
    ],
)
def test_a_library_stays_until_another_is_named_and_takes_no_words_away(now: Tags, after: Tags):
    assert now.instead_of(TOLD) == after
