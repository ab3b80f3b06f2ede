"""The first way in which two graphs differ, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from perfcost.graph import Graph, Op, Tensor
from perfcost.hashing.order import canonical_order
from perfcost.hashing.spelling import respelt
from perfcost.ops import kind_of
from perfcost.text import shown

# Names of variables: what they are called does not count.
_NAMES = frozenset({"shared_name", "container", "table_id"})
# A view's new shape is that of its output.
_SHAPE_OPERAND = {"RESHAPE": 1, "SQUEEZE": 1}


def first_difference(a: Graph, b: Graph) -> str | None:
    """What differs first, ops in canonical order; ``None`` where nothing that counts is found.

    What counts is what the structural hash is made of: not names, not the spelling of slices, not
    the values of scales, not weights. The subgraphs that control flow calls are not looked into.
    """
    return next(_Comparison(respelt(a), respelt(b)).differences(), None)


@dataclass(slots=True)
class _Comparison:
    """Two graphs side by side, and what was found to stand for what."""

    a: Graph
    b: Graph
    same: dict[int, int] = field(default_factory=dict)
    """Tensor of a -> tensor of b."""
    classes: dict[tuple[object, ...], tuple[object, ...]] = field(default_factory=dict)
    """Quantisation in a -> quantisation in b."""

    def differences(self) -> Iterator[str]:
        a, b = self.a, self.b
        for role, left, right in (
            ("inputs", a.inputs, b.inputs),
            ("outputs", a.outputs, b.outputs),
        ):
            if len(left) != len(right):
                yield f"{len(left)} graph {role}, and {len(right)}"
        for place, (x, y) in enumerate(zip(a.inputs, b.inputs, strict=False)):
            yield from self._pair(f"graph input {place}", x, y)
        orders = (canonical_order(graph, lambda _, op: op.kind) for graph in (a, b))
        for left_at, right_at in zip(*orders, strict=False):
            yield from self._ops(left_at, right_at)
        if len(a.ops) != len(b.ops):
            yield f"{len(a.ops)} ops, and {len(b.ops)}"
        for place, (x, y) in enumerate(zip(a.outputs, b.outputs, strict=False)):
            if self.same.get(x, y) != y:
                yield f"graph output {place} is the result of another op"

    def _ops(self, left_at: int, right_at: int) -> Iterator[str]:
        op, other = self.a.ops[left_at], self.b.ops[right_at]
        where = self.a.name_op(left_at)
        if op.kind != other.kind:
            yield f"{where}, and {self.b.name_op(right_at)}"
        for name in sorted({*op.attrs, *other.attrs} - _NAMES):
            left, right = op.attrs.get(name), other.attrs.get(name)
            if left != right:
                yield f"{where}: {name} is {shown(left)}, and {shown(right)}"
        ins = (_present(self.a, op), _present(self.b, other))
        for role, (mine, theirs) in (("input", ins), ("output", (op.outputs, other.outputs))):
            if len(mine) != len(theirs):
                yield f"{where}: {len(mine)} {role}s, and {len(theirs)}"
            for place, (x, y) in enumerate(zip(mine, theirs, strict=False)):
                what = f"{where}: {role} {place}"
                if (x < 0) != (y < 0):
                    yield f"{what} is absent in one of them"
                elif x >= 0:
                    learned = role == "input" and _learned(op, place)
                    yield from self._pair(what, x, y, learned=learned)

    def _pair(self, what: str, x: int, y: int, *, learned: bool = False) -> Iterator[str]:
        left, right = self.a.tensors[x], self.b.tensors[y]
        if left.shape != right.shape:
            yield f"{what} has shape {list(left.shape)}, and {list(right.shape)}"
        if left.dtype != right.dtype:
            yield f"{what} is {left.dtype}, and {right.dtype}"
        if (left.constant is None) != (right.constant is None):
            yield f"{what} is a constant in one of them"
        if left.is_variable != right.is_variable:
            yield f"{what} is a variable in one of them"
        if left.constant is None and self.same.setdefault(x, y) != y:
            yield f"{what} comes from elsewhere"
        if not learned:
            yield from _values(what, left, right)
            yield from self._quantization(what, left, right)

    def _quantization(self, what: str, left: Tensor, right: Tensor) -> Iterator[str]:
        mine, theirs = left.quantization, right.quantization
        if mine is None or theirs is None:
            if mine is not theirs:
                yield f"{what} is quantised in one of them"
        elif len(mine.scales) != len(theirs.scales):
            yield f"{what} has {len(mine.scales)} scales, and {len(theirs.scales)}"
        elif len(mine.scales) == 1 and self.classes.setdefault(mine.key, theirs.key) != theirs.key:
            yield f"{what} has the quantisation of an earlier tensor in one of them only"


def _present(graph: Graph, op: Op) -> tuple[int, ...]:
    """Inputs without absent ones at the end: a missing bias may be -1 or left out.

    The fixed shape that a view is given does not count either.
    """
    inputs = op.inputs
    slot = _SHAPE_OPERAND.get(op.kind, len(inputs))
    if slot < len(inputs) and graph.tensors[inputs[slot]].constant is not None:
        inputs = inputs[:slot]
    last = len(inputs)
    while last and inputs[last - 1] < 0:
        last -= 1
    return inputs[:last]


def _learned(op: Op, place: int) -> bool:
    kind = kind_of(op.kind)
    return place in kind.weights or place in kind.biases


def _values(what: str, left: Tensor, right: Tensor) -> Iterator[str]:
    mine = None if left.constant is None else left.constant.values
    theirs = None if right.constant is None else right.constant.values
    if mine is not None and theirs is not None and mine != theirs:
        yield f"{what} holds {shown(list(mine))}, and {shown(list(theirs))}"
