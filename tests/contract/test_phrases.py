"""The `Phrases` port, and what answered jobs searched for."""

import numpy as np
import pytest

from sightsong.core.affect import Affect
from sightsong.core.embeddings import unit
from sightsong.core.jobs import JobKind, KeepQuery, NewJob
from tests.contract import building
from tests.contract.building import OTHER_SPACE, SPACE


def vector(seed):
    return unit(np.random.default_rng(seed).normal(size=4))


def as_lists(vectors):
    return {phrase: vector.tolist() for phrase, vector in vectors.items()}


def test_a_space_without_phrases_has_none(stores):
    assert dict(stores.phrases.read(SPACE)) == {}


def test_phrases_are_read_back_to_the_bit(stores):
    kept = {"calm music": vector(1), "happy music": vector(2)}
    stores.phrases.keep(SPACE, kept)
    read = stores.phrases.read(SPACE)
    assert as_lists(read) == as_lists(kept)
    assert {one.dtype for one in read.values()} == {np.dtype(np.float32)}


def test_a_phrase_kept_again_is_replaced_and_the_others_stay(stores):
    stores.phrases.keep(SPACE, {"calm music": vector(1), "happy music": vector(2)})
    stores.phrases.keep(SPACE, {"calm music": vector(3)})
    expected = {"calm music": vector(3), "happy music": vector(2)}
    assert as_lists(stores.phrases.read(SPACE)) == as_lists(expected)


def test_each_space_has_its_own_phrases(stores):
    stores.phrases.keep(SPACE, {"calm music": vector(1)})
    stores.phrases.keep(OTHER_SPACE, {"calm music": vector(2)})
    assert as_lists(stores.phrases.read(SPACE)) == as_lists({"calm music": vector(1)})


def test_keeping_nothing_is_fine(stores):
    stores.phrases.keep(SPACE, {})
    assert dict(stores.phrases.read(SPACE)) == {}


def test_what_an_answered_job_searched_for_is_read_back(stores):
    stores.jobs.submit(NewJob(kind=JobKind.TEXT))
    job = building.claim_one(stores.jobs)
    building.finish(stores.jobs, job, KeepQuery(job_id=job.id, space=SPACE, vector=vector(1)))
    query = stores.jobs.query(job.id)
    assert (query.job_id, query.space, query.vector.dtype) == (job.id, SPACE, np.float32)
    np.testing.assert_array_equal(query.vector, vector(1))


@pytest.mark.parametrize("affect", [None, Affect(valence=0.1 + 0.2, arousal=-1 / 3)])
def test_the_point_that_a_job_asked_for_is_read_back_to_the_bit(stores, affect):
    stores.jobs.submit(NewJob(kind=JobKind.TEXT))
    job = building.claim_one(stores.jobs)
    kept = KeepQuery(job_id=job.id, space=SPACE, vector=vector(1), affect=affect)
    building.finish(stores.jobs, job, kept)
    assert stores.jobs.query(job.id).affect == affect


def test_a_job_that_was_not_answered_has_no_query(stores):
    assert stores.jobs.query(stores.jobs.submit(building.photo()).id) is None


def test_a_fenced_attempt_keeps_no_query(stores):
    stores.jobs.submit(building.photo())
    late = building.lose_lease(stores.jobs)
    effect = KeepQuery(job_id=late.id, space=SPACE, vector=vector(1))
    done = building.Completion(job=late, outcome=building.Succeeded(result={}), effects=(effect,))
    assert stores.jobs.complete([done]) == frozenset()
    assert stores.jobs.query(late.id) is None
