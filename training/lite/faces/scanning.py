"""The network that looks everywhere: it learns from what it mistook for faces in each round."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from training.fitting import loop
from training.fitting.examples import Examples
from training.lite.faces.confirming import face_or_not
from training.lite.faces.networks import Sliding
from training.lite.faces.others import Squares
from training.lite.faces.varying import Prepare, Vary
from training.plans import Course, Optimiser
from workers.models.lite import scanning
from workers.models.lite.greys import Grey
from workers.models.lite.scanning import STRIDE_PX, WINDOW_PX

#: Windows are kept with 2 px around them, so that they can be moved.
PATCH_PX = WINDOW_PX + 4
COURSE = Course(
    epochs=4,
    batch=320,
    optimiser=Optimiser.ADAMW,
    rate=4e-3,
    decay=0.01,
    warmup_epochs=0.2,
    patience=0,
    average=0.99,
    clip=1.0,
    threads=1,
    seed=20_261_122,
)
VARY = Vary(
    rotate_deg=15,
    scale=0.13,
    shift=0.08,
    light=0.35,
    gamma=0.2,
    cover=0.0,
    coarse=0.15,
    contrast=0.5,
    brightness=0.15,
)
#: Rounds of learning; after each but the last it is shown what it mistook.
ROUNDS = 4
#: Windows of one photo: of any place, and mistakes of one round.
_PLACES, _MISTAKES = 40, 60
#: Evidence from which a window is a mistake worth showing.
_MISTAKEN = -2.0
#: Shares of a batch. Faces, any places, mistakes.
_FACES, _ANYWHERE, _MISTAKEN_SHARE = 0.4, 0.2, 0.4


def learn(
    faces: Squares,
    photos: Sequence[Grey],
    *,
    course: Course = COURSE,
    watch: loop.Watch | None = None,
) -> Sliding:
    """Let a network learn from faces, and from photos in which there are none.

    Args:
        faces: uint8, (n, 48, 48).
        photos: without people.
        course: of each round.
        watch: is told how it goes.
    """
    torch.manual_seed(course.seed)
    network = Sliding()
    own, places = _patches_of(faces), _anywhere(photos, np.random.default_rng(course.seed))
    mistakes = np.zeros((0, PATCH_PX, PATCH_PX), np.uint8)
    for number in range(ROUNDS):
        examples = _examples(own, places, mistakes)
        task = loop.Task(
            train=examples,
            valid=_few(examples),
            loss=_loss,
            prepare=Prepare(vary=VARY, window=WINDOW_PX, is_standardised=False),
        )
        loop.fit(network, task, course, watch=watch)
        if number < ROUNDS - 1:
            mistakes = np.concatenate([mistakes, _mistakes(network, photos)])
    return network


def _loss(outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return face_or_not(outputs[:, :, 0, 0], targets, weights)


def _patches_of(faces: Squares) -> Squares:
    """Make faces as small as the scanner sees them: 48 px become 24."""
    size = (PATCH_PX, PATCH_PX)
    small = [cv2.resize(face, size, interpolation=cv2.INTER_AREA) for face in faces]
    return np.stack(small).astype(np.uint8)


def _anywhere(photos: Sequence[Grey], draw: np.random.Generator) -> Squares:
    patches = []
    for grey in photos:
        copies = list(scanning.levels(grey))
        for _ in range(_PLACES if copies else 0):
            small = copies[int(draw.integers(len(copies)))].grey
            rows, columns = (side - WINDOW_PX + 1 for side in small.shape)
            patches.append(_patch(small, int(draw.integers(rows)), int(draw.integers(columns))))
    return np.stack(patches)


def _mistakes(network: Sliding, photos: Sequence[Grey]) -> Squares:
    """What the network takes for faces, the worst of each photo."""
    network.eval()
    patches = []
    for grey in photos:
        copies = [level.grey for level in scanning.levels(grey)]
        found = [
            (evidence, number, row, column)
            for number, small in enumerate(copies)
            for evidence, row, column in _takes(network, small)
        ]
        patches += [
            _patch(copies[number], row * STRIDE_PX, column * STRIDE_PX)
            for _, number, row, column in sorted(found, reverse=True)[:_MISTAKES]
        ]
    return np.stack(patches) if patches else np.zeros((0, PATCH_PX, PATCH_PX), np.uint8)


def _takes(network: Sliding, small: Grey) -> list[tuple[float, int, int]]:
    with torch.inference_mode():
        evidence = network(scaled(small))[0, 0].numpy()
    places = np.argwhere(evidence > _MISTAKEN).tolist()
    return [(float(evidence[row, column]), row, column) for row, column in places]


def scaled(grey: Grey) -> torch.Tensor:
    """Bring a photo to what the network takes; float32, (1, 1, height, width)."""
    return torch.from_numpy(np.array(grey))[None, None].to(torch.float32) / 127.5 - 1


def _patch(small: Grey, top: int, left: int) -> Grey:
    """Cut a window with what is around it; beyond the edge the photo is mirrored."""
    beside = (PATCH_PX - WINDOW_PX) // 2
    rows = _mirrored(np.arange(top - beside, top - beside + PATCH_PX), small.shape[0])
    columns = _mirrored(np.arange(left - beside, left - beside + PATCH_PX), small.shape[1])
    return small[np.ix_(rows, columns)]


def _mirrored(places: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    within = np.abs(places)
    return np.where(within >= count, 2 * count - 2 - within, within)


def _examples(faces: Squares, places: Squares, mistakes: Squares) -> Examples:
    parts = ((faces, _FACES), (places, _ANYWHERE), (mistakes, _MISTAKEN_SHARE))
    chances = [np.full(len(squares), share / max(len(squares), 1)) for squares, share in parts]
    is_face = np.zeros((sum(len(squares) for squares, _ in parts), 1), np.float32)
    is_face[: len(faces)] = 1.0
    return Examples(
        inputs=np.concatenate([squares for squares, _ in parts]),
        targets=is_face,
        chances=np.concatenate(chances),
    )


def _few(examples: Examples) -> Examples:
    """Some of the examples, for the log: every hundredth."""
    return Examples(inputs=examples.inputs[::100], targets=examples.targets[::100])
