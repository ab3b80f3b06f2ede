"""The skeleton hash: kinds and topology without sizes.

Train, validation and test networks are split by it: networks that differ in sizes only, and the
float and int8 twins of one network, share it. QUANTIZE and DEQUANTIZE are therefore looked through,
and of a constant counts only that there is one.
"""

from __future__ import annotations

from perfcost.graph import Graph, Op
from perfcost.hashing.order import canonical_order
from perfcost.hashing.structural import digest_of
from perfcost.ops.calls import call_order
from perfcost.ops.kinds import kind_of

VERSION = 1
"""Goes up whenever the same graph gets another skeleton hash; the split is then drawn again."""

_KEPT = f"_skeleton_{VERSION}"
_TRANSPARENT = frozenset({"QUANTIZE", "DEQUANTIZE"})
_NAMED = {"CUSTOM": "custom_code", "STABLEHLO_COMPOSITE": "name",
          "STABLEHLO_CUSTOM_CALL": "call_target_name"}  # fmt: skip


def _kind(graph: Graph, op: Op) -> str:
    name = _NAMED.get(op.kind)
    return f"{op.kind}:{op.attrs.get(name)!r}" if name else op.kind


def _skeleton(graph: Graph, bodies: dict[int, str]) -> str:
    place: dict[int, str] = {}
    for number, tensor in enumerate(graph.inputs):
        place.setdefault(tensor, f"i{number}")
    parts = [f"perfcost skeleton {VERSION}", f"{len(graph.inputs)} in"]

    def reference(tensor: int) -> str:
        if graph.tensors[tensor].constant is not None:
            return "w"
        return place.setdefault(tensor, f"f{len(place)}")

    for position in canonical_order(graph, _kind):
        op = graph.ops[position]
        if op.kind in _TRANSPARENT and op.inputs and op.inputs[0] >= 0 and op.outputs:
            place[op.outputs[0]] = reference(op.inputs[0])
            continue
        settings = kind_of(op.kind).settings
        words = [
            reference(tensor)
            for slot, tensor in enumerate(op.inputs)
            if tensor >= 0 and not (slot in settings and graph.tensors[tensor].constant is not None)
        ]
        number = len(parts)
        for slot, tensor in enumerate(op.outputs):
            if tensor >= 0:
                place.setdefault(tensor, f"{number}.{slot}")
        called = [bodies[body] for body in op.bodies]
        parts.append(f"{_kind(graph, op)} {words} {len(op.outputs)} {called}")
    parts.append(f"out {[reference(tensor) for tensor in graph.outputs]}")
    return digest_of("\n".join(parts))


def skeleton_hash(graph: Graph) -> str:
    """32 hexadecimal digits that are equal for graphs of the same kinds and topology.

    Raises:
        InvalidGraph: an op calls a subgraph that is not there, or one that calls itself.
    """
    return graph.kept(_KEPT, _derived)


def _derived(graph: Graph) -> str:
    bodies: dict[int, str] = {}
    digest = ""
    for inside in reversed(call_order(graph, None)):
        digest = bodies[inside.index] = _skeleton(inside, bodies)
    return digest
