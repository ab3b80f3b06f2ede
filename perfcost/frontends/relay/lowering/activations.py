"""Which activation a clip stands for."""

from __future__ import annotations

from perfcost.frontends.relay.lowering.quantization import RANGES
from perfcost.frontends.relay.lowering.view import View
from perfcost.frontends.relay.program import Node
from perfcost.graph import Quantization

_NEAR_SIX = 0.01
_MANY = 8
"""A net of RELU with this many results has one that ends above 6."""

_EITHER = "RELU or RELU6"


class Votes:
    """Tells RELU from RELU6 where a clip at the end of the range could be either.

    A result calibrated to end at or below 6 is clipped at the end of its range by both. What the
    importer calls it decides, else the clips of the same program that could be only one of them.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._answer: str | None = None

    def of(self, node: Node) -> str | None:
        """The kind of op that a clip of the program is, ``None`` where it is none of TFLite's."""
        found = clip_kind(self._view, node)
        if found != _EITHER:
            return found
        named = self._named(node)
        if named is not None:
            return named
        if self._answer is None:
            self._answer = self._count()
        return self._answer

    def _named(self, node: Node) -> str | None:
        """What the name says that an importer gives, as ``conv1/Relu6``."""
        if not self._view.imported or "relu" not in node.span.lower():
            return None
        return "RELU6" if "relu6" in node.span.lower() else "RELU"

    def _count(self) -> str:
        six = plain = either = 0
        for node in self._view.program.nodes:
            if node.op != "clip":
                continue
            kind = clip_kind(self._view, node)
            known = self._view.quantization.get(node.outputs[0])
            if kind == "RELU6" or (
                kind == _EITHER and known is not None and _ends_at_six(known, node, self._view)
            ):
                six += 1
            elif kind == "RELU":
                plain += 1
            either += kind == _EITHER
        return "RELU6" if six > plain or (not plain and either >= _MANY) else "RELU"


def _top(known: Quantization, high: int) -> float:
    return known.scale * (high - known.zero_point)


def _ends_at_six(known: Quantization, node: Node, view: View) -> bool:
    high = RANGES[view.dtype(node.outputs[0])][1]
    return abs(_top(known, high) - 6) < _NEAR_SIX


def clip_kind(view: View, node: Node) -> str | None:
    """The kind of op that a clip is by its bounds alone, or ``RELU or RELU6``."""
    low, high = (
        node.options.number("a_min", float("-inf")),
        node.options.number("a_max", float("inf")),
    )
    out = node.outputs[0]
    dtype = view.dtype(out)
    known = view.quantization.get(node.inputs[0])
    if dtype not in RANGES:
        return {
            (0.0, 6.0): "RELU6", (-1.0, 1.0): "RELU_N1_TO_1", (0.0, 1.0): "RELU_0_TO_1",
            (0.0, float("inf")): "RELU",
        }.get((low, high))  # fmt: skip
    if known is None or len(known.scales) > 1 or known.scale <= 0:
        return None
    least, most = RANGES[dtype]

    def stored(real: float) -> int:
        return min(max(round(real / known.scale) + known.zero_point, least), most)

    if low == stored(0.0) and high == most:
        return _EITHER if stored(6.0) == most else "RELU"
    if low == stored(0.0) and abs(high - stored(6.0)) <= 1:
        return "RELU6"
    if abs(low - stored(-1.0)) <= 1 and abs(high - stored(1.0)) <= 1:
        return "RELU_N1_TO_1"
    return None
