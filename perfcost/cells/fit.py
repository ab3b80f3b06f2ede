"""Fits the times of a device's networks: a frame and what each kind of operation adds, in ms.

The sum of relative errors is made smallest, by weighted least squares again and again
(Schlossmacher 1973, JASA 68(344)): times of one network differ by a third and more on some devices,
and squares would follow the few that are far off. No coefficient is below 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from perfcost.cells.structure import Counts
from perfcost.targets.cells_target import CellMs

Floats = NDArray[np.float64]

SHARE = 0.9
"""Of networks whose time lies within an interval."""
_ROUNDS = 60
# Relative errors below this weigh alike: a weight must stay finite.
_LEAST = 1e-4


def matrix(counts: Sequence[Counts]) -> Floats:
    """[networks, 6]: by ``CellMs``, how often each of its times counts."""
    return np.array([(1, *astuple(each), each.none) for each in counts], np.float64)


def fit(counts: Sequence[Counts], ms: Floats) -> CellMs:
    """The law of a device.

    Args:
        counts: of the cells of at least five networks, no kind in all of them as often.
        ms: [networks] their times, all above 0.

    Raises:
        ValueError: too few networks, or times that are no times.
    """
    columns = matrix(counts)[:, :-1]
    if len(ms) != len(columns) or len(ms) < columns.shape[1] or not (ms > 0).all():
        raise ValueError(
            f"came {len(columns)} networks and {len(ms)} times, expected at least "
            f"{columns.shape[1]} of both and times above 0"
        )
    if _least_absolute(columns, ms)[-1] < 0:
        # An addition more is cheaper where it takes the place of a `none` that costs more.
        columns[:, -1] = [each.none for each in counts]
        frame, conv_1x1, conv_3x3, avg_pool, none = _not_negative(columns, ms)
        return CellMs(frame, conv_1x1, conv_3x3, avg_pool, 0.0, none)
    frame, conv_1x1, conv_3x3, avg_pool, add = _not_negative(columns, ms)
    return CellMs(frame, conv_1x1, conv_3x3, avg_pool, add, 0.0)


def _not_negative(columns: Floats, ms: Floats) -> list[float]:
    """What would cost less than nothing costs nothing."""
    used = list(range(columns.shape[1]))
    found = _least_absolute(columns, ms)
    while found.min() < 0:
        del used[int(np.argmin(found))]
        found = _least_absolute(columns[:, used], ms)
    whole = np.zeros(columns.shape[1])
    whole[used] = found
    return [float(value) for value in whole]


def _least_absolute(columns: Floats, ms: Floats) -> Floats:
    relative = columns / ms[:, None]
    weights = np.ones(len(ms))
    found = np.zeros(columns.shape[1])
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)
        found = np.linalg.lstsq(relative * root[:, None], root, rcond=None)[0]
        weights = 1 / np.maximum(np.abs(relative @ found - 1), _LEAST)
    return found


def predict(law: CellMs, counts: Sequence[Counts]) -> Floats:
    """[networks] times in ms."""
    ms: Floats = matrix(counts) @ np.array(astuple(law))
    return ms


def reach(law: CellMs, counts: Sequence[Counts], ms: Floats, share: float = SHARE) -> float:
    """The factor around a price within which this share of times lies, at least 1.

    Args:
        counts, ms: networks that the law was not fitted to (split conformal prediction, Lei et al.
            2018, JASA 113(523)).
    """
    far = np.sort(np.abs(np.log(ms / predict(law, counts))))
    place = min(len(far), math.ceil(share * (len(far) + 1))) - 1
    return math.exp(far[place])
