"""What one op makes a processor do, in counts that laws are linear in.

Kernels of matrix products work on tiles: so many rows by so many columns, the depth in steps
(XNNPACK's micro-kernels and ruy's, named after their tiles). A tile that is not full costs a full
one, so counts are those of whole tiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from perfcost.graph import Graph, Op, Tensor
from perfcost.ops import kind_of

TERMS = (
    "op", "tiles", "macs", "steps", "written", "read", "rows", "read_far", "written_far",
    "weights", "weights_far", "ragged", "again_l2", "again_l3", "again_dram",
)  # fmt: skip
"""What is counted of an op, in the order of ``Work.counts``.

``op``: 1. ``tiles``: of the result. ``macs``: of whole tiles; of a window, elements seen.
``steps``: tiles times taps of the kernel. ``written``, ``read``: elements of results and of
operands that are not constant. ``rows``: runs of elements along the last axis of the result.
``read_far``, ``written_far``, ``weights_far``: bytes that the caches cannot have kept.
``weights``: bytes of constants. ``ragged``: steps whose depth is no multiple of 8, which kernels
take at once. ``again_*``: bytes that a kernel goes through again and again (weights, for each tile
of rows; a map, for each channel of a group of its own), by the level that has to give them.
"""

ANY = "any"
"""Ends the name of the widest law of an engine, fitted to all ops that multiply nothing."""

GONE = "xnnpack gone"
"""Names the law of an op that is part of another: nothing runs for it."""

_TILES = {
    ("xnnpack", "int8"): (4, 16, 4), ("xnnpack", "uint8"): (4, 16, 1), ("xnnpack", ""): (6, 8, 1),
    ("builtin", "int8"): (8, 8, 4), ("builtin", "uint8"): (8, 8, 4), ("builtin", ""): (8, 8, 1),
}  # fmt: skip
"""(rows, columns, depth) of a tile, by engine and type: 4x16c4, 4x16 (no dot products of uint8) and
6x8 are in the names of XNNPACK's kernels for this core, 8x8 of ruy's."""

_MATRIX = frozenset({"CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"})
_TAPS = (3, 9, 25)
"""Taps that XNNPACK's kernels of depthwise convolutions take at once; fewer are filled up. More
make it a convolution of a group a channel, of which most of a tile is empty."""
_DEPTH_AT_ONCE = 8
_LINE = 64
_LANES = 8
"""Channels that kernels of depthwise convolutions and pools take at once."""


@dataclass(frozen=True, slots=True)
class Work:
    """One op's counts, and the names of its laws, the closest first."""

    laws: tuple[str, ...]
    counts: tuple[float, ...]
    dram_bytes: float
    """Bytes that pass between caches and memory, if what is far is read once."""


def work_of(graph: Graph, op: Op, engine: str, caches: tuple[int, ...], whole_bytes: int) -> Work:
    """Counts the work of one op.

    Args:
        graph: its graph.
        op: the op.
        engine: ``xnnpack`` or ``builtin``: who runs it.
        caches: bytes of each level, the nearest first.
        whole_bytes: what one inference touches: constants and the widest of its maps.
    """
    tensors = graph.tensors
    operands = [tensors[t] for t in op.inputs if t >= 0]
    data = [tensor for tensor in operands if tensor.constant is None]
    results = [tensors[t] for t in op.outputs if t >= 0]
    made = results[0] if results else None
    read, written = _elements(data), _elements(results)
    read_bytes, written_bytes = _bytes(data), _bytes(results)
    settings = kind_of(op.kind).settings
    constants = [
        tensors[t]
        for slot, t in enumerate(op.inputs)
        if t >= 0 and tensors[t].constant is not None and slot not in settings
    ]
    weights = float(_bytes(constants))
    cache_bytes = sum(caches)
    tiles, macs, steps, variants, ragged, (size, times) = _products(graph, op, engine, data, made)
    read_far = float(read_bytes) if read_bytes + written_bytes > cache_bytes else 0.0
    written_far = float(written_bytes) if read_bytes + written_bytes > cache_bytes else 0.0
    weights_far = weights if whole_bytes > cache_bytes else 0.0
    rows = written / max(1, made.shape[-1]) if made is not None and made.shape else 1.0
    counts = (
        1.0, tiles, macs, steps, float(written), float(read), rows, read_far, written_far,
        weights, weights_far, ragged, *_again(size, times, caches),
    )  # fmt: skip
    return Work(
        _laws(op, engine, data, made, variants), counts, read_far + written_far + weights_far
    )


def _again(size: float, times: float, caches: tuple[int, ...]) -> tuple[float, float, float]:
    """Bytes that L2, L3 and memory give where so many bytes are gone through so often."""
    found = [0.0, 0.0, 0.0]
    kept = 0
    for level, cache in enumerate(caches[:3]):
        kept += cache
        if size > kept:
            found = [0.0, 0.0, 0.0]
            found[level] = size * times
    return found[0], found[1], found[2]


def _laws(
    op: Op, engine: str, data: list[Tensor], made: Tensor | None, variants: tuple[str, ...]
) -> tuple[str, ...]:
    source = data[0].dtype if data else "none"
    result = made.dtype if made is not None else "none"
    types = source if source == result else f"{source}-{result}"
    base = f"{engine} {op.kind} {types}"
    found = [f"{base} {variant}" for variant in variants]
    wide = [f"{engine} {name} {_width(source)}" for name in (op.kind, kind_of(op.kind).category)]
    # Of ops that multiply matrices or windows, others say nothing.
    last = () if variants or op.kind in _MATRIX else (f"{engine} {ANY}",)
    return (*found, base, *wide, *last)


def _width(dtype: str) -> str:
    if dtype in ("int8", "uint8"):
        return "8-bit"
    return "float" if dtype.startswith(("float", "bfloat")) else "other"


Products = tuple[float, float, float, tuple[str, ...], float, tuple[float, float]]
"""Tiles, MACs of whole tiles, steps, variants of the kernel (the closest first), ragged steps, and
(bytes gone through again and again, how often)."""
_NONE: Products = (0.0, 0.0, 0.0, (), 0.0, (0.0, 0.0))


def _products(
    graph: Graph, op: Op, engine: str, data: list[Tensor], made: Tensor | None
) -> Products:
    if made is None or not data:
        return _NONE
    if op.kind in _MATRIX:
        return _matrix(graph, op, engine, data, made)
    if op.kind == "DEPTHWISE_CONV_2D" and len(op.inputs) > 1 and op.inputs[1] >= 0:
        height, width = _window(graph.tensors[op.inputs[1]].shape)
        taps = height * width
        if engine == "xnnpack":
            if taps > _TAPS[-1]:
                return _channel_by_channel(data[0], made, taps)
            taps = next(unit for unit in _TAPS if taps <= unit)
            return _lanes(made, taps, (f"{height}x{width}", f"{taps} taps"), op)
        return _lanes(made, taps, (_fast_depthwise(op, data[0], made, height, width),), op)
    window = op.attrs.get("window")
    if isinstance(window, tuple) and len(window) == 2:
        return _lanes(made, int(window[0]) * int(window[1]), (), op)
    return _NONE


def _fast_depthwise(op: Op, source: Tensor, made: Tensor, height: int, width: int) -> str:
    """The kernel of TFLite's own: of 3 x 3 with dot products, or the plain one."""
    channels = source.shape[-1] if source.shape else 1
    square = height == width == 3 and op.pair("stride") in ((1, 1), (2, 2))
    plain = op.pair("dilation") != (1, 1) or made.shape[-1] != channels or channels % 8
    return "3x3 at once" if square and not plain else f"{height}x{width}"


def _channel_by_channel(source: Tensor, made: Tensor, taps: int) -> Products:
    """A matrix product a channel of the input, of which most of each tile is empty."""
    high, wide, _ = _TILES["xnnpack", _type(source)]
    columns = made.shape[-1] if made.shape else 1
    groups = source.shape[-1] if source.shape else 1
    rows = made.elements // max(1, columns)
    each = _up(max(1, columns // max(1, groups)), wide) // wide
    tiles = float(groups * each * (_up(rows, high) // high))
    lines = source.nbytes / max(1, groups) * min(_LINE, groups)
    again = (lines, float(groups - 1))
    return tiles, tiles * taps, tiles * taps, ("a group a channel",), 0.0, again


def _matrix(graph: Graph, op: Op, engine: str, data: list[Tensor], made: Tensor) -> Products:
    second = graph.tensors[op.inputs[1]] if len(op.inputs) > 1 and op.inputs[1] >= 0 else None
    if second is None or not made.shape:
        return _NONE
    high, wide, deep = _TILES[engine, _type(data[0])]
    columns, taps, variant = made.shape[-1], 1, ""
    rows = made.elements // max(1, columns)
    if op.kind == "BATCH_MATMUL":
        depth = data[0].shape[-1] if data[0].shape else 1
        batches = math.prod(made.shape[:-2]) if len(made.shape) > 2 else 1
        rows = rows // max(1, batches)
    else:
        depth = second.shape[-1] if second.shape else 1
        batches = 1
    if op.kind == "CONV_2D" and len(second.shape) == 4:
        height, width = _window(second.shape)
        taps = height * width
        groups = max(1, (data[0].shape[-1] if data[0].shape else 1) // max(1, depth))
        columns, batches = columns // groups, groups
        strided = max(op.pair("stride")) > 1
        variant = "pointwise" if taps == 1 and not strided else "window"
        if rows == 1:
            variant = "one place"
    elif op.kind == "TRANSPOSE_CONV" and len(second.shape) == 4:
        height, width = _window(second.shape)
        down, across = op.pair("stride")
        taps = max(1, round(height * width / max(1, down * across)))
    elif op.kind == "FULLY_CONNECTED":
        variant = "vector" if rows == 1 else "matrix"
    if rows == 1:
        high = 1
    bands = _up(rows, high) // high
    tiles = float(batches * bands * _up(columns, wide) // wide)
    macs = tiles * high * wide * taps * _up(depth, deep)
    ragged = tiles * taps if depth % _DEPTH_AT_ONCE else 0.0
    again = (float(second.nbytes), float(bands - 1))
    return tiles, macs, tiles * taps, (variant,) if variant else (), ragged, again


def _lanes(made: Tensor, taps: int, variants: tuple[str, ...], op: Op) -> Products:
    """A kernel that takes some channels of one place at a time."""
    channels = made.shape[-1] if made.shape else 1
    tiles = made.elements / max(1, channels) * (_up(channels, _LANES) // _LANES)
    if max(op.pair("stride")) > 1:
        variants = tuple(f"{variant} strided" for variant in variants)
    return tiles, tiles * _LANES * taps, tiles * taps, variants, 0.0, (0.0, 0.0)


def _type(tensor: Tensor) -> str:
    return tensor.dtype if tensor.dtype in ("int8", "uint8") else ""


def _window(shape: tuple[int, ...]) -> tuple[int, int]:
    return (shape[1], shape[2]) if len(shape) == 4 else (1, 1)


def _up(count: int, unit: int) -> int:
    return -(-count // unit) * unit


def _elements(tensors: list[Tensor]) -> int:
    return sum(tensor.elements for tensor in tensors)


def _bytes(tensors: list[Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)
