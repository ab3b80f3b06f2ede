"""Bytes that an op reads and writes, and the parameters among its operands.

The bytes are those of the operands, each once: what an accelerator reads again because its memory
is small is for ``perfcost.physics`` to say.
"""

from __future__ import annotations

from perfcost.graph import Graph, Op, checked, elements_of
from perfcost.ops.kinds import kind_of

_MOVES_NOTHING = frozenset({"view", "control"})
_READS_NO_CONTENT = frozenset({"ZEROS_LIKE", "SHAPE", "RANK"})


def _distinct(tensors: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(tensor for tensor in tensors if tensor >= 0))


def on_constants(graph: Graph, op: Op) -> bool:
    """Whether an op reads tensors, all of them stored in the file: it gives the same every time."""
    read = _distinct(op.inputs)
    return bool(read) and all(graph.tensors[tensor].constant is not None for tensor in read)


def bytes_read(graph: Graph, op: Op) -> int:
    """Bytes of the distinct tensors that an op reads; a view or a call reads none itself.

    A ``lookup`` (a slice, a gather) reads of its largest operand only as much as it gives out.

    Raises:
        ModelTooLarge: the count would not fit a signed 64-bit integer.
    """
    category = kind_of(op.kind).category
    if category in _MOVES_NOTHING or op.kind in _READS_NO_CONTENT:
        return 0
    sizes = [graph.tensors[tensor].nbytes for tensor in _distinct(op.inputs)]
    total = sum(sizes)
    if category == "lookup" and sizes:
        total -= max(0, max(sizes) - bytes_written(graph, op))
    return checked(total, f"the bytes that {op.kind} reads")


def bytes_written(graph: Graph, op: Op) -> int:
    """Bytes of the tensors that an op writes; a view or a call writes none itself.

    Raises:
        ModelTooLarge: the count would not fit a signed 64-bit integer.
    """
    if kind_of(op.kind).category in _MOVES_NOTHING:
        return 0
    total = sum(graph.tensors[tensor].nbytes for tensor in _distinct(op.outputs))
    return checked(total, f"the bytes that {op.kind} writes")


def parameter_tensors(graph: Graph, op: Op) -> tuple[int, ...]:
    """The distinct constant operands that were learned: all but axes, pads, shapes and the like."""
    settings = kind_of(op.kind).settings
    return _distinct(
        tuple(
            tensor
            for slot, tensor in enumerate(op.inputs)
            if tensor >= 0 and slot not in settings and graph.tensors[tensor].constant is not None
        )
    )


def parameters(graph: Graph, op: Op) -> int:
    """Elements of the weights, biases and other learned constants of an op.

    Raises:
        ModelTooLarge: the count would not fit a signed 64-bit integer.
    """
    found = parameter_tensors(graph, op)
    return checked(
        sum(elements_of(graph.tensors[tensor].shape) for tensor in found),
        f"the parameters of {op.kind}",
    )
