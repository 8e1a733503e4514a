"""The `Snapshots` port, and the effect that activates one."""

import pytest

from sightsong.core.jobs import ActivateSnapshot, Completion, JobKind, NewJob, Queue, Succeeded
from sightsong.core.snapshots import Snapshot, SnapshotState
from tests.contract import building
from tests.contract.building import OTHER_SPACE, SPACE


def add(stores, version, *, revision=1, space=SPACE):
    snapshot = Snapshot(
        version=version,
        space=space,
        path=f"{space}/{version}",
        revision=revision,
        manifest={"tracks": 2, "sha256": {"vectors.faiss": "00"}},
    )
    stores.snapshots.add(snapshot)
    return snapshot


def activate(stores, *versions: str):
    stores.jobs.submit(NewJob(kind=JobKind.REBUILD))
    job = building.claim_one(stores.jobs, queue=Queue.INDEX)
    effects = tuple(ActivateSnapshot(version=version) for version in versions)
    done = Completion(job=job, outcome=Succeeded(result={}), effects=effects)
    assert stores.jobs.complete([done]) == {job.id}


def states(stores):
    return {snapshot.version: snapshot.state for snapshot in stores.snapshots.listed()}


def test_a_space_without_snapshots_has_no_active_one(stores):
    assert stores.snapshots.active(SPACE) is None


def test_an_added_snapshot_is_not_active(stores):
    added = add(stores, "v1")
    (read,) = stores.snapshots.listed()
    assert (read.version, read.space, read.path) == (added.version, added.space, added.path)
    assert (read.revision, read.manifest, read.state) == (1, added.manifest, SnapshotState.READY)
    assert read.created_at > 0
    assert stores.snapshots.active(SPACE) is None


def test_a_snapshot_added_again_stays_as_it_is(stores):
    add(stores, "v1")
    activate(stores, "v1")
    add(stores, "v1", revision=9)
    assert stores.snapshots.active(SPACE).revision == 1


def test_an_activated_snapshot_is_the_one_to_serve(stores):
    add(stores, "v1")
    activate(stores, "v1")
    assert stores.snapshots.active(SPACE).version == "v1"
    assert stores.snapshots.active(SPACE).state is SnapshotState.ACTIVE


@pytest.mark.parametrize("revision", [1, 2])
def test_a_newer_snapshot_retires_the_active_one(stores, revision):
    add(stores, "v1", revision=1)
    add(stores, "v2", revision=revision)
    activate(stores, "v1")
    activate(stores, "v2")
    assert states(stores) == {"v1": SnapshotState.RETIRED, "v2": SnapshotState.ACTIVE}


def test_a_snapshot_of_an_older_revision_does_not_replace_the_active_one(stores):
    add(stores, "v1", revision=1)
    add(stores, "v2", revision=2)
    activate(stores, "v2")
    activate(stores, "v1")
    assert states(stores) == {"v1": SnapshotState.READY, "v2": SnapshotState.ACTIVE}


def test_a_snapshot_activated_twice_stays_active(stores):
    add(stores, "v1")
    activate(stores, "v1")
    activate(stores, "v1")
    assert states(stores) == {"v1": SnapshotState.ACTIVE}


def test_each_space_has_its_own_active_snapshot(stores):
    add(stores, "v1", space=SPACE, revision=7)
    add(stores, "v2", space=OTHER_SPACE)
    activate(stores, "v1", "v2")
    assert stores.snapshots.active(SPACE).version == "v1"
    assert stores.snapshots.active(OTHER_SPACE).version == "v2"


def test_activating_a_snapshot_that_is_gone_changes_nothing(stores):
    add(stores, "v1")
    activate(stores, "v1")
    activate(stores, "gone")
    assert states(stores) == {"v1": SnapshotState.ACTIVE}


def test_snapshots_are_listed_newest_first(stores):
    for version in ("v1", "v2", "v3"):
        add(stores, version)
    assert [snapshot.version for snapshot in stores.snapshots.listed()] == ["v3", "v2", "v1"]


def test_snapshots_are_listed_of_one_space(stores):
    add(stores, "v1", space=SPACE)
    add(stores, "v2", space=OTHER_SPACE)
    assert [s.version for s in stores.snapshots.listed(OTHER_SPACE)] == ["v2"]


def test_a_snapshot_that_is_not_active_can_be_forgotten(stores):
    for version in ("v1", "v2"):
        add(stores, version)
        activate(stores, version)
    for version in ("v1", "v2", "unknown"):
        stores.snapshots.remove(version)
    assert [row.version for row in stores.snapshots.listed(SPACE)] == ["v2"]
