"""TFLite_Detection_PostProcess, which TVM's importer takes apart into dozens of calls."""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.frontends.relay.lowering.lowered import Lowered, Operand
from perfcost.frontends.relay.lowering.rules.context import Context, Rule
from perfcost.frontends.relay.lowering.view import View
from perfcost.frontends.relay.program import Node
from perfcost.frontends.relay.types import TensorType

_COUNTS = "vision.get_valid_counts"
_STEPS = frozenset(
    {"reshape", "concatenate", "split", "add", "subtract", "multiply", "transpose", "expand_dims"}
)
_FIELDS = 6


@dataclass(frozen=True, slots=True)
class Detection:
    """The pieces of one op: what it reads, what it gives, and the calls behind the selection."""

    boxes: int
    scores: int
    anchors: int
    outputs: tuple[int, int, int, int]
    pieces: frozenset[Node]


def _only(view: View, value: int, op: str) -> Node | None:
    readers = view.readers.get(value, [])
    return readers[0] if len(readers) == 1 and readers[0].op == op else None


def _source(view: View, value: int) -> int | None:
    """What the calls that prepare an operand start from, its conversion to float left out."""
    node = view.writer(value)
    while node.op in _STEPS:
        value = node.inputs[0]
        node = view.writer(value)
    return node.inputs[0] if node.op == "qnn.dequantize" else value


def _find(view: View, counts: Node) -> Detection | None:
    """The op whose selection of the best boxes is ``counts``."""
    if not view.imported or len(counts.outputs) != 3:
        return None
    kept = view.writer(counts.inputs[0])
    moved = view.writer(kept.inputs[0]) if kept.op == "vision.non_max_suppression" else kept
    if moved.op != "vision.multibox_transform_loc":
        return None
    cut = _only(view, counts.outputs[1], "strided_slice")
    parts = _only(view, cut.outputs[0], "split") if cut is not None else None
    if cut is None or parts is None or len(parts.outputs) != _FIELDS:
        return None
    classes = _only(view, parts.outputs[0], "reshape")
    scores = _only(view, parts.outputs[1], "reshape")
    boxes = _only(view, parts.outputs[2], "concatenate")
    operands = [_source(view, moved.inputs[place]) for place in (1, 0, 2)]
    if classes is None or scores is None or boxes is None or None in operands:
        return None
    results = boxes.outputs[0], classes.outputs[0], scores.outputs[0], counts.outputs[0]
    found = [one for one in operands if one is not None]
    pieces = frozenset({cut, parts, classes, scores, boxes})
    return Detection(found[0], found[1], found[2], results, pieces)


def detection(context: Context, node: Node) -> list[Lowered] | None:
    """The op itself; the file gives its results no shape, and all of them as floats."""
    view = context.view
    found = _find(view, node)
    if found is None:
        return None
    for value in found.outputs:
        view.program.types[value] = TensorType((), "float32")
    inputs: list[Operand] = [found.boxes, found.scores, found.anchors]
    attrs = {"custom_code": "TFLite_Detection_PostProcess"}
    return [Lowered("CUSTOM", inputs, found.outputs, node, {**attrs})]


def piece(context: Context, node: Node) -> list[Lowered] | None:
    """A call behind the selection: the op above takes it along."""
    counts = context.view.writer(node.inputs[0])
    for _ in range(3):
        if counts.op == _COUNTS or not counts.inputs:
            break
        counts = context.view.writer(counts.inputs[0])
    if counts.op != _COUNTS:
        return None
    found = _find(context.view, counts)
    if found is None or node not in found.pieces:
        return None
    return [Lowered("ALIAS", [counts.outputs[0]], (), node)]


RULES: dict[str, tuple[Rule, ...]] = {
    _COUNTS: (detection,),
    **dict.fromkeys(("strided_slice", "split", "reshape", "concatenate"), (piece,)),
}
