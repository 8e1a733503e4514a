"""How much gets done in a second."""

from sightsong.core.rates import heard_rate


def test_what_runs_side_by_side_takes_its_time_once():
    assert heard_rate([(0, 10, 50.0), (5, 10, 50.0), (2, 4, 20.0)]) == 12.0


def test_pauses_do_not_count():
    assert heard_rate([(0, 1, 30.0), (100, 101, 30.0), (500, 501, 30.0)]) == 30.0


def test_two_pieces_say_nothing_yet():
    assert heard_rate([(0, 1, 30.0), (1, 2, 30.0)]) is None


def test_pieces_that_took_no_time_have_no_rate():
    assert heard_rate([(1, 1, 30.0)] * 3) is None
