"""How a kernel finds the patches of its input: by pointers made ready before, or by copying them.

XNNPACK's kernels of windows read pointers to the rows of a patch, which it makes once and reads at
each inference. A depthwise convolution of more taps than its kernels have runs as an ordinary one
of as many groups as channels, each of which goes through all pointers. TFLite's own convolutions
copy patches (im2col), and its transposed ones make patches of sums of 32 bits (col2im).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from perfcost.graph import Graph, Op, Tensor
from perfcost.physics.arm_cpu.columns import turns_of
from perfcost.physics.arm_cpu.products import MATRIX
from perfcost.physics.arm_cpu.tiles import tile_of
from perfcost.physics.arm_cpu.windows import MOST_TAPS

_POINTER_BYTES = 8
_SUM_BYTES = 4
_LINE_BYTES = 64
_GROUP_TAP_BYTES, _GROUP_BYTES = 64, 192
"""A tap of 4 channels by 16 columns; a sum, a scale and a correction of 4 bytes a column."""
_KERNELS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"})


@dataclass(frozen=True, slots=True)
class Patches:
    """Of one op; all zero for one that has no patches."""

    bands: float = 0.0
    """Runs of rows of the result that are worked out at once, each with all weights."""
    turns: float = 1.0
    """Runs of columns of the result, each of which goes through all rows."""
    turn_bytes: float = 0.0
    """Of the weights of one such run; 0 where it is not known that there are several."""
    gathered: float = 0.0
    """Pointers read, or elements copied."""
    pointer_bytes: int = 0
    """Of pointers made ready."""
    copied_bytes: float = 0.0
    """Of patches written and read again."""
    again_bytes: float = 0.0
    """Of input that is read more than once."""
    again_within: float = 0.0
    """Bytes touched before that."""
    groups: float = 1.0
    """How often all pointers are gone through."""
    group_bytes: float = 0.0
    """Input and results that one group touches: a line a place, or its own channels."""
    group_weights: float = 0.0
    """Weights as they are laid out for groups of one channel: in whole tiles."""
    panel_bytes: float = 0.0
    """Of all patches, if they were copied."""
    scratch_bytes: float = 0.0
    """Of memory that nothing but this op needs."""


_NONE = Patches()


def patches(graph: Graph, op: Op, engine: str) -> Patches:
    """The patches of an op that ``engine`` (``xnnpack`` or ``builtin``) runs."""
    source = next(
        (graph.tensors[t] for t in op.inputs if t >= 0 and graph.tensors[t].constant is None), None
    )
    made = graph.tensors[op.outputs[0]] if op.outputs and op.outputs[0] >= 0 else None
    if source is None or made is None or not made.elements or not source.elements:
        return _NONE
    if op.kind == "TRANSPOSE":
        return _transposed(source, made)
    found = _of_kernel(graph, op, engine, source, made)
    turns = turns_of(graph, op, source, made) if engine == "xnnpack" else None
    return replace(found, turns=turns[0], turn_bytes=turns[1]) if turns else found


def _of_kernel(graph: Graph, op: Op, engine: str, source: Tensor, made: Tensor) -> Patches:
    window = _window(graph, op)
    if window == (0, 0):
        return _NONE if op.kind not in MATRIX else Patches(bands=_bands(op, engine, source, made))
    bands = _bands(op, engine, source, made)
    copies = engine != "xnnpack" and op.kind == "CONV_2D" and max(op.pair("stride")) > 1
    if (window == (1, 1) and not copies) or len(source.shape) != 4 or len(made.shape) != 4:
        return Patches(bands=bands)
    second = graph.tensors[op.inputs[1]].shape if op.kind == "CONV_2D" else source.shape
    return _of_window(op, engine, source, made, window, bands, second[-1])


def _bands(op: Op, engine: str, source: Tensor, made: Tensor) -> float:
    places = made.elements / max(1, made.shape[-1]) if made.shape else 1.0
    if op.kind not in MATRIX:
        return places
    return float(-(-places // tile_of(engine, source.dtype)[0]))


def _of_window(
    op: Op,
    engine: str,
    source: Tensor,
    made: Tensor,
    window: tuple[int, int],
    bands: float,
    depth: int,
) -> Patches:
    height, width = window
    down, across = op.pair("stride") if op.kind in _KERNELS else (height, width)
    places = made.elements / made.shape[-1]
    again = max(0.0, height / max(1, down) - 1) if op.kind != "TRANSPOSE_CONV" else 0.0
    taps = height * width
    if op.kind == "TRANSPOSE_CONV":
        taps = max(1, round(taps / max(1, down * across)))
    row = source.nbytes / (source.shape[0] * source.shape[1])
    if engine != "xnnpack":
        gathered = copied = 0.0
        if op.kind == "CONV_2D":
            gathered = places * taps * depth
            copied = gathered * source.nbytes / source.elements
        elif op.kind == "TRANSPOSE_CONV":
            sums = source.elements / source.shape[-1] * height * width * made.shape[-1]
            gathered = sums + made.elements
            copied = _SUM_BYTES * gathered
        return Patches(
            bands=bands,
            gathered=gathered,
            copied_bytes=copied,
            again_bytes=again * source.nbytes,
            again_within=row * height,
            scratch_bytes=copied,
        )
    groups, pointers, weights = 1.0, places * taps, 0.0
    if op.kind == "DEPTHWISE_CONV_2D" and taps > MOST_TAPS:
        groups, bands = float(made.shape[-1]), places / tile_of(engine, "int8")[0]
        weights = groups * (taps * _GROUP_TAP_BYTES + _GROUP_BYTES)
    elif op.kind == "DEPTHWISE_CONV_2D":  # neighbours share the pointers of shared columns
        pointers = places * height * min(width, max(1, across))
    elif op.kind == "CONV_2D":
        groups = max(1.0, source.shape[-1] / max(1, depth))
    read, written = _of_group(source, groups), _of_group(made, groups)
    within = read / (source.shape[0] * source.shape[1]) * height
    if groups > 1:
        within += pointers * _POINTER_BYTES / (made.shape[0] * made.shape[1])
    return Patches(
        bands=bands,
        gathered=pointers * groups,
        pointer_bytes=int(pointers * _POINTER_BYTES),
        again_bytes=again * read,
        again_within=within,
        groups=groups,
        group_bytes=read + written,
        group_weights=weights,
        panel_bytes=source.nbytes / source.elements * pointers * depth,
    )


def _of_group(tensor: Tensor, groups: float) -> float:
    """Bytes of the lines that one group of channels has a part of."""
    place = tensor.nbytes / max(1, tensor.elements) * tensor.shape[-1]
    return tensor.nbytes * min(1.0, max(place / groups, _LINE_BYTES) / place)


def _transposed(source: Tensor, made: Tensor) -> Patches:
    """Elements of a line are read far apart where the last axis moves."""
    if not source.shape or not made.shape or source.shape[-1] == made.shape[-1]:
        return _NONE
    step = min(_LINE_BYTES, source.nbytes // max(1, source.elements) * source.shape[-1])
    return Patches(again_bytes=float(source.elements * step), again_within=float(source.nbytes))


def _window(graph: Graph, op: Op) -> tuple[int, int]:
    """(height, width) of the kernel or window; (0, 0) for an op that has none."""
    if op.kind in _KERNELS and len(op.inputs) > 1 and op.inputs[1] >= 0:
        shape = graph.tensors[op.inputs[1]].shape
        return (shape[1], shape[2]) if len(shape) == 4 else (0, 0)
    window = op.attrs.get("window")
    if isinstance(window, tuple) and len(window) == 2:
        return int(window[0]), int(window[1])
    return 0, 0
