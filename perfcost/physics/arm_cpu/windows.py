"""Kernels that go over windows channel by channel: depthwise convolutions and pools."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Graph, Op, Tensor
from perfcost.physics.arm_cpu.tasks import Task
from perfcost.physics.arm_cpu.tiles import tile_of, up, window_of

_TAPS = (3, 9, 25)
"""Taps that XNNPACK's kernels of depthwise convolutions take at once; fewer are filled up. More
make it a convolution of a group a channel, of which most of a tile is empty."""
MOST_TAPS = _TAPS[-1]
_LANES = 8
"""Channels that kernels of depthwise convolutions take at once, and TFLite's own of pools."""
_ROWS_OF_OWN_DEPTH = {2: 1, 4: 1, 8: 1, 12: 1, 16: 2}
"""Channels that TFLite's own depthwise kernels have a loop of their own for, and the longest stride
that it takes."""
_POOLED_AT_ONCE, _POOLED_LATER = 9, 8
"""Taps that XNNPACK's kernels of pools take in their first pass and in each further one."""
_LANES_OF_POOL = {"int8": 16, "uint8": 16}
_LANES_OF_FLOAT_POOL = 4
_SUMS_AT_ONCE = 4832
"""That TFLite's own depthwise kernels keep: so many channels of some places of a row."""


def window(graph: Graph, op: Op, engine: str, data: list[Tensor], made: Tensor) -> Task | None:
    """The task of an op that goes over windows, and is no matrix product; ``None`` for another.

    Args:
        engine: ``xnnpack`` or ``builtin``.
        data: its operands that are not constant.
        made: its first result.
    """
    if not data:
        return None
    if op.kind == "DEPTHWISE_CONV_2D" and len(op.inputs) > 1 and op.inputs[1] >= 0:
        return _depthwise(graph, op, engine, data[0], made)
    sides = op.attrs.get("window")
    if isinstance(sides, tuple) and len(sides) == 2:
        height, width = int(sides[0]), int(sides[1])
        if engine == "xnnpack":
            return _pool(op, data[0], made, height * width)
        strided = ("strided",) if max(op.pair("stride")) > 1 else ()
        return _seen_alone(op, data[0], made, (height, width), strided)
    return None


def _depthwise(graph: Graph, op: Op, engine: str, source: Tensor, made: Tensor) -> Task:
    height, width = window_of(graph.tensors[op.inputs[1]].shape)
    taps = height * width
    if engine != "xnnpack":
        return _own_depthwise(op, source, made, height, width)
    if taps > MOST_TAPS:
        return _channel_by_channel(source, made, taps)
    taps = next(unit for unit in _TAPS if taps <= unit)
    return _lanes(made, taps, (f"{height}x{width}", f"{taps} taps"), op)


def _own_depthwise(op: Op, source: Tensor, made: Tensor, height: int, width: int) -> Task:
    """TFLite's own kernels: of 3 x 3 with dot products, or row by row, a tap at a time."""
    channels = source.shape[-1] if source.shape else 1
    multiplied, dilated = made.shape[-1] != channels, op.pair("dilation") != (1, 1)
    strided = " strided" if max(op.pair("stride")) > 1 else ""
    if _at_once(op, source, height, width) and not multiplied:
        padded = " padded" if any(_padding(op)) else " whole"
        name = f"3x3 at once{strided}"
        return _seen_alone(op, source, made, (height, width), (name + padded, name))
    stride = max(op.pair("stride"))
    own = f" of {channels}" if stride <= _ROWS_OF_OWN_DEPTH.get(channels, 0) else ""
    name = f"row by row{own}{strided}"
    if multiplied:
        name = f"{height}x{width} multiplied{strided}"
    closer = (f"{name} dilated",) if dilated else ()
    task = _seen_alone(op, source, made, (height, width), (*closer, name, "row by row"))
    return replace(task, runs=_row_calls(op, source, made, height, width))


def _at_once(op: Op, source: Tensor, height: int, width: int) -> bool:
    """TFLite's `Fast3x3FilterKernelSupported`: the same before each axis, and no padding that is
    after the map alone.
    """
    channels = source.shape[-1] if source.shape else 1
    before = _padding(op)[:2]
    even = before[0] == before[1] and any(before) == any(_padding(op))
    square = height == width == 3 and op.pair("stride") in ((1, 1), (2, 2))
    return square and even and op.pair("dilation") == (1, 1) and not channels % 8


def _padding(op: Op) -> tuple[int, ...]:
    """Top, left, bottom and right."""
    padding = op.attrs.get("padding")
    return padding if isinstance(padding, tuple) and len(padding) == 4 else (0, 0, 0, 0)


def _row_calls(op: Op, source: Tensor, made: Tensor, height: int, width: int) -> float:
    """How often a tap goes along a row of the result, or as much of it as sums are kept."""
    if len(source.shape) != 4 or len(made.shape) != 4:
        return 0.0
    parts = -(-made.shape[2] * made.shape[3] // _SUMS_AT_ONCE)
    return float(made.shape[0] * _taps_seen(op, source, made, 0, height) * width * parts)


def _seen_alone(
    op: Op, source: Tensor, made: Tensor, window: tuple[int, int], variants: tuple[str, ...]
) -> Task:
    """A kernel that skips what is padded, some channels at a time."""
    seen = _seen(op, source, made, *window)
    deep = made.shape[-1] if made.shape else 1
    return Task(
        tiles=made.elements / max(1, deep) * (up(deep, _LANES) // _LANES),
        macs=seen * deep,
        steps=seen * (up(deep, _LANES) // _LANES),
        left=seen * (deep % _LANES),
        variants=variants,
    )


def _seen(op: Op, source: Tensor, made: Tensor, height: int, width: int) -> float:
    """Taps that fall on the map, over all places of the result."""
    if len(source.shape) != 4 or len(made.shape) != 4:
        return float(made.elements / max(1, made.shape[-1]) * height * width)
    down = _taps_seen(op, source, made, 0, height)
    return float(made.shape[0] * down * _taps_seen(op, source, made, 1, width))


def _taps_seen(op: Op, source: Tensor, made: Tensor, axis: int, taps: int) -> int:
    """Taps of one axis that fall on the map, over all places along it."""
    stride, dilation = max(1, op.pair("stride")[axis]), op.pair("dilation")[axis]
    before, size, places = int(_padding(op)[axis]), source.shape[1 + axis], made.shape[1 + axis]
    return sum(_on_map(tap * dilation - before, stride, size, places) for tap in range(taps))


def _on_map(offset: int, stride: int, size: int, places: int) -> int:
    """For how many of so many places one tap falls on a map of that size."""
    first = max(0, -(offset // stride)) if offset < 0 else 0
    last = (size - 1 - offset) // stride
    return max(0, min(places - 1, last) - first + 1)


def _channel_by_channel(source: Tensor, made: Tensor, taps: int) -> Task:
    """A matrix product a channel of the input, of which most of each tile is empty."""
    high, wide, _ = tile_of("xnnpack", source.dtype)
    columns = made.shape[-1] if made.shape else 1
    groups = source.shape[-1] if source.shape else 1
    rows = made.elements // max(1, columns)
    each = up(max(1, columns // max(1, groups)), wide) // wide
    tiles = float(groups * each * (up(rows, high) // high))
    return Task(tiles, tiles * taps, tiles * taps, variants=("a group a channel",))


def _lanes(made: Tensor, taps: int, variants: tuple[str, ...], op: Op) -> Task:
    """A kernel that takes some channels of one place at a time."""
    channels = made.shape[-1] if made.shape else 1
    tiles = made.elements / max(1, channels) * (up(channels, _LANES) // _LANES)
    if max(op.pair("stride")) > 1:
        variants = tuple(f"{variant} strided" for variant in variants)
    return Task(tiles, tiles * _LANES * taps, tiles * taps, variants=variants)


def _pool(op: Op, source: Tensor, made: Tensor, taps: int) -> Task:
    """A kernel that goes over a window in passes, each over all channels of a place."""
    lanes = _LANES_OF_POOL.get(made.dtype, _LANES_OF_FLOAT_POOL)
    later = -(-max(0, taps - _POOLED_AT_ONCE) // _POOLED_LATER)
    channels = made.shape[-1] if made.shape else 1
    places = made.elements / max(1, channels)
    tiles = places * -(-channels // lanes)
    steps = tiles * (_POOLED_AT_ONCE + _POOLED_LATER * later)
    whole = places == (source.shape[0] if source.shape else 1)
    name = "of a whole map" if whole else "strided" if max(op.pair("stride")) > 1 else ""
    variants = (name,) if name else ()
    return Task(tiles, steps * lanes, steps, runs=places * later, variants=variants)
