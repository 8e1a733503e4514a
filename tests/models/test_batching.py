"""Batches are halved until they fit the device."""

import subprocess
import sys
from typing import Never

import pytest
import torch

from workers.models.full.batching import DEVICE_LOST, in_parts

_LOST = """
from workers.models.full.batching import in_parts

def work(part):
    raise RuntimeError("CUDA error: an illegal memory access was encountered")

try:
    in_parts(work, [1, 2], most=2)
finally:
    print("still here")
"""


def test_parts_keep_the_order_and_the_size_that_was_asked_for():
    parts = []

    def work(part) -> list[int]:
        parts.append(list(part))
        return [item * 10 for item in part]

    assert in_parts(work, range(7), most=3) == [0, 10, 20, 30, 40, 50, 60]
    assert parts == [[0, 1, 2], [3, 4, 5], [6]]


def test_nothing_is_no_work():
    def work(part) -> Never:
        raise AssertionError(part)

    assert in_parts(work, [], most=3) == []


def test_a_part_that_does_not_fit_is_halved_and_nothing_is_lost_or_done_twice():
    done = []

    def work(part) -> list[str]:
        if len(part) > 2:
            raise torch.OutOfMemoryError
        done.extend(part)
        return [str(item) for item in part]

    assert in_parts(work, range(11), most=8) == [str(item) for item in range(11)]
    assert done == list(range(11))


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate",
        "CUDA error: out of memory",
    ],
)
def test_memory_that_another_library_lacks_halves_the_batch_too(words):
    def work(part) -> list[int]:
        if len(part) > 1:
            raise RuntimeError(words)
        return list(part)

    assert in_parts(work, range(5), most=4) == list(range(5))


def test_one_item_that_does_not_fit_is_an_error():
    def work(part) -> Never:
        raise torch.OutOfMemoryError("no room")

    with pytest.raises(torch.OutOfMemoryError, match="no room"):
        in_parts(work, [1, 2, 3], most=4)


def test_other_errors_pass_through_at_once():
    sizes = []

    def work(part) -> Never:
        sizes.append(len(part))
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        in_parts(work, [1, 2, 3, 4], most=4)
    assert sizes == [4]


def test_a_failed_device_ends_the_process_at_once_so_that_its_leases_run_out():
    ended = subprocess.run(
        [sys.executable, "-c", _LOST], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == DEVICE_LOST
    assert "device.lost" in ended.stdout + ended.stderr
    assert "still here" not in ended.stdout


def test_a_plain_runtime_error_ends_no_process():
    def work(part) -> Never:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        in_parts(work, [1], most=1)
