"""Pictures on their way to a network: scaled alike, varied by chance that can be repeated."""

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

from training.fitting.augmenting import Prepare  # noqa: E402
from training.plans import STILL, Augment  # noqa: E402
from training.trained import Input  # noqa: E402

SIDE = 16
PLAIN = Input(side_px=SIDE, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0))
GREY = Input(side_px=SIDE, is_grey=True, mean=(0.5, 0.5, 0.5), deviation=(0.25, 0.25, 0.25))


def seeded(seed: int) -> object:
    return torch.Generator().manual_seed(seed)


def colours(count: int = 6, side: int = SIDE) -> object:
    shape = (count, side, side, 3)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=seeded(1))


def test_pictures_are_scaled_by_channel_and_nothing_else():
    taken = Input(side_px=SIDE, mean=(0.1, 0.2, 0.3), deviation=(0.5, 0.6, 0.7))
    found = Prepare(input=taken)(colours())
    wanted = (colours().permute(0, 3, 1, 2) / 255 - torch.tensor(taken.mean).view(1, 3, 1, 1)) / (
        torch.tensor(taken.deviation).view(1, 3, 1, 1)
    )
    assert torch.allclose(found, wanted, atol=1e-6)


def test_grey_pictures_and_coloured_ones_become_three_equal_channels():
    for stored in (colours(), colours()[..., 0]):
        found = Prepare(input=GREY)(stored)
        assert found.shape == (6, 3, SIDE, SIDE)
        assert torch.equal(found[:, 0], found[:, 1])
        assert torch.equal(found[:, 0], found[:, 2])


def test_a_colour_has_the_luma_of_the_standard():
    red = torch.zeros(1, SIDE, SIDE, 3, dtype=torch.uint8)
    red[..., 0] = 255
    assert Prepare(input=GREY)(red)[0, 0, 0, 0].item() == pytest.approx((0.299 - 0.5) / 0.25)


@pytest.mark.parametrize("generator", [None, 0], ids=["as it is", "varied"])
def test_pictures_of_another_size_are_brought_to_the_square(generator: int | None):
    draw = None if generator is None else seeded(generator)
    assert Prepare(input=PLAIN, augment=Augment())(colours(side=9), draw).shape[2:] == (SIDE, SIDE)


def test_what_does_not_vary_is_as_it_is():
    still = Prepare(input=PLAIN, augment=STILL)
    assert torch.allclose(still(colours(), seeded(3)), still(colours()), atol=1e-6)


def test_the_same_seed_varies_alike_and_another_otherwise():
    varied = Prepare(input=PLAIN, augment=Augment())
    once = varied(colours(), seeded(3))
    assert torch.equal(once, varied(colours(), seeded(3)))
    assert not torch.equal(once, varied(colours(), seeded(4)))


@pytest.mark.parametrize("rotate_deg", [0.0, 1e-9], ids=["alone", "with all else"])
def test_flipping_mirrors_about_half_and_leaves_the_rest(rotate_deg: float):
    augment = Augment(flip=True, shift=0, scale=0, rotate_deg=rotate_deg, light=0, erase=0)
    stored = colours(count=64)
    as_it_is = Prepare(input=PLAIN)(stored)
    found = Prepare(input=PLAIN, augment=augment)(stored, seeded(0))
    left = (found - as_it_is).abs().amax(dim=(1, 2, 3)) < 1e-4
    mirrored = (found - as_it_is.flip(-1)).abs().amax(dim=(1, 2, 3)) < 1e-4
    assert bool((left ^ mirrored).all())
    assert 16 < int(mirrored.sum()) < 48


def test_shifting_moves_a_dot_no_farther_than_its_share():
    stored = torch.zeros(64, 41, 41, dtype=torch.uint8)
    stored[:, 20, 20] = 255
    taken = Input(side_px=41, is_grey=True, mean=(0.0,) * 3, deviation=(1.0,) * 3)
    augment = Augment(flip=False, shift=0.1, scale=0, rotate_deg=0, light=0, erase=0)
    found = Prepare(input=taken, augment=augment)(stored, seeded(0))[:, 0]
    at = found.flatten(1).argmax(dim=1)
    off = torch.stack([at // 41 - 20, at % 41 - 20]).abs()
    assert 2 <= int(off.max()) <= 5


def test_varied_pixels_stay_pixels():
    augment = Augment(light=0.9, erase=1.0, shift=0.3, scale=0.3, rotate_deg=90)
    found = Prepare(input=PLAIN, augment=augment)(colours(count=32), seeded(0))
    assert 0 <= float(found.min()) < float(found.max()) <= 1


def test_erasing_takes_at_most_a_third_of_each_side():
    stored = colours(count=64)
    augment = Augment(flip=False, shift=0, scale=0, rotate_deg=0, light=0, erase=1.0)
    found = Prepare(input=PLAIN, augment=augment)(stored, seeded(0))
    gone = (found - Prepare(input=PLAIN)(stored)).abs().amax(dim=1) > 1e-6
    assert int(gone.any(dim=(1, 2)).sum()) > 32
    assert int(gone.any(dim=1).sum(dim=1).max()) <= SIDE // 3 + 1
