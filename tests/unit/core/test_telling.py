"""Names of users, and times as they are told."""

import pytest

from sightsong.core.tenancy import is_user_name
from sightsong.core.times import rfc_3339


@pytest.mark.parametrize("name", ["a", "alice", "alice smith", "~!", "x" * 64])
def test_what_can_be_a_user(name):
    assert is_user_name(name)


@pytest.mark.parametrize("name", ["", " ", " a", "a ", "x" * 65, "zo\u00eb", "a\tb", "a\n", "\x7f"])
def test_what_can_be_no_user(name):
    assert not is_user_name(name)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "1970-01-01T00:00:00.000Z"), (1_795_000_000.1239, "2026-11-18T11:06:40.123Z")],
)
def test_a_time_is_told_in_utc_to_the_millisecond(seconds, told):
    assert rfc_3339(seconds) == told
