"""How laws of events are fitted: non-negative, and drawn to a wider law where data are few."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 3
"""Of weighing rows that are far off less: a wrong label must not bend a law."""
DOUBT = 0.3
"""Relative error from which a row weighs less."""
_DRAW = 2.0
"""What being drawn to a prior weighs, in rows."""


def ops_law(counts: Floats, events: Floats, prior: Floats, floor: float) -> Floats:
    """Coefficients [terms] >= 0 of one law from its own ops: counts [ops, terms], events [ops].

    A law of missed lines: an op of many weighs more than one of few, by the root.
    """
    from scipy.optimize import nnls

    weights = 1 / np.sqrt(events + floor)
    doubt = np.ones(len(events))
    found = prior
    for _ in range(ROUNDS):
        weighed, scale = _scaled(counts * (weights * doubt)[:, None])
        rows = np.vstack((weighed, np.sqrt(_DRAW) * np.eye(len(prior))))
        wanted = np.concatenate((events * weights * doubt, np.sqrt(_DRAW) * prior * scale))
        found = nnls(rows, wanted, maxiter=1000)[0] / scale
        doubt = _doubt(counts @ found - events, events, floor)
    return found


def graphs_laws(counts: Any, events: Floats, whole: Floats, prior: Floats, floor: float) -> Floats:
    """Coefficients [laws x terms] >= 0 of all laws at once, from sums over whole graphs.

    The least sum of squared relative errors.

    Args:
        counts: [graphs, laws x terms], a sparse matrix: a graph has few of all laws.
        events: [graphs], those that these laws are to explain.
        whole: [graphs], all of them: what errors are a share of.
        prior: [laws x terms].
        floor: events of a graph below which errors count as such, not as a share.
    """
    from scipy import sparse
    from scipy.optimize import minimize

    weights = 1 / (whole + floor)
    doubt = np.ones(len(events))
    found = prior
    for _ in range(ROUNDS):
        weighed = sparse.diags_array(weights * doubt) @ counts
        scale = _root_mean_square(weighed.power(2).sum(axis=0), (weighed > 0).sum(axis=0))
        weighed = weighed @ sparse.diags_array(1 / scale)
        start = prior * scale
        square = (weighed.T @ weighed).toarray() + _DRAW * np.eye(len(prior))
        # Solved for the way from the prior: a prior may be far off, and its square would hide all.
        side = weighed.T @ (events * weights * doubt - weighed @ start)

        def loss(x: Floats, square: Floats = square, side: Floats = side) -> tuple[float, Floats]:
            slope = square @ x
            return float(x @ (0.5 * slope - side)), slope - side

        done = minimize(
            loss, found * scale - start, jac=True, method="L-BFGS-B",
            bounds=[(-least, None) for least in start],
            options={"maxiter": 3000, "maxfun": 4000, "maxcor": 30, "ftol": 1e-12, "gtol": 1e-8},
        )  # fmt: skip
        found = np.maximum(done.x + start, 0.0) / scale
        doubt = _doubt(counts @ found - events, whole, floor)
    return found


def _scaled(weighed: Floats) -> tuple[Floats, Floats]:
    scale = _root_mean_square((weighed**2).sum(axis=0), (weighed > 0).sum(axis=0))
    return weighed / scale, scale


def _root_mean_square(squares: Floats, there: NDArray[np.int64]) -> Floats:
    """Of columns where they are not 0: over that, being drawn to a prior is worth rows."""
    scale: Floats = np.sqrt(squares / np.maximum(there, 1))
    scale[scale == 0] = 1.0
    return scale


def _doubt(off: Floats, whole: Floats, floor: float) -> Floats:
    return 1 / np.sqrt(1 + (off / (whole + floor) / DOUBT) ** 2)
