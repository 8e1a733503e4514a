"""Room for what was decoded."""

import threading

from tests.waiting import wait_until
from workers.media.holding import Holding


class Receiver:
    """Something that is held for a while."""


def waiting(holding: Holding) -> threading.Thread:
    thread = threading.Thread(target=holding.wait, daemon=True)
    thread.start()
    return thread


def test_there_is_room_until_the_most_is_held():
    holding = Holding(most_bytes=100)
    receivers = [Receiver(), Receiver()]
    holding.note(receivers[0], 99)
    holding.wait()
    holding.note(receivers[1], 1)
    assert waiting(holding).is_alive()


def test_what_is_let_go_makes_room():
    holding = Holding(most_bytes=100)
    receivers = [Receiver()]
    holding.note(receivers[0], 1000)
    waiter = waiting(holding)
    receivers.clear()
    wait_until(lambda: not waiter.is_alive())


def test_at_the_end_nobody_waits():
    holding = Holding(most_bytes=1)
    receiver = Receiver()
    holding.note(receiver, 10)
    waiter = waiting(holding)
    holding.close()
    wait_until(lambda: not waiter.is_alive())
