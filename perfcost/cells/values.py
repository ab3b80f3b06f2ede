"""A graph as NAS-Bench-201 speaks of it: windows and sums over values, the rest looked through.

Converters move what costs little: a ReLU becomes part of the op before it, a batch normalisation
part of a convolution or a product and a sum with constants, a border an op of its own. None of
these makes another cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perfcost.graph import Graph, Op

_LOOKED_THROUGH = frozenset({"RELU", "PAD", "RESHAPE", "SQUEEZE", "TRANSPOSE"})
_WITH_CONSTANT = frozenset({"ADD", "MUL", "SUB"})
WINDOWS = frozenset({"CONV_2D", "AVERAGE_POOL_2D"})


@dataclass(frozen=True, slots=True)
class Step:
    """One op that counts.

    Attributes:
        position: in ``graph.ops``.
        reads: the values that it reads, one a tensor that is no constant.
        writes: the value that it makes.
        shape: of that value, as the op writes it.
        window: height and width of a convolution's or pool's window, else (0, 0).
        stride: the same of its stride.
        has_relu: a ReLU comes right before it or right after it.
    """

    position: int
    kind: str
    reads: tuple[int, ...]
    writes: int
    shape: tuple[int, ...]
    window: tuple[int, int]
    stride: tuple[int, int]
    has_relu: bool


def steps_of(graph: Graph) -> Iterator[Step]:
    """The ops that count, in the graph's order. A value is the number of the tensor it began as."""
    value: dict[int, int] = {}
    rectified = {t for op in graph.ops if _makes_relu(op) for t in op.outputs}
    feeds_relu = {t for op in graph.ops if op.kind == "RELU" for t in op.inputs}
    for position, op in enumerate(graph.ops):
        tensors = [t for t in op.inputs if t >= 0 and graph.tensors[t].constant is None]
        reads = tuple(value.get(t, t) for t in tensors)
        if op.outputs and len(reads) == 1 and _is_looked_through(graph, op):
            value[op.outputs[0]] = reads[0]
            continue
        made = op.outputs[0] if op.outputs else -1
        around = [*tensors, made]
        yield Step(
            position, op.kind, reads, made,
            graph.tensors[made].shape if made >= 0 else (),
            _window(graph, op), op.pair("stride") if op.kind in WINDOWS else (0, 0),
            any(t in rectified for t in around) or made in feeds_relu,
        )  # fmt: skip


def _makes_relu(op: Op) -> bool:
    return op.kind == "RELU" or op.activation == "RELU"


def _is_looked_through(graph: Graph, op: Op) -> bool:
    if op.kind in _LOOKED_THROUGH:
        return True
    if op.kind not in _WITH_CONSTANT or op.activation not in ("NONE", "RELU"):
        return False
    # A batch normalisation has a constant a channel. A single one may be the 0 of a `none`.
    channels = graph.tensors[op.outputs[0]].shape[-1:]
    given = [graph.tensors[t] for t in op.inputs if t >= 0]
    return all((each.elements,) == channels for each in given if each.constant is not None)


def _window(graph: Graph, op: Op) -> tuple[int, int]:
    if op.kind == "CONV_2D" and len(op.inputs) > 1 and op.inputs[1] >= 0:
        shape = graph.tensors[op.inputs[1]].shape
        return (shape[1], shape[2]) if len(shape) == 4 else (0, 0)
    return op.pair("window") if op.kind == "AVERAGE_POOL_2D" else (0, 0)
