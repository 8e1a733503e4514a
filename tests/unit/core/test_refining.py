"""What was asked for, moved: calmer, happier, away from what is unwanted."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.core import affect_space, embeddings, matching, moods, prompts, refining
from sightsong.core.affect import Affect
from sightsong.core.affect_space import SoundPoint
from sightsong.core.errors import UnknownMood
from sightsong.core.refining import Nudge
from sightsong.core.tracks import TrackId
from workers.models.lite.text import LiteText

MIDDLE = Affect(valence=0.0, arousal=0.0)
#: Half the distance of two tracks of the library below, over the ten that are chosen.
GRAIN = 0.02
STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def embedded(affects: Sequence[Affect]) -> np.ndarray:
    return affect_space.embed([SoundPoint(affect=affect) for affect in affects])


@pytest.fixture(scope="module")
def phrases() -> Mapping[str, np.ndarray]:
    texts = prompts.all_phrases()
    return dict(zip(texts, LiteText().encode(texts), strict=True))


class EvenLibrary:
    """A track at each crossing of a grid over the affect plane."""

    def __init__(self) -> None:
        grid = np.linspace(-1, 1, 41).tolist()
        self.places = [Affect(valence=v, arousal=a) for v in grid for a in grid]
        self.vectors = embedded(self.places)

    def felt(self, query: np.ndarray, target: Affect, *, avoid: Sequence[Affect] = ()) -> Affect:
        """The mean place of the ten tracks that are chosen."""
        cosines = embeddings.cosine(query, self.vectors)
        pool = [
            matching.Candidate(
                track_id=TrackId(f"t{i:04d}"),
                artist=None,
                cosine=float(cosines[i]),
                affect=self.places[i],
                vector=self.vectors[i],
            )
            for i in np.argsort(-cosines.round(9), kind="stable")[:200]
        ]
        chosen = [m.candidate.affect for m in matching.rank(target, pool, k=10, avoid=avoid)]
        return Affect(
            valence=float(np.mean([place.valence for place in chosen])),
            arousal=float(np.mean([place.arousal for place in chosen])),
        )


@pytest.fixture(scope="module")
def library() -> EvenLibrary:
    return EvenLibrary()


starts = pytest.mark.parametrize(
    "start",
    [Affect(valence=v, arousal=a) for v in (-0.6, 0.0, 0.6) for a in (-0.6, 0.0, 0.6)],
    ids=lambda start: f"{start.valence},{start.arousal}",
)


@starts
def test_the_calmer_the_wish_the_calmer_the_matches(library, phrases, start):
    [query] = embedded([start])
    felt = [
        library.felt(*refining.nudged(query, start, Nudge(calmer=step), phrases=phrases)).arousal
        for step in STEPS
    ]
    assert all(later <= earlier + GRAIN for earlier, later in itertools.pairwise(felt))
    assert felt[-1] < felt[0] - 0.3


@starts
def test_the_happier_the_wish_the_happier_the_matches(library, phrases, start):
    [query] = embedded([start])
    felt = [
        library.felt(*refining.nudged(query, start, Nudge(happier=step), phrases=phrases)).valence
        for step in STEPS
    ]
    assert all(later >= earlier - GRAIN for earlier, later in itertools.pairwise(felt))
    assert felt[-1] > felt[0] + 0.3


@pytest.mark.parametrize("name", ["sad", "joy", "tense"])
def test_what_is_avoided_is_farther_from_the_matches_than_before(library, phrases, name):
    nudge = Nudge(avoid=(name,))
    [place] = nudge.avoided
    [query] = embedded([place])
    before = library.felt(query, place)
    moved, target = refining.nudged(query, place, nudge, phrases=phrases)
    after = library.felt(moved, target, avoid=nudge.avoided)
    assert after.distance(place) > before.distance(place) + 0.1


@pytest.mark.parametrize("name", [*moods.MOOD_PLACES, *moods.EMOTION_PLACES])
def test_the_query_moves_away_from_the_phrases_of_what_is_avoided(phrases, name):
    start = moods.MOOD_PLACES.get(name) or moods.EMOTION_PLACES[name]
    [query] = embedded([start])
    moved, target = refining.nudged(query, start, Nudge(avoid=(name,)), phrases=phrases)
    texts = prompts.MOOD_PHRASES.get(name) or sum(prompts.EMOTION_PHRASES[name].values(), ())
    likeness = [np.mean([phrases[text] @ one for text in texts]) for one in (query, moved)]
    assert likeness[1] < likeness[0]
    assert target == start


def test_the_target_moves_by_what_is_asked_and_stays_on_the_plane(phrases):
    [query] = embedded([MIDDLE])
    _, some = refining.nudged(query, MIDDLE, Nudge(calmer=0.25, happier=-0.5), phrases=phrases)
    assert some == Affect(valence=-0.5, arousal=-0.25)
    edge = Affect(valence=0.9, arousal=-0.9)
    _, much = refining.nudged(query, edge, Nudge(calmer=1, happier=1), phrases=phrases)
    assert much == Affect(valence=1.0, arousal=-1.0)


def test_where_no_feeling_is_known_only_the_query_moves(phrases):
    [query] = embedded([MIDDLE])
    moved, target = refining.nudged(query, None, Nudge(calmer=1), phrases=phrases)
    assert target is None
    assert not np.array_equal(moved, query)


def test_without_phrases_only_the_target_moves():
    [query] = embedded([MIDDLE])
    nudge = Nudge(calmer=0.5, avoid=("sad",))
    moved, target = refining.nudged(query, MIDDLE, nudge, phrases={})
    assert np.array_equal(moved, query)
    assert target == Affect(valence=0.0, arousal=-0.5)


def test_phrases_of_one_side_alone_move_nothing(phrases):
    [query] = embedded([MIDDLE])
    texts = prompts.MOOD_PHRASES["calm"]
    one_side = {text: phrases[text] for text in texts}
    moved, _ = refining.nudged(query, MIDDLE, Nudge(calmer=1), phrases=one_side)
    assert np.array_equal(moved, query)


def test_no_wish_changes_nothing(phrases):
    [query] = embedded([Affect(valence=0.3, arousal=0.2)])
    moved, target = refining.nudged(query, MIDDLE, Nudge(), phrases=phrases)
    assert np.array_equal(moved, query)
    assert target == MIDDLE


def test_a_query_that_is_moved_into_nothing_stays():
    calm, stirring = np.array([1.0, 0.0]), np.array([-1.0, 0.0])
    texts = {
        text: vector.astype(np.float32)
        for mood, vector in (("calm", calm), ("energetic", stirring))
        for text in prompts.MOOD_PHRASES[mood]
    }
    query = np.array([-1.0, 0.0], dtype=np.float32)
    against = refining.nudged(query, None, Nudge(calmer=1 / refining.STEP), phrases=texts)[0]
    assert np.array_equal(against, query)


def test_names_are_known_in_any_case_and_each_counts_once(phrases):
    [query] = embedded([MIDDLE])
    once, _ = refining.nudged(query, MIDDLE, Nudge(avoid=("sad",)), phrases=phrases)
    twice, _ = refining.nudged(query, MIDDLE, Nudge(avoid=("Sad ", "sad")), phrases=phrases)
    assert np.array_equal(once, twice)


@pytest.mark.parametrize("name", ["crunchy", ""])
def test_a_mood_that_nobody_knows_is_refused_with_those_that_are_known(phrases, name):
    nudge = Nudge(avoid=("sad", name))
    with pytest.raises(UnknownMood, match="melancholic"):
        refining.nudged(embedded([MIDDLE])[0], MIDDLE, nudge, phrases=phrases)
    with pytest.raises(UnknownMood):
        _ = nudge.avoided


@given(
    place=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    calmer=st.floats(-1, 1),
    happier=st.floats(-1, 1),
    avoid=st.lists(st.sampled_from(sorted(moods.MOOD_PLACES)), max_size=26),
)
def test_a_moved_query_is_a_unit_vector_and_the_same_each_time(
    phrases, place, calmer, happier, avoid
):
    start = Affect(valence=place[0], arousal=place[1])
    [query] = embedded([start])
    nudge = Nudge(calmer=calmer, happier=happier, avoid=tuple(avoid))
    first, target = refining.nudged(query, start, nudge, phrases=phrases)
    again, _ = refining.nudged(query, start, nudge, phrases=dict(phrases))
    assert first.dtype == np.float32
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(first, again)
    assert -1 <= target.valence <= 1
    assert -1 <= target.arousal <= 1
