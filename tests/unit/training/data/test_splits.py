from collections.abc import Sequence

import numpy as np
import pytest

from training.data import splits
from training.data.pictures import InMemory
from training.errors import PlanRefused
from training.samples import Part, Parted, Samples


def labelled(
    labels: Sequence[int], *, groups: Sequence[str] = (), parts: Sequence[Part | None] = ()
) -> Samples:
    return Samples(
        name="Set",
        pictures=InMemory(np.zeros((len(labels), 4, 4), np.uint8)),
        names=tuple(f"p{at:04}" for at in range(len(labels))),
        classes=("a", "b", "c"),
        shares=np.eye(3, dtype=np.float32)[np.array(labels)],
        groups=tuple(groups),
        parts=tuple(parts),
    )


def all_places(parted: Parted) -> list[int]:
    return sorted(np.concatenate([parted.train, parted.valid, parted.test]).tolist())


def test_every_sample_is_in_one_part():
    parted = splits.part(labelled([0, 1, 2] * 50))
    assert all_places(parted) == list(range(150))
    assert [len(parted.train), len(parted.valid), len(parted.test)] == [120, 15, 15]


def test_each_class_has_its_share_in_each_part():
    samples = labelled([0] * 100 + [1] * 40 + [2] * 20)
    parted = splits.part(samples)
    for places, wanted in ((parted.valid, [10, 4, 2]), (parted.test, [10, 4, 2])):
        held = samples.shares[places].sum(axis=0)
        assert held.tolist() == wanted


def test_no_group_is_in_two_parts():
    rng = np.random.default_rng(5)
    groups = [f"g{at}" for at in rng.integers(0, 60, 300)]
    samples = labelled(rng.integers(0, 3, 300).tolist(), groups=groups)
    parted = splits.part(samples)
    held = [{groups[at] for at in places} for places in (parted.train, parted.valid, parted.test)]
    assert not held[0] & held[1]
    assert not held[0] & held[2]
    assert not held[1] & held[2]
    assert all_places(parted) == list(range(300))
    assert 25 <= len(parted.test) <= 35


def test_the_order_of_the_samples_does_not_matter():
    samples = labelled([0, 1, 2] * 40, groups=[f"g{at // 2}" for at in range(120)])
    shuffled = samples.at(np.random.default_rng(2).permutation(120))
    first, second = splits.part(samples, 3), splits.part(shuffled, 3)
    assert {samples.names[at] for at in first.test} == {shuffled.names[at] for at in second.test}


def test_another_seed_gives_other_parts():
    samples = labelled([0, 1, 2] * 40)
    assert splits.part(samples, 1).test.tolist() != splits.part(samples, 2).test.tolist()


def test_the_parts_are_the_same_on_every_machine():
    # Written down once: a change here makes figures of old runs incomparable.
    assert splits.part(labelled([0, 1] * 15), 7).test.tolist() == [7, 14]


def test_the_parts_of_the_set_itself_stand():
    parts = [Part.TRAIN] * 6 + [Part.VALID] * 3 + [Part.TEST] * 2
    parted = splits.part(labelled([0] * 11, parts=parts))
    assert parted.train.tolist() == [0, 1, 2, 3, 4, 5]
    assert parted.valid.tolist() == [6, 7, 8]
    assert parted.test.tolist() == [9, 10]


def test_what_repeats_a_held_out_sample_is_not_trained_on():
    parts = [Part.TRAIN, Part.TRAIN, Part.VALID, Part.TEST, Part.VALID]
    samples = labelled([0] * 5, parts=parts, groups=["x", "y", "x", "z", "z"])
    parted = splits.part(samples)
    assert parted.train.tolist() == [1]
    assert parted.valid.tolist() == [2]
    assert parted.test.tolist() == [3]


def test_a_part_that_the_set_leaves_empty_is_filled_from_training():
    parts = [Part.TRAIN] * 80 + [Part.VALID] * 20
    parted = splits.part(labelled([0, 1] * 50, parts=parts))
    assert parted.valid.tolist() == list(range(80, 100))
    assert 8 <= len(parted.test) <= 12
    assert max(parted.test) < 80
    assert all_places(parted) == list(range(100))


def test_a_part_without_a_share_stays_empty():
    parts = [Part.TRAIN] * 8 + [Part.VALID] * 2
    parted = splits.part(labelled([0] * 10, parts=parts), 0, (0.9, 0.1, 0.0))
    assert len(parted.test) == 0


def test_samples_that_the_set_leaves_open_fill_the_parts_and_the_others_stay():
    parts = [Part.TRAIN] * 40 + [None] * 60
    parted = splits.part(labelled([0] * 100, parts=parts))
    assert set(range(40)) <= set(parted.train.tolist())
    assert len(parted.valid) == len(parted.test) == 10


def test_sets_without_classes_are_parted_too():
    samples = Samples(
        name="Set",
        pictures=InMemory(np.zeros((20, 4, 4), np.uint8)),
        names=tuple(f"p{at}" for at in range(20)),
        affect=np.zeros((20, 2), np.float32),
    )
    assert len(splits.part(samples).train) == 16


@pytest.mark.parametrize("shares", [(0.5, 0.1, 0.1), (1.2, -0.1, -0.1)])
def test_shares_must_sum_to_one(shares):
    with pytest.raises(PlanRefused, match="must sum to 1"):
        splits.part(labelled([0, 1]), 0, shares)


def test_a_set_with_nothing_to_train_on_is_refused():
    with pytest.raises(PlanRefused, match="Nothing is left of Set"):
        splits.part(labelled([0, 0], parts=[Part.TEST, Part.TEST]))
