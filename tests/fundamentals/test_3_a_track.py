"""Fundamentals, 3: how music comes into the library and is found."""

import numpy as np
import pytest

from sightsong.adapters import memory
from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space, unit
from sightsong.core.jobs import Completion, JobId, JobKind, Owner, Queue, StoreEmbedding, Succeeded
from sightsong.core.tracks import FoundFile, Tags, TrackState, Verdict

SPACE = Space("tutorial@1")


@pytest.fixture
def stores():
    return memory.open_stores()


def found(path, content):
    return FoundFile(path=path, size_bytes=1, mtime_ns=1, sha256=content, tags=Tags(title="Song"))


def register(stores, *files: FoundFile):
    return stores.tracks.register(files, space=SPACE, parent_id=JobId("scan"))


def claim_embed(stores):
    return stores.jobs.claim([Queue.TRACKS], owner=Owner("w"), limit=1, lease_s=60)[0]


def embedded(job):
    """What a worker hands back for a track: vectors and what was heard."""
    heard = StoreEmbedding(
        track_id=job.params["track_id"],
        space=SPACE,
        vector=unit(np.array([1.0, 2.0])),
        windows=unit(np.array([[1.0, 2.0]])).astype(np.float16),
        window_starts_s=(0.0,),
        affect=Affect(valence=0.5, arousal=-0.5),
        descriptors={"tempo_bpm": 70.0},
        duration_s=10.0,
        digest="sha256-of-the-sound",
    )
    return Completion(job=job, outcome=Succeeded(result={}), effects=(heard,))


def test_a_found_file_becomes_a_track_and_a_job_to_embed_it(stores):
    """Both in one transaction: there is no track that nobody will embed."""
    assert register(stores, found("/music/a.ogg", "bytes-a")) == [Verdict.NEW]
    assert claim_embed(stores).kind is JobKind.EMBED


def test_a_track_is_its_bytes_not_its_path(stores):
    """The same bytes in two places are one track; finding them again makes nothing new."""
    here, there = found("/music/a.ogg", "same"), found("/music/copy.ogg", "same")
    assert register(stores, here, there) == [Verdict.NEW, Verdict.DUPLICATE]
    assert register(stores, here) == [Verdict.KNOWN]
    assert len(stores.tracks.page(limit=10)) == 1


def test_the_embedding_is_written_with_the_completion_or_not_at_all(stores):
    """An effect shares the fence of its job: no zombie writes vectors."""
    register(stores, found("/music/a.ogg", "bytes-a"))
    job = claim_embed(stores)
    stores.jobs.complete([embedded(job)])
    assert stores.tracks.get(job.params["track_id"]).state is TrackState.READY
    assert stores.jobs.complete([embedded(job)]) == frozenset()


def test_the_revision_tells_the_indexer_that_the_library_has_moved_on(stores):
    """The index is derived: it is rebuilt whenever its revision is behind."""
    before = stores.tracks.revision(SPACE)
    register(stores, found("/music/a.ogg", "bytes-a"))
    stores.jobs.complete([embedded(claim_embed(stores))])
    assert stores.tracks.revision(SPACE) > before
    assert len(list(stores.tracks.indexed(SPACE))) == 1
