"""What models run on."""

import os

from workers import device


def test_a_model_with_a_thread_for_each_core_leaves_none_to_others():
    cores = len(os.sched_getaffinity(0))
    before = device.choose("cpu", precision="fp32", threads=1)
    assert device.choose("cpu", precision="fp32", threads=cores).takes_all_cores
    assert not device.choose("cpu", precision="fp32", threads=cores).is_cuda
    assert before.takes_all_cores is (cores == 1)
    device.choose("cpu", precision="fp32", threads=1)  # as the other tests have it
