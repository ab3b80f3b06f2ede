"""Kernels of matrix products: convolutions, fully connected layers and their like."""

from __future__ import annotations

import math

from perfcost.graph import Graph, Op, Tensor
from perfcost.physics.arm_cpu.tasks import Task
from perfcost.physics.arm_cpu.tiles import is_float, tile_of, up, window_of

MATRIX = frozenset({"CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"})
FEW_COLUMNS = 2
"""That XNNPACK's other kernels of floats work out at once."""
_DEPTH_AT_ONCE, _DEPTH_OF_LOOP = 8, 16
_DOT_PRODUCT = 4
_NARROW = 8
"""Floats of fewer columns than a tile has others of XNNPACK's kernels."""
_WASTE = 100
"""One column in so many may be wasted before others are better."""


def product(graph: Graph, op: Op, engine: str, data: list[Tensor], made: Tensor) -> Task | None:
    """The task of an op of ``MATRIX``; ``None`` for another, or without weights.

    Args:
        engine: ``xnnpack`` or ``builtin``.
        data: its operands that are not constant.
        made: its first result.
    """
    if op.kind not in MATRIX or not data:
        return None
    second = graph.tensors[op.inputs[1]] if len(op.inputs) > 1 and op.inputs[1] >= 0 else None
    if second is None or not made.shape:
        return None
    high, wide, deep = tile_of(engine, data[0].dtype)
    columns, taps = made.shape[-1], 1
    rows = made.elements // max(1, columns)
    batches = 1
    if op.kind == "BATCH_MATMUL":
        depth = data[0].shape[-1] if data[0].shape else 1
        batches = math.prod(made.shape[:-2]) if len(made.shape) > 2 else 1
        rows = rows // max(1, batches)
    else:
        depth = second.shape[-1] if second.shape else 1
    if op.kind == "CONV_2D" and len(second.shape) == 4:
        taps = math.prod(window_of(second.shape))
        batches = max(1, (data[0].shape[-1] if data[0].shape else 1) // max(1, depth))
        columns //= batches
    elif op.kind == "TRANSPOSE_CONV" and len(second.shape) == 4:
        down, across = op.pair("stride")
        taps = max(1, round(math.prod(window_of(second.shape)) / max(1, down * across)))
    variants = _matrix_variants(op, engine, (data[0], second), rows, columns, batches)
    if engine == "builtin":  # patches are copied out, all taps one after the other
        depth, taps = depth * taps, 1
    high = 1 if rows == 1 else high
    if engine == "xnnpack" and takes_few_columns(op, data[0], second, columns):
        wide = FEW_COLUMNS
    across = up(columns, wide) // wide
    tiles = float(batches * (up(rows, high) // high) * across)
    steps, macs = tiles * taps, tiles * high * wide * taps * up(depth, deep)
    over = depth % _DEPTH_OF_LOOP
    return Task(
        tiles,
        macs,
        steps,
        ragged=steps if depth % _DEPTH_AT_ONCE else 0.0,
        depth_left=steps * (over // _DOT_PRODUCT if engine == "xnnpack" else over),
        torn=macs / across if columns % wide else 0.0,
        runs=_copies(op, second, rows) if engine == "builtin" else 0.0,
        variants=variants,
    )


def _copies(op: Op, weights: Tensor, places: int) -> float:
    """Rows of patches that TFLite's own convolutions copy, each in one piece."""
    return float(places * window_of(weights.shape)[0]) if sees_window(op, weights) else 0.0


def sees_window(op: Op, weights: Tensor) -> bool:
    """Whether a convolution is more than a product of its input, as that lies, by its weights."""
    taps = math.prod(window_of(weights.shape))
    return op.kind == "CONV_2D" and (taps > 1 or max(op.pair("stride")) > 1)


def takes_few_columns(op: Op, source: Tensor, weights: Tensor, columns: int) -> bool:
    """Whether a product of floats takes XNNPACK's kernels of few columns: where those waste fewer,
    and the others more than one in a hundred (`xnn_use_nr2`). Windows do not.
    """
    wasted = -columns % _NARROW
    better = -columns % FEW_COLUMNS < wasted and wasted * _WASTE > columns
    return better and is_float(source) and not sees_window(op, weights)


def _matrix_variants(
    op: Op,
    engine: str,
    operands: tuple[Tensor, Tensor],
    rows: int,
    columns: int,
    groups: int,
) -> tuple[str, ...]:
    first, second = operands
    if op.kind == "CONV_2D":
        name = "window" if sees_window(op, second) else "pointwise"
        if rows == 1:
            name = "one place"
    elif op.kind == "FULLY_CONNECTED":
        name = "vector" if rows == 1 else "matrix"
    else:
        return ()
    closer: list[str] = []
    if engine == "xnnpack":
        if is_float(first) and columns < _NARROW:
            closer.append(f"{name} narrow {4 if columns <= _NARROW // 2 else _NARROW}")
        if takes_few_columns(op, first, second, columns):
            closer.append(f"{name} uneven")
    elif op.kind == "CONV_2D":
        if groups > 1:
            closer.append(f"{name} grouped")
        if max(op.pair("dilation")) > 1:
            closer.append(f"{name} dilated")
        if 1 < rows <= tile_of(engine, first.dtype)[0]:
            closer.append(f"{name} few places")
    elif second.quantization is not None and len(second.quantization.scales) > 1:
        closer.append(f"{name} by channel")
    return (*closer, name)
