"""Kernels that walk over elements: in how long stretches, and by which of several loops."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfcost.graph import Graph, Op, Tensor
from perfcost.physics.arm_cpu.tasks import Task

_PAIRWISE = frozenset(
    {"ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"}
)  # fmt: skip
_REDUCE = frozenset({"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"})
_LARGER = frozenset({"PAD", "PADV2", "MIRROR_PAD"})
_PART_OF_OTHER = _LARGER | {"SLICE", "STRIDED_SLICE"}
_VECTOR = {"xnnpack": 8, "builtin": 16}
"""Elements that an inner loop over pairs takes at once."""
_REDUCED_AT_ONCE = 4
_SQUARE = 16
"""Rows and columns of a tile of a matrix that is transposed."""


def walk(graph: Graph, op: Op, engine: str, made: Tensor) -> Task | None:
    """The task of an op of elements whose loops differ; ``None`` for another.

    Args:
        engine: ``xnnpack`` or ``builtin``.
        made: its first result.
    """
    operands = [graph.tensors[t] for t in op.inputs if t >= 0]
    if not operands:
        return None
    if op.kind in _PAIRWISE:
        return _pairwise(op, engine, operands, made)
    if op.kind in _REDUCE:
        return _reduced(graph, op, operands[0])
    if op.kind == "TRANSPOSE":
        return _transposed(graph, op, operands[0])
    if op.kind == "CONCATENATION" and made.shape:
        outer = math.prod(made.shape[: _axis(op) % len(made.shape)])
        name = "one after the other" if outer == 1 else "in turns"
        return Task(runs=float(outer * len(operands)), variants=(name,))
    if op.kind == "GATHER" and operands[0].shape:
        inner = math.prod(operands[0].shape[_axis(op) % len(operands[0].shape) + 1 :])
        return Task(runs=made.elements / max(1, inner))
    if op.kind in _LARGER and engine == "xnnpack":
        return Task(runs=made.elements / _beside_padding(operands[0].shape, made.shape))
    if op.kind in _PART_OF_OTHER:
        part, whole = (operands[0], made) if op.kind in _LARGER else (made, operands[0])
        return Task(runs=part.elements / _together(part.shape, whole.shape))
    return None


def _axis(op: Op) -> int:
    axis = op.attrs.get("axis", 0)
    return axis if isinstance(axis, int) else 0


def _together(part: tuple[int, ...], whole: tuple[int, ...]) -> int:
    """Elements of a part that lie side by side in the whole."""
    inner = 1
    for own, other in zip(reversed(part), reversed(whole), strict=False):
        inner *= max(1, own)
        if own != other:
            break
    return inner


def _beside_padding(source: tuple[int, ...], padded: tuple[int, ...]) -> int:
    """Elements that a padding copies at once: those of all axes after the last padded one."""
    inner = 1
    for own, made in zip(reversed(source), reversed(padded), strict=False):
        if own != made:
            break
        inner *= max(1, own)
    return max(1, padded[-1]) if inner == 1 and padded else inner


def _pairwise(op: Op, engine: str, operands: Sequence[Tensor], made: Tensor) -> Task:
    first, second = operands[0], operands[-1]
    name, inner = _stretch(first.shape, second.shape, made.shape)
    runs = made.elements / max(1, inner)
    left = runs * (inner % _VECTOR[engine])
    clamps = op.attrs.get("activation", "NONE") != "NONE" and made.dtype.startswith("float")
    if clamps and engine == "xnnpack":  # an operator of its own
        return Task(runs=runs, left=left, variants=(f"{name} clamped", "clamped"))
    return Task(runs=runs, left=left, variants=(name,))


def _stretch(
    first: tuple[int, ...], second: tuple[int, ...], made: tuple[int, ...]
) -> tuple[str, int]:
    """(loop, elements that it goes through at once) of operands that are spread over a result."""
    whole = math.prod(made)
    rank = max(len(made), len(first), len(second))
    made, first, second = ((1,) * (rank - len(shape)) + shape for shape in (made, first, second))
    if first == second:
        return "alike", whole
    if math.prod(first) == 1 or math.prod(second) == 1:
        return "by one number", whole
    alike: bool | None = None
    inner = 1
    for size, one, other in zip(reversed(made), reversed(first), reversed(second), strict=True):
        if size != 1:
            if alike is not None and alike != (one == other):
                break
            alike = one == other
        inner *= size
    return ("spread outside" if alike else "spread inside"), inner


def _reduced(graph: Graph, op: Op, source: Tensor) -> Task:
    shape = source.shape
    axes = _setting(graph, op)
    depth = shape[-1] if shape else 1
    places = source.elements / max(1, depth)
    left = places * -(-depth // _REDUCED_AT_ONCE)
    if axes is None or not shape:
        return Task(runs=places, left=left)
    named = sorted({axis % len(shape) for axis in axes})
    if named == [1, 2] and len(shape) == 4:
        if op.attrs.get("keep_dims"):  # for which TFLite has a loop of its own
            return Task(runs=places, left=left, variants=("of images kept",))
        name = "of images"
    elif named == list(range(len(shape) - len(named), len(shape))):
        name = "of last axes"
    else:
        name = "of other axes"
    return Task(runs=places, left=left, variants=(name, "by index"))


def _transposed(graph: Graph, op: Op, source: Tensor) -> Task | None:
    """Axes that stay side by side move as one."""
    order, shape = _setting(graph, op), source.shape
    if order is None or sorted(order) != list(range(len(shape))):
        return None
    parts: list[list[int]] = []
    for axis in (axis for axis in order if shape[axis] != 1):
        last = parts[-1][-1] if parts else len(shape)
        if last < axis and all(shape[between] == 1 for between in range(last + 1, axis)):
            parts[-1].append(axis)
        else:
            parts.append([axis])
    if len(parts) < 2:
        return Task(runs=1.0, variants=("copied",))
    furthest = max(axis for part in parts for axis in part)
    inner = math.prod(shape[axis] for axis in parts[-1])
    if parts[-1][-1] == furthest:
        return Task(runs=source.elements / max(1, inner), variants=("last axis stays",))
    # Matrices, the result's last part by the source's, each in square tiles.
    beside = next(part for part in parts if furthest in part)
    other = math.prod(shape[axis] for axis in beside)
    matrices = source.elements / max(1, inner * other)
    return Task(
        tiles=matrices * -(-inner // _SQUARE) * -(-other // _SQUARE),
        steps=matrices,
        runs=source.elements / max(1, inner),
        variants=(f"{len(parts)} parts",),
    )


def _setting(graph: Graph, op: Op) -> tuple[int, ...] | None:
    """Axes or an order, if they are known."""
    if len(op.inputs) < 2 or op.inputs[1] < 0:
        return None
    constant = graph.tensors[op.inputs[1]].constant
    return constant.values if constant is not None else None
