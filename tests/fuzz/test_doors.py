"""Whatever comes in at a door, it is taken or refused: seeds, old findings, and made-up damage."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.door import NAMES, cases, door

#: Damage of each kind that is tried at each door; `./run fuzz` tries millions.
_TRIES = 60
#: What readers stumble over: the ends of ranges, signs, terminators.
_PIECES = st.one_of(
    st.sampled_from([b"\0", b"\xff", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\n"]),
    st.binary(min_size=1, max_size=8),
)
_trying = settings(max_examples=_TRIES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def damaged(draw: st.DrawFn, seeds: list[bytes], words: tuple[bytes, ...]) -> bytes:
    """A fair input of which a few places were overwritten, cut out, doubled or filled in."""
    content = draw(st.sampled_from(seeds))
    pieces = st.one_of(_PIECES, st.sampled_from(words)) if words else _PIECES
    for _ in range(draw(st.integers(1, 4))):
        at, size = draw(st.integers(0, len(content))), draw(st.integers(1, 32))
        before, cut, after = content[:at], content[at : at + size], content[at + size :]
        piece = draw(pieces)
        content = draw(
            st.sampled_from(
                [
                    before + piece + content[at + len(piece) :],
                    before + after,
                    before + cut + cut + after,
                    before + piece + cut + after,
                    before,
                ]
            )
        )
    return content


@pytest.mark.parametrize("name", NAMES)
def test_every_seed_is_taken(name):
    chosen = door(name)
    refused = [what for what, seed in chosen.seeds().items() if not chosen.knock(seed)]
    assert refused == []
    assert all(len(seed) <= chosen.longest for seed in chosen.seeds().values())


@pytest.mark.parametrize("name", NAMES)
def test_what_once_broke_a_door_does_not_any_more(name):
    chosen = door(name)
    for case in cases(name):
        chosen.knock(case.read_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_damaged_input_is_taken_or_refused(name):
    chosen = door(name)

    @_trying
    @given(damaged(list(chosen.seeds().values()), chosen.words))
    def knock(content: bytes) -> None:
        chosen.knock(content)

    knock()


@pytest.mark.parametrize("name", NAMES)
def test_input_that_means_nothing_is_taken_or_refused(name):
    chosen = door(name)

    @_trying
    @given(st.binary(max_size=200))
    def knock(content: bytes) -> None:
        chosen.knock(content)

    knock()


def test_a_door_that_breaks_is_noticed():
    chosen = door("headers")

    @_trying
    @given(damaged(list(chosen.seeds().values()), chosen.words))
    def knock(content: bytes) -> None:
        assert b"wait=" not in content

    with pytest.raises(AssertionError):
        knock()
