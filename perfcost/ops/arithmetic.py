"""Multiplications of two feature or weight values, by op kind.

A zero extent gives 0. Kinds without a rule (elementwise, pools, data movement, custom, unknown)
have none: they are costed by their bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from perfcost.errors import InvalidGraph
from perfcost.graph import Graph, Op, checked
from perfcost.ops.kinds import kind_of

Shape = tuple[int, ...]
Rule = Callable[["Operands"], int]


class Operands:
    """Shapes of one op's operands; asking for one that is not there is an ``InvalidGraph``."""

    __slots__ = ("graph", "op")

    def __init__(self, graph: Graph, op: Op) -> None:
        self.graph = graph
        self.op = op

    def has(self, slot: int) -> bool:
        return slot < len(self.op.inputs) and self.op.inputs[slot] >= 0

    def input(self, slot: int, rank: int = 0) -> Shape:
        if not self.has(slot):
            raise self.error(f"operand {slot} is absent, expected a tensor")
        return self._ranked(self.op.inputs[slot], rank, f"operand {slot}")

    def output(self, rank: int = 0) -> Shape:
        if not self.op.outputs or self.op.outputs[0] < 0:
            raise self.error("no output, expected a tensor")
        return self._ranked(self.op.outputs[0], rank, "the output")

    def sizes(self, slots: frozenset[int]) -> int:
        """Elements of those of the operands that are there."""
        return sum(math.prod(self.input(slot)) for slot in slots if self.has(slot))

    def axes(self, name: str) -> tuple[int, ...]:
        value = self.op.attrs.get(name)
        return value if isinstance(value, tuple) else ()

    def error(self, message: str) -> InvalidGraph:
        origin = self.op.origin[0] if self.op.origin else None
        where = f" at subgraph {origin.subgraph}, op {origin.index}" if origin else ""
        return InvalidGraph(message + "; convert the model again", op=self.op.kind + where)

    def _ranked(self, tensor: int, rank: int, what: str) -> Shape:
        shape = self.graph.tensors[tensor].shape
        if len(shape) < rank:
            raise self.error(f"{what} has shape {list(shape)}, expected rank {rank} or more")
        return shape


def _conv(o: Operands) -> int:
    # weights are (C_out, kh, kw, C_in / groups)
    return math.prod(o.output()) * math.prod(o.input(1, 4)[1:])


def _depthwise(o: Operands) -> int:
    return math.prod(o.output()) * math.prod(o.input(1, 4)[1:3])


def _transpose_conv(o: Operands) -> int:
    # each input position is multiplied with the whole kernel (C_out, kh, kw, C_in)
    return math.prod(o.input(2, 4)[:3]) * math.prod(o.input(1, 4))


def _fully_connected(o: Operands) -> int:
    # weights are (C_out, C_in)
    return math.prod(o.output()) * o.input(1, 2)[-1]


def _batch_matmul(o: Operands) -> int:
    inner = o.input(0, 2)[-2 if o.op.attrs.get("adj_x") else -1]
    return math.prod(o.output()) * inner


def _conv_3d(o: Operands) -> int:
    # weights are (kd, kh, kw, C_in, C_out)
    return math.prod(o.output()) * math.prod(o.input(1, 5)[:4])


def _conv_3d_transpose(o: Operands) -> int:
    # weights are (kd, kh, kw, C_out, C_in)
    return math.prod(o.input(2, 5)) * math.prod(o.input(1, 5)[:4])


def _recurrent(o: Operands) -> int:
    """Every weight meets every row (a step of a sequence) of the input once."""
    slots = kind_of(o.op.kind).weights
    if o.op.kind == "LSTM" and len(o.op.inputs) == 5:  # the basic kernel: x, h, weights, bias, c
        slots = frozenset({2})
    return math.prod(o.input(0, 1)[:-1]) * o.sizes(slots)


def _dot_general(o: Operands) -> int:
    left = o.input(0)
    axes = o.axes("lhs_contracting_dimensions")
    if any(not 0 <= axis < len(left) for axis in axes):
        raise o.error(f"contracting dimensions {axes} of a tensor of shape {list(left)}")
    return math.prod(o.output()) * math.prod(left[axis] for axis in axes)


def _stablehlo_convolution(o: Operands) -> int:
    kernel = o.input(1, 2)
    channel = o.op.integer("kernel_output_feature_dimension")
    if not 0 <= channel < len(kernel):
        raise o.error(f"kernel_output_feature_dimension {channel} of shape {list(kernel)}")
    rest = (size for axis, size in enumerate(kernel) if axis != channel)
    return math.prod(o.output()) * math.prod(rest)


RULES: Mapping[str, Rule] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "TRANSPOSE_CONV": _transpose_conv,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _batch_matmul,
    "CONV_3D": _conv_3d,
    "CONV_3D_TRANSPOSE": _conv_3d_transpose,
    "LSTM": _recurrent,
    "RNN": _recurrent,
    "SVDF": _recurrent,
    "UNIDIRECTIONAL_SEQUENCE_RNN": _recurrent,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _recurrent,
    "BIDIRECTIONAL_SEQUENCE_RNN": _recurrent,
    "BIDIRECTIONAL_SEQUENCE_LSTM": _recurrent,
    "STABLEHLO_DOT_GENERAL": _dot_general,
    "STABLEHLO_CONVOLUTION": _stablehlo_convolution,
}


def macs(graph: Graph, op: Op) -> int:
    """MACs of one op of a graph, without those of the subgraphs that it calls.

    Raises:
        InvalidGraph: an operand that the count needs is absent or of too low a rank.
        ModelTooLarge: the count would not fit a signed 64-bit integer.
    """
    rule = RULES.get(op.kind)
    return 0 if rule is None else checked(rule(Operands(graph, op)), f"the MAC count of {op.kind}")


def op_macs(graph: Graph) -> tuple[int, ...]:
    """MACs of each op of a graph; see ``macs``."""
    return graph.kept("_op_macs", lambda _: tuple(macs(graph, op) for op in graph.ops))
