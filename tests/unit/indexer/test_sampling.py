"""The recall that is measured while tracks pass by."""

import numpy as np

from indexer.sampling import Sample
from sightsong.core import embeddings
from sightsong.core.facts import Facts
from sightsong.core.ports import Neighbour
from sightsong.core.tracks import TrackId

VECTORS = embeddings.unit(np.random.default_rng(3).standard_normal((500, 16))).astype(np.float16)
PHRASES = embeddings.unit(np.random.default_rng(4).standard_normal((7, 16)))


def sampled(phrases=PHRASES):
    sample = Sample(VECTORS[:100], phrases)
    for start in range(0, len(VECTORS), 100):
        sample.take(VECTORS[start : start + 100])
    return sample


def found_among(vectors):
    """A search that looks at some vectors only."""

    def search(query, k) -> list[Neighbour]:
        cosines = embeddings.cosine(query, vectors)
        return [
            Neighbour(
                track_id=TrackId(str(row)),
                cosine=float(cosines[row]),
                vector=vectors[row].astype(np.float32),
                facts=Facts(),
            )
            for row in np.argsort(-cosines)[:k]
        ]

    return search


def test_an_exact_search_finds_all():
    assert sampled().recall(found_among(VECTORS)) == {"library": 1.0, "text": 1.0}


def test_a_search_that_overlooks_half_of_the_tracks_finds_half_of_the_nearest():
    recall = sampled().recall(found_among(VECTORS[::2]))
    assert all(0.3 < share < 0.7 for share in recall.values())


def test_a_search_that_finds_nothing_has_no_recall():
    nothing = found_among(VECTORS[:0])
    assert sampled().recall(nothing) == {"library": 0.0, "text": 0.0}


def test_without_phrases_only_queries_like_tracks_are_told_of():
    assert sampled(np.empty((0, 16), np.float32)).recall(found_among(VECTORS)) == {"library": 1.0}


def test_the_tracks_that_have_passed_by_are_counted():
    assert sampled().seen == len(VECTORS)
