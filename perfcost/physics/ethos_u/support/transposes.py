"""Constraints on TRANSPOSE for an Ethos-U55 or U65; an Ethos-U85 takes any of at most 8 axes.

Restates the transpose checks of Regor (tflite/tflite_supported_operators.cpp and _u55.cpp,
Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

import math
from itertools import combinations

from perfcost.physics.ethos_u.support.rule import Case, Found, Rule, padded, shape_text

_MAX_RANK = 8
_MAX_AXIS = 1 << 16
_MAX_INT32_DEPTH = 1 << 15
_MAX_INT32_SWAPPED_DEPTH = 1 << 14

# Orders of the last three axes, named by what stands at height, width, channels of the result.
_NAMES = {(0, 2, 1): "HCW", (1, 0, 2): "WHC", (1, 2, 0): "WCH", (2, 0, 1): "CHW", (2, 1, 0): "CWH"}


def _order(case: Case) -> str:
    """``same``, one of ``_NAMES`` where only the last three axes move, else ``other``."""
    permutation = case.values() or ()
    rank = len(permutation)
    if permutation == tuple(range(rank)):
        return "same"
    full = (*range(max(0, 3 - rank)), *(axis + max(0, 3 - rank) for axis in permutation))
    fixed = len(full) - 3
    if full[:fixed] != tuple(range(fixed)):
        return "other"
    return _NAMES.get(tuple(axis - fixed for axis in full[fixed:]), "other")


def _found(case: Case) -> Found:
    order = shape_text(case.values() or ())
    return case.ifm.name, f"{shape_text(case.ifm.shape)} in order {order}"


def _rank(case: Case) -> Found | None:
    permutation = case.at(1)
    if permutation is None or not permutation.shape or permutation.shape[-1] <= _MAX_RANK:
        return None
    return case.ifm.name, f"rank {permutation.shape[-1]}"


def _int32(case: Case) -> Found | None:
    if case.ifm.dtype != "int32":
        return None
    shape = padded(case.ifm.shape)
    order = _order(case)
    found = _found(case)
    if len(shape) > 4:
        return found
    n, height, width, depth = shape
    if order == "same":
        fits = depth <= _MAX_INT32_DEPTH
    elif order == "WHC":
        fits = n == 1 and max(height, width) <= _MAX_AXIS and depth <= _MAX_INT32_SWAPPED_DEPTH
    else:
        fits = order == "HCW" and max(n * height, width, depth) <= _MAX_AXIS
    return None if fits else found


def _narrow(case: Case) -> Found | None:
    if case.ifm.dtype in ("int32", "int64"):
        return None
    shape = case.ifm.shape
    order = _order(case)
    if order == "same":
        return None
    outer = math.prod(shape[:-3])
    if order != "other" and (len(shape) <= 3 or outer == 1):
        longest = max(shape[-3:], default=0)
    else:
        elements = math.prod(shape)
        longest = max(
            (elements // (a * b) for a, b in combinations(shape, 2) if elements), default=0
        )
    if longest <= _MAX_AXIS:
        return None
    return _found(case)


TRANSPOSE = (
    Rule(
        "transpose_rank",
        "TRANSPOSE takes at most 8 axes",
        "reshape axes that stay together into one",
        _rank,
    ),
)

TRANSPOSE_U55 = (
    Rule(
        "transpose_int32",
        "a TRANSPOSE of int32 swaps height and width of batch 1, or width and channels, of at most"
        " 4 axes of at most 65536",
        "quantise the tensor to int8 or int16 before the TRANSPOSE",
        _int32,
    ),
    Rule(
        "transpose_shape",
        "a TRANSPOSE has axes of at most 65536, and, with a fourth axis, products of all axes but"
        " two of at most 65536",
        "split the tensor along its longest axis and transpose the parts",
        _narrow,
    ),
)
