"""The shaders that LiteRT's GPU delegate makes of a graph, op by op."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from perfcost.graph import Graph, Op
from perfcost.memory.gpu.storage import Shape, four_axes
from perfcost.ops import on_constants

UNARY = frozenset(
    """
    ABS CAST CEIL COS DEQUANTIZE ELU EXP FLOOR GELU HARD_SWISH LEAKY_RELU LOG LOGISTIC NEG PRELU
    QUANTIZE RELU RELU6 RELU_N1_TO_1 ROUND RSQRT SIGN SIN SQRT SQUARE TANH
    """.split()
)
BINARY = frozenset("ADD DIV MAXIMUM MINIMUM MUL SQUARED_DIFFERENCE SUB".split())
_EITHER_ORDER = frozenset({"ADD", "MUL"})
_VIEWS = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})
_JOINED_AT_ONCE = 4
FLOATS = ("float32", "float16")


@dataclass(slots=True)
class Node:
    """One shader: the tensors that it reads and writes."""

    kind: str
    reads: list[int]
    writes: list[int]
    linkable: bool = False
    """Whether it can be joined to the shader that writes the first tensor that it reads."""


@dataclass(slots=True)
class Program:
    """Shaders in the order in which they run, and the shapes of the tensors between them.

    Tensors keep the numbers of the graph; those that the delegate adds have higher ones.
    """

    graph: Graph
    nodes: list[Node] = field(default_factory=list)
    shapes: dict[int, Shape] = field(default_factory=dict)
    weights: set[int] = field(default_factory=set)
    """Those of them that are laid out as weights: no other tensor can take their place."""

    def added(self, shape: Shape) -> int:
        """The number of a further tensor."""
        number = len(self.graph.tensors) + len(self.shapes)
        self.shapes[number] = shape
        return number

    def shape(self, tensor: int) -> Shape:
        if tensor in self.shapes:
            return self.shapes[tensor]
        return four_axes(self.graph.tensors[tensor].shape)


def one_an_op(graph: Graph) -> Program:
    """The shaders of a graph before any are joined; ops on constants and mere views are gone."""
    found = Program(graph)
    same: dict[int, int] = {}
    written: dict[int, int] = {}
    for op in graph.ops:
        if on_constants(graph, op):
            continue
        reads = [same.get(t, t) for t in op.inputs if t >= 0 and not graph.tensors[t].constant]
        if op.kind in _VIEWS and _is_mere_view(graph, op, reads):
            same[op.outputs[0]] = reads[0]
            continue
        if op.kind in _EITHER_ORDER and len(reads) == 2:
            # The tensor that was written last comes first: its maker is who takes the op.
            reads.sort(key=lambda tensor: -written.get(tensor, -1))
        for node in _nodes(found, op, reads):
            written |= dict.fromkeys(node.writes, len(found.nodes))
            found.nodes.append(node)
    return found


def _is_mere_view(graph: Graph, op: Op, reads: list[int]) -> bool:
    if len(reads) != 1 or op.outputs[0] in graph.outputs:
        return False
    before, after = (four_axes(graph.tensors[t].shape) for t in (reads[0], op.outputs[0]))
    return before == after


def _nodes(program: Program, op: Op, reads: list[int]) -> Iterator[Node]:
    writes = [tensor for tensor in op.outputs if tensor >= 0]
    if op.kind == "BATCH_MATMUL" and len(reads) == 2:
        yield from _product(program, op, reads, writes)
    elif op.kind == "CONCATENATION":
        yield from _concatenation(program, reads, writes)
    elif len(writes) > 1 and program.graph.tensors[writes[0]].dtype not in FLOATS:
        # What rounds a result to its 8 bits is a shader of its own, joined where it can be.
        raw = [program.added(program.shape(tensor)) for tensor in writes]
        yield Node(op.kind, reads, raw)
        for before, after in zip(raw, writes, strict=True):
            yield Node("QUANTIZE", [before], [after], True)
    else:
        linkable = op.kind in UNARY | BINARY and bool(reads)
        linkable = linkable and program.shape(reads[0]) == program.shape(writes[0])
        yield Node(op.kind, reads, writes, linkable)


def _product(program: Program, op: Op, reads: list[int], writes: list[int]) -> Iterator[Node]:
    """A second operand that is computed is turned to rows, then laid out as weights are."""
    batch, height, rows, columns = program.shape(reads[1])
    if not op.attrs.get("adj_y"):
        turned = program.added((batch, height, columns, rows))
        yield Node("TRANSPOSE", [reads[1]], [turned])
        reads = [reads[0], turned]
        rows, columns = columns, rows
    weights = program.added((batch, height, rows, columns))
    program.weights.add(weights)
    yield Node("WEIGHTS", [reads[1]], [weights])
    yield Node(op.kind, [reads[0], weights], writes)


def _concatenation(program: Program, reads: list[int], writes: list[int]) -> Iterator[Node]:
    """Each operand once, four at a time: what is read again is copied before."""
    operands: list[int] = []
    for tensor in reads:
        if tensor in operands:
            copy = program.added(program.shape(tensor))
            yield Node("COPY", [tensor], [copy])
            tensor = copy
        operands.append(tensor)
    while len(operands) > _JOINED_AT_ONCE:
        some = operands[:_JOINED_AT_ONCE]
        part = program.added(_joined(program, some, writes[0]))
        yield Node("CONCATENATION", some, [part])
        operands = [part, *operands[_JOINED_AT_ONCE:]]
    yield Node("CONCATENATION", operands, writes)


def _joined(program: Program, operands: list[int], whole: int) -> Shape:
    """The shape of some operands, joined along the axis along which all of them are the whole."""
    shapes = [program.shape(tensor) for tensor in operands]
    found = list(shapes[0])
    for axis, extent in enumerate(program.shape(whole)):
        if extent != found[axis]:
            found[axis] = sum(shape[axis] for shape in shapes)
    return found[0], found[1], found[2], found[3]
