"""Which kernels to time: first as the spaces have them, then near those that are priced worst.

The published loop: a first sample from the distribution of real networks, a regressor, and more
samples around the kernels with large errors, until the labels are spent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from baselines.trees import Trees

FOLDS = 4
SPREAD = 4
"""New kernels around each that is priced badly."""


def first(count: int, most: int, seed: int) -> NDArray[np.int64]:
    """Places of a random sample of a pool."""
    order = np.random.Generator(np.random.Philox(seed)).permutation(count)
    return order[:most]


def errors(rows: NDArray[np.float32], cycles: NDArray[np.float64]) -> NDArray[np.float64]:
    """[kernels] relative errors, each by a regressor that has not seen it."""
    found = np.zeros(len(rows))
    for fold in range(FOLDS):
        held = np.arange(len(rows)) % FOLDS == fold
        trees = Trees(100, depth=6, rate=0.1)
        trees.fit(rows[~held], np.log1p(cycles[~held]))
        predicted = np.expm1(trees.predict(rows[held]))
        found[held] = np.abs(predicted - cycles[held]) / np.maximum(cycles[held], 1)
    return found


def nearest(
    pool: NDArray[np.float32], to: NDArray[np.float32], taken: Sequence[int], most: int
) -> list[int]:
    """Places in the pool that are nearest to some rows, ``SPREAD`` a row, none that is taken."""
    scale = np.maximum(pool.std(axis=0), 1e-3)
    free = np.ones(len(pool), bool)
    free[list(taken)] = False
    found: list[int] = []
    for row in to:
        if len(found) >= most or not free.any():
            break
        distance = np.where(free, np.abs((pool - row) / scale).sum(axis=1), np.inf)
        for place in np.argsort(distance, kind="stable")[: min(SPREAD, most - len(found))]:
            if free[place]:
                free[place] = False
                found.append(int(place))
    return found
