"""The network that looks everywhere sees in a photo what it sees in each window alone."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; run `./run install train`")
pytest.importorskip("onnx", reason="onnx is not installed; run `./run install train`")

from dataclasses import replace  # noqa: E402

from training.lite.faces import graph, others, scanning  # noqa: E402
from training.lite.faces.networks import Sliding  # noqa: E402
from workers.models.lite.scanning import (  # noqa: E402
    LOOK_PX,
    STEP,
    STRIDE_PX,
    WINDOW_PX,
    Scanner,
    levels,
)

DRAW = np.random.RandomState(8)
QUICK = replace(scanning.COURSE, epochs=2, batch=64)


def blobs(count: int) -> np.ndarray:
    """Stand-ins for faces: a bright ring on dark, somewhat noisy."""
    across, down = np.meshgrid(np.arange(48) - 23.5, np.arange(48) - 23.5)
    ring = np.where(np.abs(np.hypot(across, down) - 13) < 4, 220.0, 40.0)
    grain = DRAW.normal(0, 10, (count, 48, 48))
    return (ring + grain).clip(0, 255).astype(np.uint8)


def stripes(count: int) -> list[np.ndarray]:
    """Stand-ins for photos without faces."""
    slopes = DRAW.uniform(0.1, 0.8, count)
    across = np.arange(120)
    return [
        np.tile(128 + 90 * np.sin(across * slope), (90, 1)).astype(np.uint8) for slope in slopes
    ]


def test_a_photo_gives_what_its_windows_give():
    torch.manual_seed(1)
    network = Sliding().eval()
    photo = torch.randn(1, 1, 44, 60, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        whole = network(photo)[0, 0]
        window = network(photo[:, :, 8 : 8 + WINDOW_PX, 12 : 12 + WINDOW_PX])
    assert window.shape == (1, 1, 1, 1)
    assert float(whole[8 // STRIDE_PX, 12 // STRIDE_PX]) == pytest.approx(float(window), abs=1e-5)


def test_it_learns_to_find_what_it_was_shown_and_opencv_finds_it_too(tmp_path):
    network = scanning.learn(blobs(160), stripes(3), course=QUICK)
    graph.write(network, tmp_path / "scanner.onnx")
    photo = stripes(1)[0].repeat(2, axis=0).repeat(2, axis=1)
    photo[60:108, 100:148] = blobs(1)[0]
    best = Scanner(tmp_path / "scanner.onnx", evidence=-20.0).scan(photo)[0].square
    assert best.left + best.side / 2 == pytest.approx(124, abs=12)
    assert best.top + best.side / 2 == pytest.approx(84, abs=12)


def test_the_same_seed_gives_the_same_network():
    faces, photos = blobs(40), stripes(1)
    quicker = replace(QUICK, epochs=1)
    one, other = (scanning.learn(faces, photos, course=quicker) for _ in range(2))
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("shape", [(19, 300), (20, 20), (512, 384), (3, 3)])
def test_copies_of_a_photo_end_where_they_are_smaller_than_a_window(shape):
    copies = list(levels(np.zeros(shape, np.uint8)))
    assert all(min(copy.grey.shape) >= WINDOW_PX for copy in copies)
    if copies:
        assert max(copies[0].grey.shape) == LOOK_PX
        assert min(shape) * copies[-1].scale / STEP < WINDOW_PX


def test_faces_that_are_framed_wrongly_are_not_what_they_were():
    faces = blobs(40)
    wrong = others.misframed(faces, seed=1)
    assert wrong.shape == faces.shape
    assert np.abs(wrong.astype(int) - faces).mean() > 5


def test_squares_of_photos_without_people_are_what_was_found_and_any_place():
    found = others.gather(stripes(2), lambda _: [], seed=3)
    assert found.finds.shape == (0, 48, 48)
    assert found.places.shape[0] > 100
    assert found.places.dtype == np.uint8
