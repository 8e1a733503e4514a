"""Signals that ask a process to end, and one that Python would lose."""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from sightsong.local.interrupts import Interrupted, interruptible
from sightsong.local.supervisor import Policy, Supervisor
from tests.unit.sightsong.standins import OBEDIENT, child


def nothing_more() -> None:
    """No second signal is sent here."""


def swallow_a_signal() -> None:
    """As Python does where it comes while an object is being thrown away."""
    with contextlib.suppress(Interrupted):
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_ends_the_block_where_it_is():
    with pytest.raises(Interrupted) as asked, interruptible(nothing_more):
        os.kill(os.getpid(), signal.SIGTERM)
    assert asked.value.exit_status == 143


def test_a_signal_that_was_lost_ends_a_wait_for_the_service(tmp_path: Path):
    with interruptible(nothing_more) as wish:
        swallow_a_signal()
        children = [child(tmp_path, OBEDIENT)]
        supervisor = Supervisor(children, policy=Policy(grace_s=10), tell=print, check=wish.check)
        with supervisor, pytest.raises(Interrupted):
            supervisor.wait(60)


def test_nobody_is_interrupted_who_was_not_asked():
    with interruptible(nothing_more) as wish:
        wish.check()
    assert wish.signum is None


def test_a_second_signal_does_what_it_is_for():
    seconds: list[int] = []
    with interruptible(lambda: seconds.append(1)):
        swallow_a_signal()
        os.kill(os.getpid(), signal.SIGINT)
    assert seconds == [1]
