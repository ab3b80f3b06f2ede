"""How many columns of a matrix product XNNPACK works out before it goes on to the next.

It goes through all rows of the result for some columns, then through all rows again for the next.
How many columns that are is for it to find out: the weights of so many, a tile's rows of the input
and its results shall fit a cache (`xnn_gemm_best_tile_size`). What it takes the caches of a
Cortex-A55 to be, a library says that knows cores, not the board at hand.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from perfcost.graph import Graph, Op, Tensor
from perfcost.physics.arm_cpu.products import FEW_COLUMNS, sees_window, takes_few_columns
from perfcost.physics.arm_cpu.tiles import tile_of

_CACHES = (32 << 10, 512 << 10)
_LINE = 64
_EXTRA_BYTES = {"int8": 8, "uint8": 4}
"""That a packed column holds beside its weights: sum and scale."""
_SUM_BYTES = 4
_DEPTH_UNIT = {"int8": 4}


@dataclass(frozen=True, slots=True)
class Product:
    """A matrix product as XNNPACK sees it.

    Attributes:
        rows, columns: of the result, of one group.
        row_bytes: from one row of the input to the next; of a window, from one line of the map.
        column_bytes: of a packed column of weights.
        result_bytes: of one element of the result.
        tile: rows and columns that a kernel works out at once.
    """

    rows: int
    columns: int
    row_bytes: int
    column_bytes: int
    result_bytes: int
    tile: tuple[int, int]


def turns_of(graph: Graph, op: Op, source: Tensor, made: Tensor) -> tuple[int, int] | None:
    """(turns that XNNPACK takes through the columns of a product, bytes of the weights of one).

    ``None`` for an op that is no product by weights.
    """
    found = _product(graph, op, source, made)
    if found is None:
        return None
    columns = columns_at_once(found)
    return -(-found.columns // columns), columns * found.column_bytes


def columns_at_once(product: Product) -> int:
    """Columns of one turn."""
    high, wide = min(product.tile[0], product.rows), min(product.tile[1], product.columns)
    units = -(-product.columns // wide)
    if high < product.rows:
        room = next((size for size in _CACHES if _bytes(product, high, wide) <= size), 0)
        if room:
            taken = bisect_right(
                range(1, units + 1), room, key=lambda n: _bytes(product, high, n * wide)
            )
            units = max(1, taken)
    turns = -(-product.columns // (units * wide))
    return min(-(-product.columns // (turns * wide)) * wide, product.columns)


def _bytes(product: Product, rows: int, columns: int) -> int:
    """Of whole lines that so many rows and columns take."""
    lines = _lines(rows * product.row_bytes) + _lines(columns * product.column_bytes)
    return _LINE * (lines + rows * _lines(columns * product.result_bytes))


def _lines(nbytes: int) -> int:
    return -(-nbytes // _LINE)


def _product(graph: Graph, op: Op, source: Tensor, made: Tensor) -> Product | None:
    weights = graph.tensors[op.inputs[1]] if len(op.inputs) > 1 and op.inputs[1] >= 0 else None
    if op.kind not in ("CONV_2D", "FULLY_CONNECTED") or weights is None or not weights.elements:
        return None
    depth, size = weights.shape[-1], max(1, source.nbytes // max(1, source.elements))
    taps = weights.elements // (weights.shape[0] * depth)
    width, groups = 1, 1
    if op.kind == "CONV_2D" and len(source.shape) == 4:
        groups = max(1, source.shape[3] // depth)
        if sees_window(op, weights):
            width = source.shape[2]
    columns = max(1, weights.shape[0] // groups)
    tile = tile_of("xnnpack", source.dtype)[:2]
    if takes_few_columns(op, source, weights, columns):
        tile = (tile[0], FEW_COLUMNS)
    unit = _DEPTH_UNIT.get(source.dtype, 1)
    packed = -(-depth // unit) * unit * taps * size
    return Product(
        rows=max(1, made.elements // max(1, made.shape[-1] if made.shape else 1)),
        columns=columns,
        row_bytes=math.prod((width, depth, groups, size)),
        column_bytes=packed + _EXTRA_BYTES.get(source.dtype, _SUM_BYTES),
        result_bytes=max(1, made.nbytes // max(1, made.elements)),
        tile=tile,
    )
