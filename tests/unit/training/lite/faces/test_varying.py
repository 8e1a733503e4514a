"""Faces vary while networks learn, and are standardised as workers do it."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; run `./run install train`")

from training.lite.faces.varying import Prepare, Vary  # noqa: E402
from workers.models.lite import greys  # noqa: E402

STILL = Vary(
    rotate_deg=0, scale=0, stretch=0, shift=0, light=0, gamma=0, cover=0, coarse=0, noise=0
)


def squares(count: int = 8) -> np.ndarray:
    draw = np.random.RandomState(2)
    coarse = draw.randint(0, 256, (count, 6, 6)).astype(np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


def drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_training_standardises_as_workers_do():
    given = np.concatenate([squares(), np.full((1, 48, 48), 77, np.uint8)])
    prepared = Prepare()(torch.from_numpy(given)).numpy()
    assert prepared == pytest.approx(greys.standardised(given), abs=1e-4)


def test_what_varies_is_repeated_by_the_same_draw_alone():
    given = torch.from_numpy(squares())
    one, same, other = (Prepare()(given, drawn(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_without_variation_squares_are_themselves_or_their_mirror_images():
    given = torch.from_numpy(squares())
    plain, varied = Prepare()(given), Prepare(vary=STILL)(given, drawn(4))
    distances = [
        min(float((v - p).abs().max()), float((v - p.flip(-1)).abs().max()))
        for v, p in zip(varied, plain, strict=True)
    ]
    assert max(distances) < 1e-3
    assert any(not torch.allclose(v, p, atol=1e-3) for v, p in zip(varied, plain, strict=True))


@pytest.mark.parametrize("field", ["rotate_deg", "scale", "shift", "light", "gamma", "cover"])
def test_each_way_to_vary_changes_squares(field):
    given = torch.from_numpy(squares())
    amount = 20.0 if field == "rotate_deg" else 0.9
    still = Prepare(vary=STILL)(given, drawn(6))
    moved = Prepare(vary=replace(STILL, **{field: amount}))(given, drawn(6))
    assert float((still - moved).abs().max()) > 0.1


def test_varied_squares_are_finite_and_standardised():
    wild = Vary(light=0.9, gamma=1.0, cover=1.0, coarse=1.0)
    varied = Prepare(vary=wild)(torch.from_numpy(squares(64)), drawn(1))
    assert bool(torch.isfinite(varied).all())
    assert float(varied.mean(dim=(1, 2, 3)).abs().max()) < 0.2
    assert float(varied.abs().max()) <= greys.MOST
