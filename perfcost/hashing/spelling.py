"""One spelling for what a file may say in several ways, before it is hashed.

Front ends differ here: a compiler's text has no masks of slices and no scalar axes. The graph that
is priced keeps the file's words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from perfcost.graph import Constant, Graph, Op, Tensor, bytes_of

_MASKS = ("begin_mask", "end_mask")


class _Respelt:
    """A graph in the making: its ops, and its tensors with constants in other words."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.tensors: list[Tensor] = list(graph.tensors)

    def values(self, op: Op, slot: int) -> tuple[int, ...] | None:
        constant = self.graph.tensors[op.inputs[slot]].constant if slot < len(op.inputs) else None
        return None if constant is None else constant.values

    def vector(self, like: int, values: tuple[int, ...]) -> int:
        """A constant vector of integers in place of another constant."""
        return self._put(like, (len(values),), values)

    def scalar(self, like: int, value: int) -> int:
        """A constant integer in place of another constant."""
        return self._put(like, (), (value,))

    def _put(self, like: int, shape: tuple[int, ...], values: tuple[int, ...]) -> int:
        tensor = self.graph.tensors[like]
        constant = Constant(bytes_of(shape, tensor.dtype), values=values)
        self.tensors.append(replace(tensor, shape=shape, constant=constant))
        return len(self.tensors) - 1


def _strided_slice(new: _Respelt, op: Op) -> Op:
    """Bounds in place of masks, within the axis; an axis that goes away is one element."""
    shape = new.graph.tensors[op.inputs[0]].shape
    bounds = [new.values(op, slot) for slot in (1, 2, 3)]
    begins, ends, strides = bounds
    if begins is None or ends is None or strides is None:
        return op
    plain = not op.integer("ellipsis_mask") and not op.integer("new_axis_mask")
    whole = len(begins) == len(ends) == len(strides) == len(shape)
    if not plain or not whole or min(strides, default=1) < 1:
        return op
    found: list[tuple[int, int]] = []
    for axis, extent in enumerate(shape):
        open_begin, open_end, gone = (
            op.integer(name) >> axis & 1 for name in (*_MASKS, "shrink_axis_mask")
        )
        first, last, _ = slice(
            None if open_begin else begins[axis], None if open_end else ends[axis], strides[axis]
        ).indices(extent)
        found.append((first, first + 1 if gone else last))
    respelt = tuple(first for first, _ in found), tuple(last for _, last in found)
    if respelt == (begins, ends) and not any(op.integer(name) for name in _MASKS):
        return op
    inputs = list(op.inputs)
    for slot, values in zip((1, 2), respelt, strict=True):
        inputs[slot] = new.vector(op.inputs[slot], values)
    return replace(op, inputs=tuple(inputs), attrs={**op.attrs, **dict.fromkeys(_MASKS, 0)})


def _reduction(new: _Respelt, op: Op) -> Op:
    """A list of axes counted from the first; files also write a scalar, and count from the last."""
    axes = new.values(op, 1)
    if axes is None:
        return op
    rank = len(new.graph.tensors[op.inputs[0]].shape)
    wanted = tuple(axis % max(1, rank) for axis in axes)
    if wanted == axes and new.graph.tensors[op.inputs[1]].shape:
        return op
    return replace(op, inputs=(op.inputs[0], new.vector(op.inputs[1], wanted)))


def _split(new: _Respelt, op: Op) -> Op:
    """A scalar for the axis of a SPLIT_V; files also write a list of one."""
    axis = new.values(op, 2)
    if axis is None or len(axis) != 1 or not new.graph.tensors[op.inputs[2]].shape:
        return op
    return replace(op, inputs=(*op.inputs[:2], new.scalar(op.inputs[2], axis[0])))


_RULES: dict[str, Callable[[_Respelt, Op], Op]] = {
    "STRIDED_SLICE": _strided_slice,
    "SPLIT_V": _split,
    **dict.fromkeys("MEAN SUM REDUCE_MAX REDUCE_MIN REDUCE_PROD REDUCE_ANY REDUCE_ALL".split(),
                    _reduction),
}  # fmt: skip


def respelt(graph: Graph) -> Graph:
    """The graph in the one spelling; the graph itself where it has that already."""
    new = _Respelt(graph)
    ops = tuple([_RULES[op.kind](new, op) if op.kind in _RULES else op for op in graph.ops])
    if len(new.tensors) == len(graph.tensors):
        return graph
    return replace(graph, ops=ops, tensors=tuple(new.tensors))
