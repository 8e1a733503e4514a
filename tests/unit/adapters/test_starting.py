"""Processes that cannot start."""

import pytest

from sightsong.adapters import starting
from sightsong.core.errors import ConfigurationError, ModelsMissing, Unavailable


@pytest.mark.parametrize("kind", [ConfigurationError, ModelsMissing])
def test_what_cannot_work_ends_the_process_with_one_line_and_its_own_status(kind, capsys):
    with pytest.raises(SystemExit) as end, starting.refusals():
        raise kind("SIGHTSONG_DEVICE: cuda:0 does not work")
    assert end.value.code == starting.REFUSED
    said = capsys.readouterr()
    assert "cuda:0 does not work" in said.out + said.err


def test_other_errors_are_not_taken_for_that():
    with pytest.raises(Unavailable), starting.refusals():
        raise Unavailable("the database is away")
