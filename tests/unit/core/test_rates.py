"""How much gets done in a second."""

from sightsong.core.rates import LATELY_S, end_in_s, heard_rate, pace


def test_what_runs_side_by_side_takes_its_time_once():
    assert heard_rate([(0, 10, 50.0), (5, 10, 50.0), (2, 4, 20.0)]) == 12.0


def test_pauses_do_not_count():
    assert heard_rate([(0, 1, 30.0), (100, 101, 30.0), (500, 501, 30.0)]) == 30.0


def test_two_pieces_say_nothing_yet():
    assert heard_rate([(0, 1, 30.0), (1, 2, 30.0)]) is None


def test_pieces_that_took_no_time_have_no_rate():
    assert heard_rate([(1, 1, 30.0)] * 3) is None


STEADY = [(100.0, 102.0), (102.0, 104.0), (104.0, 106.0), (106.0, 108.0)]  # one each two seconds


def test_a_job_ends_after_those_before_it():
    assert end_in_s(STEADY, ahead=3, available_at=108.0, now=108.0) == 8.0


def test_a_queue_that_was_idle_before_is_no_slower_for_it():
    later = 108.0 + 50.0
    assert end_in_s(STEADY, ahead=0, available_at=later, now=later) == 2.0


def test_a_queue_that_stands_still_while_a_job_waits_gets_slower():
    assert end_in_s(STEADY, ahead=0, available_at=100.0, now=116.0) == 4.0


def test_jobs_that_ran_side_by_side_end_the_sooner():
    together = [(100.0, 104.0)] * 8
    assert end_in_s(together, ahead=7, available_at=104.0, now=104.0) == 4.0


def test_only_the_last_part_of_a_long_job_counts():
    long = [(0.0, 1000.0)] * 3
    assert end_in_s(long, ahead=2, available_at=1000.0, now=1000.0) == LATELY_S


def test_a_job_that_may_not_begin_yet_ends_after_its_pause():
    assert end_in_s(STEADY, ahead=1, available_at=138.0, now=108.0) == 32.0


def test_two_jobs_say_nothing_of_the_next():
    assert end_in_s(STEADY[:2], ahead=0, available_at=104.0, now=105.0) is None


def test_jobs_that_took_no_time_say_nothing_of_the_next():
    assert end_in_s([(1.0, 1.0)] * 3, ahead=0, available_at=1.0, now=1.0) is None


def test_a_queue_moves_as_fast_as_its_jobs_end():
    assert pace(STEADY, now=108.0) == 0.5


def test_a_queue_whose_workers_stand_still_moves_slower_and_slower():
    assert pace(STEADY, now=116.0) == 0.25


def test_two_jobs_tell_nothing_of_a_queue():
    assert pace(STEADY[:2], now=104.0) is None
