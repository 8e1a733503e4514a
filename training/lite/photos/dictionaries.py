"""Learns what common patches are like, from the patches of photos."""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from workers.models.lite import patches
from workers.models.lite.fisher import Dictionary
from workers.models.lite.patches import Table
from workers.models.lite.photo_features import Dictionaries

GAUSSIANS = 64
EDGE_NUMBERS, COLOUR_NUMBERS = 32, 15
_BY_PHOTO = 30  # patches that are learned from
_ROUNDS = 10
_LEAST_VARIANCE = 1e-2
_EDGE_WHITENING, _COLOUR_WHITENING = 0.5, 1.0


def learn(edges: Sequence[Table], colours: Sequence[Table], *, seed: int = 0) -> Dictionaries:
    """Learn both dictionaries.

    Args:
        edges: of each photo, (patches, 128).
        colours: of each photo, (patches, 15).
        seed: of the choice of patches and where the mixtures begin.
    """
    rng = np.random.default_rng(seed)
    chosen = [rng.choice(len(table), _BY_PHOTO) for table in edges]
    return Dictionaries(
        edges=_learn(
            _both_ways(edges, chosen, patches.mirrored_edges()), EDGE_NUMBERS, _EDGE_WHITENING
        ),
        colours=_learn(
            _both_ways(colours, chosen, patches.mirrored_colours()),
            COLOUR_NUMBERS,
            _COLOUR_WHITENING,
        ),
    )


def _both_ways(
    tables: Sequence[Table],
    chosen: Sequence[NDArray[np.int64]],
    mirrored: NDArray[np.int64],
) -> NDArray[np.float64]:
    some = np.concatenate([table[at] for table, at in zip(tables, chosen, strict=True)])
    return np.concatenate([some, some[:, mirrored]]).astype(np.float64)


def _learn(table: NDArray[np.float64], numbers: int, whitening: float) -> Dictionary:
    """Project on the strongest directions, evened out as far as `whitening` says, and mix."""
    centre = table.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov((table - centre).T))
    variances, directions = variances[::-1][:numbers], directions[:, ::-1][:, :numbers]
    scale = (variances / variances[0]) ** (-whitening / 2) / np.sqrt(variances[0])
    projection = directions * scale
    mixture = GaussianMixture(
        GAUSSIANS,
        covariance_type="diag",
        reg_covar=_LEAST_VARIANCE,
        max_iter=_ROUNDS,
        tol=0,
        init_params="k-means++",
        random_state=0,
    )
    with warnings.catch_warnings():
        # A dictionary need not settle to be a good one: the last rounds move little.
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit((table - centre) @ projection)
    return Dictionary(
        centre=centre.astype(np.float32),
        projection=projection.astype(np.float32),
        shares=mixture.weights_.astype(np.float32),
        means=mixture.means_.astype(np.float32),
        spreads=np.sqrt(mixture.covariances_).astype(np.float32),
    )
