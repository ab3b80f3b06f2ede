"""DEQUANTIZE, a float op, QUANTIZE: one op on 8 bits."""

from __future__ import annotations

from dataclasses import replace

from perfcost.canonical.pieces import only_reader, part_of, rebuilt, results
from perfcost.graph import Graph, Links, Op

QUANTIZABLE = frozenset(
    {"SOFTMAX", "LOG_SOFTMAX", "LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU", "PRELU", "RELU",
     "RELU6", "RELU_N1_TO_1", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "ADD", "SUB", "MUL",
     "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "ABS", "NEG", "EXP", "RSQRT", "SQRT",
     "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "AVERAGE_POOL_2D", "MAX_POOL_2D", "CONCATENATION",
     "PAD", "TRANSPOSE", "RESHAPE", "SQUEEZE", "STRIDED_SLICE", "SPLIT", "GATHER", "CONV_2D",
     "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "BATCH_MATMUL", "ELU", "GELU",
     "LOG"}
)  # fmt: skip


def open_sandwiches(graph: Graph) -> Graph:
    """Takes the conversions around a float op away where they are pieces of it."""
    links = Links.of(graph)
    changed: dict[int, Op] = {}
    gone: set[int] = set()
    for place, op in enumerate(graph.ops):
        if op.kind not in QUANTIZABLE or len(op.outputs) != 1:
            continue
        reader = only_reader(graph, op.outputs[0])
        if reader is None or graph.ops[reader].kind != "QUANTIZE":
            continue
        result = graph.ops[reader].outputs[0]
        if not part_of(graph, op.outputs[0], result):
            continue
        inputs = []
        before: set[int] = set()
        for tensor in op.inputs:
            above = links.producer.get(tensor)
            if tensor < 0 or graph.tensors[tensor].constant is not None:
                inputs.append(tensor)
            elif (
                above is None
                or graph.ops[above].kind != "DEQUANTIZE"
                or not part_of(graph, tensor, result)
            ):
                break
            else:
                before.add(above)
                inputs.append(graph.ops[above].inputs[0])
        else:
            if before:
                ends = [graph.ops[other] for other in (*sorted(before), reader)]
                origin = op.origin + tuple(o for end in ends for o in end.origin)
                changed[place] = replace(op, inputs=tuple(inputs), outputs=(result,), origin=origin)
                gone.add(reader)
                gone |= {above for above in before if _unread(graph, above, place, changed)}
    return rebuilt(graph, gone, changed) if gone else graph


def _unread(graph: Graph, above: int, place: int, changed: dict[int, Op]) -> bool:
    """Whether nobody but ops that were changed reads what a DEQUANTIZE gives."""
    tensor = graph.ops[above].outputs[0]
    readers = Links.of(graph).consumers.get(tensor, ())
    return tensor not in results(graph) and all(reader in changed for reader in readers)
