"""Shapes of ops that work element by element, and of reductions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfcost.ops.categories import CATEGORY_OF
from perfcost.shapes.call import Call, Rule, Shape


def broadcast(call: Call, shapes: Sequence[Shape]) -> Shape:
    """The shape that all of ``shapes`` stretch to: aligned at the last axis, 1 stretches."""
    rank = max(map(len, shapes), default=0)
    found = [1] * rank
    for shape in shapes:
        for axis, extent in enumerate(shape, rank - len(shape)):
            if found[axis] == 1:
                found[axis] = extent
            elif extent not in (1, found[axis]):
                raise call.error(f"shapes {[list(s) for s in shapes]}; extents must be equal or 1")
    return tuple(found)


def _broadcast(call: Call) -> list[Shape]:
    slots = [slot for slot in range(len(call.inputs)) if call.has(slot)]
    return [broadcast(call, [call.shape(slot) for slot in slots])]


def _same(call: Call) -> list[Shape]:
    return [call.shape(0)] * call.outputs


def _reduce(call: Call) -> list[Shape]:
    data = call.shape(0)
    axes = {call.axis(axis, len(data)) for axis in call.values(1)} if data else set()
    if call.attrs.get("keep_dims"):
        return [tuple(1 if axis in axes else extent for axis, extent in enumerate(data))]
    return [tuple(extent for axis, extent in enumerate(data) if axis not in axes)]


def _arg(call: Call) -> list[Shape]:
    data = call.shape(0)
    axis = call.axis(call.values(1)[0], len(data))
    return [(*data[:axis], *data[axis + 1 :])]


_BROADCAST = """ADD SUB MUL DIV MAXIMUM MINIMUM POW FLOOR_DIV FLOOR_MOD SQUARED_DIFFERENCE ATAN2
    LESS GREATER GREATER_EQUAL LESS_EQUAL EQUAL NOT_EQUAL LOGICAL_OR LOGICAL_AND BITWISE_XOR
    RIGHT_SHIFT SELECT_V2 PRELU""".split()
_SAME = """FLOOR CEIL ROUND EXP LOG SIN COS SQRT RSQRT SQUARE ABS NEG SIGN LOGICAL_NOT COMPLEX_ABS
    REAL IMAG ADD_N BUCKETIZE QUANTIZE DEQUANTIZE CAST FAKE_QUANT DENSIFY ZEROS_LIKE CUMSUM
    REVERSE_V2    REVERSE_SEQUENCE DYNAMIC_UPDATE_SLICE""".split()
_REDUCE = "MEAN SUM REDUCE_PROD REDUCE_MAX REDUCE_MIN REDUCE_ANY REDUCE_ALL".split()
_ONE_OPERAND = [
    kind
    for kind, category in CATEGORY_OF.items()
    if category in ("activation", "normalization") and kind not in _BROADCAST
]

ELEMENT_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_ONE_OPERAND, _same),
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(_BROADCAST, _broadcast),
    **dict.fromkeys(_REDUCE, _reduce),
    "SELECT": lambda call: [call.shape(1)],
    "ARG_MAX": _arg,
    "ARG_MIN": _arg,
}
