"""One job that kills every worker that runs it, among a hundred that do no harm."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sightsong.adapters import store
from sightsong.adapters.store import migrate
from sightsong.core.jobs import JobKind, JobState, NewJob
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]


def test_one_poisonous_job_among_a_hundred_fails_alone(tmp_path):
    url, blobs = f"sqlite:///{tmp_path / 'jobs.db'}", tmp_path / "blobs"
    migrate.upgrade(url)
    stores = store.open_stores(url, blobs, disk_reserve_bytes=0)
    names = [f"innocent {i}" for i in range(100)]
    names.insert(20, "poison")
    ids = {
        name: stores.jobs.submit(NewJob(kind=JobKind.PHOTO, params={"name": name})).id
        for name in names
    }

    def ended() -> bool:
        return all(stores.jobs.get(one).state.is_final for one in ids.values())

    deaths = 0
    while not ended():
        command = [sys.executable, "-m", "tests.e2e.poisoned", url, str(blobs)]
        worker = subprocess.Popen(command, cwd=ROOT, env=os.environ)
        wait_until(lambda w=worker: w.poll() is not None or ended(), within_s=60, every_s=0.05)
        deaths += worker.poll() is not None
        worker.kill()
        worker.wait(10)

    jobs = {name: stores.jobs.get(one) for name, one in ids.items()}
    poison = jobs.pop("poison")
    stores.close()
    assert (poison.state, poison.error.code) == (JobState.FAILED, "worker_crashed")
    assert Counter(job.state for job in jobs.values()) == {JobState.SUCCEEDED: 100}
    assert max(job.crash_count for job in jobs.values()) == 1  # all of them of the first death
    assert deaths == 4
    assert max(job.result["batch"] for job in jobs.values()) > 1
