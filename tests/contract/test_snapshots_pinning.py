"""The `Snapshots` port: a person's choice, and what rebuilds make of it."""

import pytest

from sightsong.core.errors import SnapshotNotFound
from sightsong.core.jobs import ActivateSnapshot, JobKind, NewJob, Queue
from sightsong.core.snapshots import Changes, Snapshot, SnapshotState
from tests.contract import building
from tests.contract.building import OTHER_SPACE, SPACE, found


def add(stores, version, *, revision=1, space=SPACE):
    stores.snapshots.add(
        Snapshot(version=version, space=space, path=version, revision=revision, manifest={})
    )


def begin(stores, *, asked=False):
    """Begin a rebuild."""
    params = {"asked": True} if asked else {}
    stores.jobs.submit(NewJob(kind=JobKind.REBUILD, params=params))
    return building.claim_one(stores.jobs, queue=Queue.INDEX)


def end(stores, job, version):
    building.finish(stores.jobs, job, ActivateSnapshot(version=version))


def active(stores):
    found = stores.snapshots.active(SPACE)
    return found.version, found.is_pinned


@pytest.fixture
def versions(stores):
    """Three snapshots, the second one active."""
    for number in (1, 2, 3):
        add(stores, f"v{number}", revision=number)
    end(stores, begin(stores), "v2")
    return stores


def test_a_snapshot_is_read_by_its_version(versions):
    assert versions.snapshots.get("v3").revision == 3


def test_an_unknown_snapshot_is_neither_read_nor_activated(stores):
    with pytest.raises(SnapshotNotFound):
        stores.snapshots.get("v1")
    with pytest.raises(SnapshotNotFound):
        stores.snapshots.activate("v1")


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_a_person_may_choose_any_snapshot_which_is_pinned_then(versions, version):
    chosen = versions.snapshots.activate(version)
    assert (chosen.version, chosen.state, chosen.is_pinned) == (version, SnapshotState.ACTIVE, True)
    assert active(versions) == (version, True)
    others = [one for one in versions.snapshots.listed() if one.version != version]
    assert not any(one.is_pinned or one.state is SnapshotState.ACTIVE for one in others)


def test_a_choice_made_again_is_fine(versions):
    versions.snapshots.activate("v1")
    assert versions.snapshots.activate("v1").is_pinned


def test_another_choice_takes_the_pin_along(versions):
    versions.snapshots.activate("v1")
    versions.snapshots.activate("v3")
    pinned = [one.version for one in versions.snapshots.listed() if one.is_pinned]
    assert pinned == ["v3"]


def test_a_choice_in_one_space_leaves_another_alone(versions):
    add(versions, "elsewhere", space=OTHER_SPACE)
    versions.snapshots.activate("elsewhere")
    assert active(versions) == ("v2", False)


def test_a_rebuild_that_a_person_asks_for_takes_the_place_of_a_pinned_snapshot(versions):
    versions.snapshots.activate("v1")
    end(versions, begin(versions, asked=True), "v3")
    assert active(versions) == ("v3", False)
    assert not versions.snapshots.get("v1").is_pinned


def test_a_rebuild_that_nobody_asked_for_leaves_a_pinned_snapshot(versions):
    versions.snapshots.activate("v1")
    end(versions, begin(versions), "v3")
    assert active(versions) == ("v1", True)
    assert versions.snapshots.get("v3").state is SnapshotState.READY


def test_a_rebuild_that_was_asked_for_before_the_choice_does_not_undo_it(versions):
    job = begin(versions, asked=True)
    versions.snapshots.activate("v1")
    end(versions, job, "v3")
    assert active(versions) == ("v1", True)


def test_a_choice_made_again_outlives_the_rebuild_that_was_asked_for_before(versions):
    versions.snapshots.activate("v1")
    job = begin(versions, asked=True)
    versions.snapshots.activate("v1")
    end(versions, job, "v3")
    assert active(versions) == ("v1", True)


def test_a_rebuild_never_goes_back_whoever_asked_for_it(versions):
    versions.snapshots.activate("v3")
    end(versions, begin(versions, asked=True), "v2")
    assert active(versions) == ("v3", True)


def test_rebuilds_replace_one_another_again_after_a_choice_was_replaced(versions):
    versions.snapshots.activate("v1")
    end(versions, begin(versions, asked=True), "v2")
    end(versions, begin(versions), "v3")
    assert active(versions) == ("v3", False)


def gone_since(stores, revision):
    return stores.tracks.changes(SPACE, since=revision).gone


@pytest.fixture
def removed(stores):
    """The id of a track that was embedded and removed: revisions 1 and 2."""
    building.register(stores, found("a.mp3"))
    track_id = building.embed(stores.jobs)
    stores.tracks.remove(track_id)
    return track_id


def test_what_is_gone_is_told_as_long_as_a_snapshot_may_hold_it(stores, removed):
    for version, revision in (("v1", 1), ("v2", 2), ("v3", 2)):
        add(stores, version, revision=revision)
    stores.snapshots.remove("v2")
    assert gone_since(stores, 1) == {removed}
    stores.snapshots.remove("v1")
    assert gone_since(stores, 1) == set()


def test_who_asks_for_what_was_forgotten_is_told_that_it_is_not_whole(stores, removed):
    for version, revision in (("v1", 1), ("v2", 2)):
        add(stores, version, revision=revision)
    is_whole = [stores.tracks.changes(SPACE, since=since).is_whole for since in (0, 1, 2)]
    assert is_whole == [True, True, True]
    stores.snapshots.remove("v1")
    building.register(stores, found("b.mp3"))
    building.embed(stores.jobs)
    assert stores.tracks.changes(SPACE, since=1) == Changes(revision=3, is_whole=False)
    told = [stores.tracks.changes(SPACE, since=since) for since in (0, 2, 3)]
    assert [one.is_whole for one in told] == [True, True, True]
    assert [len(one.entries) for one in told] == [1, 1, 0]


def test_forgetting_nothing_leaves_older_changes_whole(stores, removed):
    for version, revision in (("v1", 1), ("v2", 1)):
        add(stores, version, revision=revision)
    stores.snapshots.remove("v2")
    assert stores.tracks.changes(SPACE, since=1).is_whole


def test_what_was_forgotten_in_one_space_is_whole_in_another(stores):
    building.register(stores, found("a.mp3"), found("b.mp3"))
    building.embed(stores.jobs)
    track_id = building.embed(stores.jobs, space=OTHER_SPACE)
    stores.tracks.remove(track_id)
    for version, revision in (("v1", 1), ("v2", 2)):
        add(stores, version, revision=revision, space=OTHER_SPACE)
    stores.snapshots.remove("v1")
    assert not stores.tracks.changes(OTHER_SPACE, since=1).is_whole
    assert stores.tracks.changes(SPACE, since=1).is_whole


def test_what_is_gone_is_told_where_no_snapshot_is_left(stores, removed):
    add(stores, "v1", revision=9)
    stores.snapshots.remove("v1")
    assert gone_since(stores, 1) == {removed}


def test_an_active_snapshot_that_is_not_removed_keeps_what_is_gone(stores, removed):
    add(stores, "v1", revision=1)
    stores.snapshots.activate("v1")
    stores.snapshots.remove("v1")
    assert gone_since(stores, 1) == {removed}


def test_snapshots_of_another_space_keep_nothing(stores, removed):
    add(stores, "v1", revision=1, space=OTHER_SPACE)
    for version, revision in (("v2", 1), ("v3", 2)):
        add(stores, version, revision=revision)
    stores.snapshots.remove("v2")
    assert gone_since(stores, 1) == set()
