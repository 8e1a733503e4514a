"""The thread of the models."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.waiting import wait_until
from workers.thread import ModelThread


def test_all_calls_run_in_the_same_thread_whoever_asks():
    thread = ModelThread()
    with ThreadPoolExecutor(max_workers=4) as askers:
        seen = set(askers.map(lambda _: thread.call(threading.get_ident), range(20)))
    assert len(seen) == 1
    assert threading.get_ident() not in seen


def test_a_call_returns_what_the_work_returns():
    assert ModelThread().call(divmod, 17, 5) == (3, 2)


def test_an_error_reaches_the_asker_and_the_thread_goes_on():
    thread = ModelThread()
    with pytest.raises(ZeroDivisionError):
        thread.call(divmod, 1, 0)
    assert thread.call(divmod, 4, 2) == (2, 0)


def test_a_call_that_never_ends_keeps_no_process_alive():
    """Daemon threads end with the process; this one would hold up the exit of the tests if not."""
    stuck = threading.Event()
    thread = ModelThread()
    threading.Thread(target=thread.call, args=(stuck.wait,), daemon=True).start()
    [models] = [one for one in threading.enumerate() if one.name == "models"][-1:]
    assert models.daemon
    stuck.set()


def test_the_thread_is_busy_while_a_call_runs():
    begun, end = threading.Event(), threading.Event()
    thread = ModelThread()

    def work() -> None:
        begun.set()
        end.wait()

    asker = threading.Thread(target=thread.call, args=(work,), daemon=True)
    asker.start()
    begun.wait()
    assert thread.is_busy
    end.set()
    asker.join()
    wait_until(lambda: not thread.is_busy)


def test_a_call_from_within_another_runs_in_its_midst():
    thread = ModelThread()
    assert thread.call(lambda: thread.call(threading.get_ident) == threading.get_ident())
