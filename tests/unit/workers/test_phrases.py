"""The phrases are stored once, when they can be."""

from collections.abc import Sequence

import numpy as np
import pytest

from sightsong.adapters import memory
from sightsong.core import ports, prompts
from sightsong.core.errors import StoreUnavailable
from workers.models import stub
from workers.phrases import PhraseKeeper


class Encoder:
    """The stub's text model; counts its calls, and may turn a little."""

    def __init__(self, *, off: float = 0.0) -> None:
        self.calls = 0
        self._off = off

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.calls += 1
        return (stub.StubText().encode(texts) + self._off).astype(np.float32)


class Away:
    """A phrase store that does not answer at first."""

    def __init__(self, inner: ports.Phrases, *, times: int) -> None:
        self._inner = inner
        self._left = times
        self.kept = 0

    def read(self, space: str) -> object:
        self._left -= 1
        if self._left >= 0:
            raise StoreUnavailable
        return self._inner.read(space)

    def keep(self, space: str, vectors: object) -> None:
        self.kept += 1
        self._inner.keep(space, vectors)


@pytest.fixture
def phrases() -> ports.Phrases:
    return memory.open_stores().phrases


def keeper(phrases: ports.Phrases, encode: Encoder) -> PhraseKeeper:
    return PhraseKeeper(phrases, stub.SPACE, encode=encode)


def test_every_phrase_is_stored_with_its_vector(phrases):
    keeper(phrases, Encoder()).look()
    stored = phrases.read(stub.SPACE)
    assert stored.keys() == set(prompts.all_phrases())
    text = prompts.MOOD_PHRASES["calm"][0]
    assert stored[text] == pytest.approx(stub.StubText().encode([text])[0])


def test_once_is_enough(phrases):
    encode = Encoder()
    one = keeper(phrases, encode)
    one.look()
    one.look()
    assert encode.calls == 1


def test_a_store_that_is_away_is_tried_again(phrases):
    away = Away(phrases, times=1)
    one = keeper(away, Encoder())
    with pytest.raises(StoreUnavailable):
        one.look()
    one.look()
    assert away.kept == 1
    assert len(phrases.read(stub.SPACE)) == len(prompts.all_phrases())


@pytest.mark.parametrize(("off", "kept"), [(0.0, 0), (1e-5, 0), (0.1, 1)])
def test_what_is_stored_already_is_stored_again_only_if_it_differs(phrases, off, kept):
    keeper(phrases, Encoder()).look()
    counted = Away(phrases, times=0)
    keeper(counted, Encoder(off=off)).look()
    assert counted.kept == kept


def test_a_phrase_that_is_missing_is_added(phrases):
    text = prompts.MOOD_PHRASES["calm"][0]
    phrases.keep(stub.SPACE, {text: stub.StubText().encode([text])[0]})
    keeper(phrases, Encoder()).look()
    assert len(phrases.read(stub.SPACE)) == len(prompts.all_phrases())
