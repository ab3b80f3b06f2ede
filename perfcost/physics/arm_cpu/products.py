"""Kernels that multiply: tiles of matrix products, and channels of windows.

Tiles are those of XNNPACK's micro-kernels and ruy's, named after them.
"""

from __future__ import annotations

import math

from perfcost.graph import Graph, Op, Tensor
from perfcost.physics.arm_cpu.tasks import Task

_TILES = {
    ("xnnpack", "int8"): (4, 16, 4), ("xnnpack", "uint8"): (4, 16, 1), ("xnnpack", ""): (6, 8, 1),
    ("builtin", "int8"): (8, 8, 4), ("builtin", "uint8"): (8, 8, 4), ("builtin", ""): (8, 8, 1),
}  # fmt: skip
"""(rows, columns, depth) of a tile, by engine and type: 4x16c4, 4x16 (no dot products of uint8) and
6x8 are in the names of XNNPACK's kernels for this core, 8x8 of ruy's."""

MATRIX = frozenset({"CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"})
_TAPS = (3, 9, 25)
"""Taps that XNNPACK's kernels of depthwise convolutions take at once; fewer are filled up. More
make it a convolution of a group a channel, of which most of a tile is empty."""
MOST_TAPS = _TAPS[-1]
_DEPTH_AT_ONCE, _DEPTH_OF_LOOP = 8, 16
_DOT_PRODUCT = 4
_LANES = 8
"""Channels that kernels of depthwise convolutions and pools take at once."""
_NARROW = 8
"""Floats of fewer columns than a tile has others of XNNPACK's kernels."""
_UNEVEN = range(1, 7)
"""Columns beside whole tiles with which products of floats that see no window take half as long
again in XNNPACK; the seventh makes them fast, as a whole tile does."""


def rows_of_tile(engine: str, dtype: str) -> int:
    """Rows of the result that a kernel of matrix products works out at once."""
    return _TILES[engine, dtype if dtype in ("int8", "uint8") else ""][0]


def product(graph: Graph, op: Op, engine: str, data: list[Tensor], made: Tensor) -> Task | None:
    """The task of an op that multiplies or goes over windows; ``None`` for another.

    Args:
        engine: ``xnnpack`` or ``builtin``.
        data: its operands that are not constant.
        made: its first result.
    """
    if not data:
        return None
    if op.kind in MATRIX:
        return _matrix(graph, op, engine, data, made)
    if op.kind == "DEPTHWISE_CONV_2D" and len(op.inputs) > 1 and op.inputs[1] >= 0:
        return _depthwise(graph, op, engine, data[0], made)
    window = op.attrs.get("window")
    if isinstance(window, tuple) and len(window) == 2:
        height, width = int(window[0]), int(window[1])
        if engine == "xnnpack":
            return _lanes(made, height * width, (), op)
        strided = ("strided",) if max(op.pair("stride")) > 1 else ()
        return _seen_alone(op, data[0], made, (height, width), strided)
    return None


def _depthwise(graph: Graph, op: Op, engine: str, source: Tensor, made: Tensor) -> Task:
    height, width = _window(graph.tensors[op.inputs[1]].shape)
    taps = height * width
    if engine != "xnnpack":
        return _own_depthwise(op, source, made, height, width)
    if taps > MOST_TAPS:
        return _channel_by_channel(source, made, taps)
    taps = next(unit for unit in _TAPS if taps <= unit)
    return _lanes(made, taps, (f"{height}x{width}", f"{taps} taps"), op)


def _own_depthwise(op: Op, source: Tensor, made: Tensor, height: int, width: int) -> Task:
    """TFLite's own kernels: of 3 x 3 with dot products, or plain ones, which skip the padding."""
    channels = source.shape[-1] if source.shape else 1
    multiplied, dilated = made.shape[-1] != channels, op.pair("dilation") != (1, 1)
    square = height == width == 3 and op.pair("stride") in ((1, 1), (2, 2))
    at_once = square and not dilated and not multiplied and not channels % 8
    kernel = "3x3 at once" if at_once else f"{height}x{width}"
    name = f"{kernel} strided" if max(op.pair("stride")) > 1 else kernel
    padding = op.attrs.get("padding")
    padded = isinstance(padding, tuple) and any(padding)
    closer = " padded" if at_once and padded else ""
    closer += (" dilated" if dilated else "") + (" multiplied" if multiplied else "")
    variants = (name + closer, name) if closer else (name,)
    return _seen_alone(op, source, made, (height, width), variants)


def _seen_alone(
    op: Op, source: Tensor, made: Tensor, window: tuple[int, int], variants: tuple[str, ...]
) -> Task:
    """A kernel that skips what is padded, some channels at a time."""
    seen = _seen(op, source, made, *window)
    deep = made.shape[-1] if made.shape else 1
    return Task(
        tiles=made.elements / max(1, deep) * (_up(deep, _LANES) // _LANES),
        macs=seen * deep,
        steps=seen * (_up(deep, _LANES) // _LANES),
        left=seen * (deep % _LANES),
        variants=variants,
    )


def _seen(op: Op, source: Tensor, made: Tensor, height: int, width: int) -> float:
    """Taps that fall on the map, over all places of the result."""
    if len(source.shape) != 4 or len(made.shape) != 4:
        return float(made.elements / max(1, made.shape[-1]) * height * width)
    padding = op.attrs.get("padding")
    before = padding[:2] if isinstance(padding, tuple) and len(padding) == 4 else (0, 0)
    found = float(made.shape[0])
    for axis, taps in enumerate((height, width)):
        stride, dilation = max(1, op.pair("stride")[axis]), op.pair("dilation")[axis]
        size, places = source.shape[1 + axis], made.shape[1 + axis]
        found *= sum(
            _on_map(tap * dilation - int(before[axis]), stride, size, places) for tap in range(taps)
        )
    return found


def _on_map(offset: int, stride: int, size: int, places: int) -> int:
    """For how many of so many places one tap falls on a map of that size."""
    first = max(0, -(offset // stride)) if offset < 0 else 0
    last = (size - 1 - offset) // stride
    return max(0, min(places - 1, last) - first + 1)


def _channel_by_channel(source: Tensor, made: Tensor, taps: int) -> Task:
    """A matrix product a channel of the input, of which most of each tile is empty."""
    high, wide, _ = _TILES["xnnpack", _type(source)]
    columns = made.shape[-1] if made.shape else 1
    groups = source.shape[-1] if source.shape else 1
    rows = made.elements // max(1, columns)
    each = _up(max(1, columns // max(1, groups)), wide) // wide
    tiles = float(groups * each * (_up(rows, high) // high))
    return Task(tiles, tiles * taps, tiles * taps, variants=("a group a channel",))


def _matrix(graph: Graph, op: Op, engine: str, data: list[Tensor], made: Tensor) -> Task | None:
    second = graph.tensors[op.inputs[1]] if len(op.inputs) > 1 and op.inputs[1] >= 0 else None
    if second is None or not made.shape:
        return None
    high, wide, deep = _TILES[engine, _type(data[0])]
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
        taps = math.prod(_window(second.shape))
        batches = max(1, (data[0].shape[-1] if data[0].shape else 1) // max(1, depth))
        columns //= batches
    elif op.kind == "TRANSPOSE_CONV" and len(second.shape) == 4:
        down, across = op.pair("stride")
        taps = max(1, round(math.prod(_window(second.shape)) / max(1, down * across)))
    variants = _matrix_variants(op, engine, (data[0], second), rows, columns, taps, batches)
    if engine == "builtin":  # patches are copied out, all taps one after the other
        depth, taps = depth * taps, 1
    high = 1 if rows == 1 else high
    across = _up(columns, wide) // wide
    tiles = float(batches * (_up(rows, high) // high) * across)
    steps, macs = tiles * taps, tiles * high * wide * taps * _up(depth, deep)
    over = depth % _DEPTH_OF_LOOP
    return Task(
        tiles,
        macs,
        steps,
        ragged=steps if depth % _DEPTH_AT_ONCE else 0.0,
        depth_left=steps * (over // _DOT_PRODUCT if engine == "xnnpack" else over),
        torn=macs / across if columns % wide else 0.0,
        variants=variants,
    )


def _matrix_variants(
    op: Op,
    engine: str,
    operands: tuple[Tensor, Tensor],
    rows: int,
    columns: int,
    taps: int,
    groups: int,
) -> tuple[str, ...]:
    if op.kind == "CONV_2D":
        strided = max(op.pair("stride")) > 1
        name = "pointwise" if taps == 1 and not strided else "window"
        if rows == 1:
            name = "one place"
    elif op.kind == "FULLY_CONNECTED":
        name = "vector" if rows == 1 else "matrix"
    else:
        return ()
    first, second = operands
    closer: list[str] = []
    if engine == "xnnpack":
        floats = not _type(first)
        if floats and columns < _NARROW:
            closer.append(f"{name} narrow {4 if columns <= _NARROW // 2 else _NARROW}")
        if floats and name != "window" and columns % _NARROW in _UNEVEN:
            closer.append(f"{name} uneven")
    elif op.kind == "CONV_2D":
        if groups > 1:
            closer.append(f"{name} grouped")
        if max(op.pair("dilation")) > 1:
            closer.append(f"{name} dilated")
    elif second.quantization is not None and len(second.quantization.scales) > 1:
        closer.append(f"{name} by channel")
    return (*closer, name)


def _lanes(made: Tensor, taps: int, variants: tuple[str, ...], op: Op) -> Task:
    """A kernel that takes some channels of one place at a time."""
    channels = made.shape[-1] if made.shape else 1
    tiles = made.elements / max(1, channels) * (_up(channels, _LANES) // _LANES)
    if max(op.pair("stride")) > 1:
        variants = tuple(f"{variant} strided" for variant in variants)
    return Task(tiles, tiles * _LANES * taps, tiles * taps, variants=variants)


def _type(tensor: Tensor) -> str:
    return tensor.dtype if tensor.dtype in ("int8", "uint8") else ""


def _window(shape: tuple[int, ...]) -> tuple[int, int]:
    return (shape[1], shape[2]) if len(shape) == 4 else (1, 1)


def _up(count: int, unit: int) -> int:
    return -(-count // unit) * unit
