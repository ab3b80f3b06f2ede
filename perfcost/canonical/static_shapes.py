"""Shapes that a network computes from fixed shapes are constants.

Not one of the rules that readers apply: a .tflite file that computes a shape keeps the ops, which
have a price. It is for telling whether two graphs are the same but for such ops: compilers that
know every shape (TVM among them) leave them out.
"""

from __future__ import annotations

from dataclasses import replace

from perfcost.canonical.pieces import rebuilt
from perfcost.graph import Constant, Graph, Op, Tensor, bytes_of

_KINDS = frozenset({"SHAPE", "STRIDED_SLICE", "PACK", "CONCATENATION", "CAST"})


def fold_shapes(graph: Graph) -> Graph:
    """Takes ops away that only compute with fixed shapes; their results become constants."""
    values = {
        place: tensor.constant.values
        for place, tensor in enumerate(graph.tensors)
        if tensor.constant is not None and tensor.constant.values is not None
    }
    tensors = list(graph.tensors)
    gone: set[int] = set()
    for place, op in enumerate(graph.ops):
        found = _value(graph, op, values) if op.kind in _KINDS else None
        result = op.outputs[0]
        if found is not None and result not in graph.outputs:
            values[result] = found
            tensors[result] = _constant(tensors[result], found)
            gone.add(place)
    return rebuilt(replace(graph, tensors=tuple(tensors)), gone, {}) if gone else graph


def _constant(tensor: Tensor, values: tuple[int, ...]) -> Tensor:
    return replace(tensor, constant=Constant(bytes_of(tensor.shape, tensor.dtype), values=values))


def _value(graph: Graph, op: Op, values: dict[int, tuple[int, ...]]) -> tuple[int, ...] | None:
    """What an op computes from what is known, ``None`` where something is not."""
    if op.kind == "SHAPE":
        return graph.tensors[op.inputs[0]].shape
    known = [values.get(tensor) for tensor in op.inputs]
    present = [one for one in known if one is not None]
    if len(present) < len(known) or len(graph.tensors[op.inputs[0]].shape) > 1:
        return None
    if op.kind == "STRIDED_SLICE":
        return _sliced(op, present)
    return tuple(number for one in present for number in one)


def _sliced(op: Op, known: list[tuple[int, ...]]) -> tuple[int, ...]:
    data, (begin, *_), (end, *_), (stride, *_) = known
    if op.integer("shrink_axis_mask"):
        return (data[begin],)
    first = None if op.integer("begin_mask") else begin
    last = None if op.integer("end_mask") else end
    return data[slice(first, last, stride)]
