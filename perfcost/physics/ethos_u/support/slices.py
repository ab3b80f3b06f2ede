"""Constraints on parameter tensors (axes, pads, bounds) and on STRIDED_SLICE.

Restates the checks of Regor (tflite/tflite_supported_operators.cpp, Vela 5.2.0, Apache-2.0). Regor
asks the ops of ``CONSTANT`` for constant parameters; for reductions, ARG_MAX, TILE and their kind
it reads the parameter without asking, and fails on one that is computed, so they are here as well.
"""

from __future__ import annotations

from perfcost.physics.ethos_u.support.rule import Case, Found, Rule, padded, shape_text


def _constant(case: Case) -> Found | None:
    for position in case.layout.params:
        tensor = case.at(position)
        if tensor is not None and tensor.constant is None:
            return tensor.name, "computed by the network"
    return None


def _pad_dtype(case: Case) -> Found | None:
    pads = case.at(1)
    return None if pads is None or pads.dtype in ("int32", "int64") else (pads.name, pads.dtype)


def _sizes(case: Case) -> tuple[list[int], list[int]]:
    """(extent, stride) of each axis of the input that a STRIDED_SLICE takes, as Regor reads it.

    A new axis counts as an axis of the input there, and is not handled in any other way.
    """
    shape = case.ifm.shape
    begins, ends, strides = (case.values(i) or () for i in range(3))
    masks = {name: case.op.integer(f"{name}_mask") for name in ("begin", "end", "ellipsis")}
    shrink = case.op.integer("shrink_axis_mask")
    rank, count = len(shape), min(len(begins), len(ends), len(strides))
    extents, steps = list(shape), [1] * rank
    axis = 0
    for at in range(count):
        bit = 1 << at
        if masks["ellipsis"] & bit:
            axis = rank - (count - at - 1)
            continue
        if not 0 <= axis < rank:
            break
        full, shrunk, start = shape[axis], bool(shrink & bit), 0
        if not masks["begin"] & bit or shrunk:
            start = begins[at] + (full if begins[at] < 0 else 0)
            start = max(0, min(start, full - 1))
            extents[axis] = 1 if shrunk else full - start
        if not masks["end"] & bit and not shrunk:
            end = ends[at] + (full if ends[at] < 0 else 0)
            extents[axis] = max(1, min(end, full)) - start
        steps[axis] = strides[at]
        axis += 1
    return extents, steps


def _axis_strides(case: Case) -> Found | None:
    steps = padded(tuple(_sizes(case)[1]), 3)
    product = 1
    for step in (*steps[:-3], steps[-1]):
        product *= step
    return None if product == 1 else ("the strides", shape_text(case.values(2) or ()))


def _forward(case: Case) -> Found | None:
    if all(step >= 0 for step in _sizes(case)[1]):
        return None
    return "the strides", shape_text(case.values(2) or ())


def _volume(case: Case) -> Found | None:
    extents = _sizes(case)[0]
    if any(extent > 0 for extent in extents):
        return None
    return case.ifm.name, f"a slice of {shape_text(tuple(extents))}"


CONSTANT = (
    Rule(
        "constant_parameter",
        "axes, pads, bounds and permutations are constants of the file",
        "store the parameter as a constant (convert the model with fixed shapes)",
        _constant,
    ),
)

PAD = (
    *CONSTANT,
    Rule(
        "pad_dtype",
        "pads are int32 or int64",
        "store the pads as int32",
        _pad_dtype,
    ),
)

STRIDED_SLICE = (
    *CONSTANT,
    Rule(
        "slice_stride_axis",
        "STRIDED_SLICE strides over height and width alone",
        "slice with stride 1 on this axis, or transpose it to the width",
        _axis_strides,
    ),
    Rule(
        "slice_stride_sign",
        "STRIDED_SLICE has no negative strides",
        "slice forwards: store constants reversed, or reverse the data before the network",
        _forward,
    ),
    Rule(
        "slice_empty",
        "STRIDED_SLICE takes at least one element",
        "remove the slice, or widen its bounds",
        _volume,
    ),
)
