"""Children that crash, that obey, that do not; and a supervisor that is killed."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sightsong.local.child import start_log_anew, tail
from sightsong.local.supervisor import Policy, ServiceFailed, Supervisor
from tests.unit.sightsong.standins import (
    CRASHING,
    OBEDIENT,
    POISONED,
    STUBBORN,
    child,
    is_alive,
    pids,
)
from tests.waiting import wait_until

QUICK = Policy(first_backoff_s=0.01, longest_backoff_s=0.04, grace_s=10)


def test_a_child_that_is_killed_is_started_again(tmp_path: Path):
    told: list[str] = []
    with Supervisor([child(tmp_path, OBEDIENT)], policy=QUICK, tell=told.append):
        wait_until(lambda: len(pids(tmp_path)) == 1)
        os.kill(pids(tmp_path)[0], signal.SIGKILL)
        wait_until(lambda: len(pids(tmp_path)) == 2)
        assert is_alive(pids(tmp_path)[1])
    assert told[0] == "the worker was ended by signal 9; starting it again in 0.01 s"


def test_a_child_that_says_that_it_cannot_start_is_not_started_again(tmp_path: Path):
    """However long it took to find out: torch alone takes seconds to import."""
    line = '{"event": "start.refused", "detail": "cuda:0 does not work; set it to cpu"}'
    spec = child(tmp_path, f"import sys; print({line!r}, flush=True); sys.exit(78)")
    told: list[str] = []
    slow_is_started = dataclasses.replace(QUICK, startup_s=0.0)
    with (
        Supervisor([spec], policy=slow_is_started, tell=told.append) as supervisor,
        pytest.raises(ServiceFailed) as failure,
    ):
        supervisor.wait(30)
    assert str(failure.value) == ("the worker cannot start: cuda:0 does not work; set it to cpu")
    assert not any("starting it again" in line for line in told)


def test_stopping_ends_every_child(tmp_path: Path):
    names = ("api", "worker", "indexer")
    specs = [child(tmp_path, OBEDIENT, name=name) for name in names]
    with Supervisor(specs, policy=QUICK, tell=print):
        wait_until(lambda: all(pids(tmp_path, name=name) for name in names))
    assert [is_alive(pid) for name in names for pid in pids(tmp_path, name=name)] == [False] * 3


def test_where_not_all_can_be_begun_none_is_left(tmp_path: Path):
    first = child(tmp_path, OBEDIENT)
    (tmp_path / "file").touch()
    second = dataclasses.replace(first, log=tmp_path / "file" / "a.log")
    supervisor = Supervisor([first, second], policy=QUICK, tell=print)
    with pytest.raises(OSError, match="file"):
        supervisor.__enter__()
    assert not any(thread.name == "tend-worker" for thread in threading.enumerate())
    assert not any(is_alive(pid) for pid in pids(tmp_path))


def test_a_child_that_does_not_obey_is_killed_after_the_grace(tmp_path: Path):
    spec = child(tmp_path, STUBBORN)
    impatient = Policy(grace_s=0.2)
    with Supervisor([spec], policy=impatient, tell=print):
        wait_until(lambda: "deaf" in tail(spec.log))
    assert not is_alive(pids(tmp_path)[0])


def test_kill_ends_children_without_any_grace(tmp_path: Path):
    spec = child(tmp_path, STUBBORN)
    told: list[str] = []
    with Supervisor([spec], policy=QUICK, tell=told.append) as supervisor:
        wait_until(lambda: "deaf" in tail(spec.log))
        supervisor.kill()
        wait_until(lambda: told)
    assert "signal 9" in told[0]


def pauses(told: list[str]) -> list[str]:
    """How long the supervisor waited after each death."""
    return [line.rpartition("in ")[2] for line in told if "starting it again" in line]


def test_a_child_that_is_killed_again_and_again_takes_no_other_down(tmp_path: Path):
    told: list[str] = []
    specs = [child(tmp_path, POISONED), child(tmp_path, OBEDIENT, name="api")]
    with Supervisor(specs, policy=QUICK, tell=told.append) as supervisor:
        wait_until(lambda: len(pids(tmp_path)) == 8)
        supervisor.wait(0)  # raises if it has given up
        assert [is_alive(pid) for pid in pids(tmp_path, name="api")] == [True]
    assert told[0].startswith("the worker was ended by signal 9; starting it again")
    assert pauses(told)[:6] == ["0.01 s", "0.02 s", "0.04 s", "0.04 s", "0.04 s", "0.04 s"]


def test_a_child_that_ran_for_a_moment_is_started_again_however_it_ends(tmp_path: Path):
    told: list[str] = []
    any_run_counts = dataclasses.replace(QUICK, startup_s=0)
    with Supervisor([child(tmp_path, CRASHING)], policy=any_run_counts, tell=told.append) as here:
        wait_until(lambda: len(pids(tmp_path)) == 7)
        here.wait(0)
    assert told[0] == "the worker ended with exit status 3; starting it again in 0.01 s"


def test_a_long_run_forgives_the_deaths_before_it(tmp_path: Path):
    told: list[str] = []
    any_run_is_long = dataclasses.replace(QUICK, forgiving_s=0)
    with Supervisor([child(tmp_path, POISONED)], policy=any_run_is_long, tell=told.append):
        wait_until(lambda: len(pids(tmp_path)) == 4)
    assert set(pauses(told)) == {"0.01 s"}


def test_a_child_that_cannot_get_going_is_given_up_with_the_end_of_its_log(tmp_path: Path):
    told: list[str] = []
    spec = child(tmp_path, CRASHING)
    with (
        pytest.raises(ServiceFailed, match="exit status 3, 5 times") as failed,
        Supervisor([spec], policy=QUICK, tell=told.append) as supervisor,
    ):
        supervisor.wait(30)
    assert "the disk is on fire" in failed.value.detail
    assert pauses(told) == ["0.01 s", "0.02 s", "0.04 s", "0.04 s"]
    assert len(pids(tmp_path)) == 5


def test_a_child_that_cannot_be_started_is_a_failure_at_once(tmp_path: Path):
    absent = dataclasses.replace(child(tmp_path, OBEDIENT), command=("/no/such/python",))
    with (
        pytest.raises(ServiceFailed, match="cannot start the worker: No such file"),
        Supervisor([absent], policy=QUICK, tell=print) as supervisor,
    ):
        supervisor.wait(30)


def test_a_supervisor_that_is_killed_leaves_no_child_behind(tmp_path: Path):
    code = f"""
from pathlib import Path
from sightsong.local.supervisor import Policy, Supervisor
from tests.unit.sightsong.standins import OBEDIENT, child

specs = [child(Path({str(tmp_path)!r}), OBEDIENT, name=n) for n in ("worker", "indexer")]
with Supervisor(specs, policy=Policy(), tell=print) as supervisor:
    supervisor.wait()
"""
    with subprocess.Popen([sys.executable, "-c", code]) as supervisor:
        try:
            wait_until(lambda: all(pids(tmp_path, name=n) for n in ("worker", "indexer")))
            children = [*pids(tmp_path), *pids(tmp_path, name="indexer")]
            assert all(is_alive(pid) for pid in children)
        finally:
            supervisor.kill()
    wait_until(lambda: not any(is_alive(pid) for pid in children))


def test_each_run_starts_its_log_anew_and_keeps_the_one_before(tmp_path: Path):
    log = tmp_path / "logs" / "api.log"
    start_log_anew(log)
    log.write_text("first run")
    start_log_anew(log)
    assert (log.exists(), log.with_name("api.log.1").read_text()) == (False, "first run")


def test_the_end_of_a_log_is_its_last_lines(tmp_path: Path):
    log = tmp_path / "api.log"
    log.write_text("".join(f"line {number}\n" for number in range(5000)))
    assert tail(log, lines=2) == "line 4998\nline 4999"
    assert tail(tmp_path / "missing.log") == ""
