"""Rounds: threads that do something again and again."""

import threading

from sightsong.engine.rounds import Rounds
from tests.waiting import wait_until


def test_a_stop_does_not_wait_for_a_long_round():
    begun, let_go, ended = threading.Event(), threading.Event(), threading.Event()

    def takes_long() -> None:
        begun.set()
        let_go.wait(5)
        ended.set()

    rounds = Rounds("erasing", takes_long, every_s=60, patience_s=0.05)
    rounds.start()
    assert begun.wait(10)
    rounds.stop()
    was_waited_for = ended.is_set()
    let_go.set()
    assert not was_waited_for


def test_a_stop_waits_for_a_round_that_is_nearly_done():
    begun, told, ended = threading.Event(), threading.Event(), []

    def nearly_done() -> None:
        begun.set()
        told.wait(10)
        ended.append(True)

    rounds = Rounds("writing", nearly_done, every_s=60, patience_s=30)
    rounds.start()
    assert begun.wait(10)
    threading.Timer(0.05, told.set).start()
    rounds.stop()
    assert ended == [True]


def test_after_a_round_that_fails_comes_the_next():
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise OSError

    rounds = Rounds("failing", fail, every_s=0.01)
    rounds.start()
    wait_until(lambda: len(calls) > 2)
    rounds.stop()
