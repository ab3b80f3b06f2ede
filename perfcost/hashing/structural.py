"""The structural hash: the same for the same network from any front end, and for no other.

In it: op kinds, attributes, constant parameters, shapes (batch included), dtypes, topology, inputs
and outputs, quantisation as equality classes, and the bodies that control flow calls. Not in it:
names, scale values, weights, the order of ops in the file, whether two ops share a constant, and
words that mean the same (``spelling``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from perfcost.graph import AttrValue, Constant, Graph, Op, Quantization, Tensor
from perfcost.hashing.order import canonical_order, producers
from perfcost.hashing.spelling import respelt
from perfcost.ops.calls import call_order
from perfcost.ops.kinds import kind_of

ENTROPY_BUCKET_BITS = 0.25
"""Weights whose entropies lie in the same bucket of this width share a price."""

VERSION = 1
"""Goes up whenever a hash may stand for another graph; labels under the old are made again."""

_KEPT = f"_structural_{VERSION}"  # a pickled graph takes it along to other versions
_NAMES = frozenset({"shared_name", "container", "table_id"})
_SHAPE_OPERAND = {"RESHAPE": 1, "SQUEEZE": 1}


@dataclass(frozen=True, slots=True)
class Canonical:
    """A graph's structural hash, and a hash of the entropy buckets of its weights."""

    digest: str
    weights: str


def digest_of(text: str) -> str:
    """32 hexadecimal digits of a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _bucket(constant: Constant) -> str:
    entropy = constant.entropy_bits
    return "-" if entropy is None else str(math.floor(entropy / ENTROPY_BUCKET_BITS))


def _attribute(value: AttrValue) -> str:
    """An attribute as text, the same for Python's numbers and numpy's."""
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, tuple):
        return f"({','.join([str(int(item)) for item in value])})"
    # six digits: one front end gives a float32 option as it is, another rounds it
    return f"{value:.6g}" if isinstance(value, float) else str(int(value or 0))


def attributes(op: Op) -> str:
    """Attributes in order of their names; names of variables are classes, not text."""
    items = tuple(op.attrs.items())
    # with their types: 10000000 and 1e7 are equal, and written otherwise
    return _text(items, tuple([type(value) for _, value in items]))


@lru_cache(maxsize=1 << 12)
def _text(items: tuple[tuple[str, AttrValue], ...], types: tuple[type, ...]) -> str:
    return ",".join(
        f"{name}={_attribute(value)}"
        for name, value in sorted(items)
        if value is not None and name not in _NAMES
    )


def _plain(graph: Graph, op: Op) -> str:
    """What of an op needs no numbering, to put dead ops in order."""
    tensors = graph.tensors
    inputs = [f"{tensors[t].shape}{tensors[t].dtype}{_values(tensors[t].constant)}" if t >= 0
              else "-" for t in op.inputs]  # fmt: skip
    outputs = [f"{tensors[t].shape}{tensors[t].dtype}" if t >= 0 else "-" for t in op.outputs]
    return f"{op.kind}|{attributes(op)}|{inputs}|{outputs}"


def _values(constant: Constant | None) -> str:
    if constant is None:
        return ""
    return "c" if constant.values is None else f"c{constant.values}"


class _Writer:
    """Writes one graph as canonical text; a fresh one for each body."""

    def __init__(self, graph: Graph, bodies: dict[int, Canonical]) -> None:
        self.graph = graph
        self.bodies = bodies
        self.parts: list[str] = []
        self.buckets: list[str] = []
        self._classes: dict[tuple[object, ...], int] = {}
        self._class_of: dict[tuple[float, int], int] = {}
        self._names: dict[AttrValue, int] = {}
        self._place: dict[int, str] = {}

    def write(self) -> Canonical:
        graph = self.graph
        produced = producers(graph)
        for number, tensor in enumerate(graph.inputs):
            # a graph input that an op writes (a variable) is known by the input
            self._place.setdefault(tensor, f"i{number}")
            self.parts.append(f"in {self._described(graph.tensors[tensor])}")
        for number, position in enumerate(canonical_order(graph, _plain)):
            self._op(number, graph.ops[position])
        for tensor in graph.outputs:
            known = tensor in self._place or tensor in produced
            self.parts.append(f"out {self._reference(tensor)}" if known else self._free(tensor))
        text = "\n".join((f"perfcost structural {VERSION}", *self.parts))
        return Canonical(digest_of(text), digest_of(" ".join(self.buckets)))

    def _op(self, number: int, op: Op) -> None:
        kind = kind_of(op.kind)
        dropped = _SHAPE_OPERAND.get(op.kind)
        last = len(op.inputs)
        while last and op.inputs[last - 1] < 0:  # an absent bias may be -1 or left out
            last -= 1
        words = []
        for slot, tensor in enumerate(op.inputs[:last]):
            if tensor < 0:
                words.append("-")
                continue
            found = self.graph.tensors[tensor]
            constant = found.constant
            if constant is None:
                words.append(self._reference(tensor))
            elif slot == dropped:
                continue
            elif slot in kind.biases:
                words.append(f"b{found.shape}{found.dtype}")
            elif slot in kind.weights:
                words.append(f"w{found.shape}{found.dtype}{_granularity(found.quantization)}")
                self.buckets.append(_bucket(constant))
            else:
                words.append(f"{_values(constant)}{self._described(found)}")
                if slot not in kind.settings:
                    self.buckets.append(_bucket(constant))
        results = []
        for slot, tensor in enumerate(op.outputs):
            if tensor >= 0:
                self._place.setdefault(tensor, f"{number}.{slot}")
                results.append(self._described(self.graph.tensors[tensor]))
            else:
                results.append("-")
        names = []
        if not _NAMES.isdisjoint(op.attrs):
            names = [
                self._names.setdefault(op.attrs[name], len(self._names))
                for name in sorted(name for name in op.attrs if name in _NAMES)
            ]
        called = []
        for body in op.bodies:
            called.append(self.bodies[body].digest)
            self.buckets.append(self.bodies[body].weights)
        self.parts.append(
            f"{op.kind} {attributes(op)} {names or ''} {' '.join(words)} > {' '.join(results)} "
            f"{' '.join(called)}"
        )

    def _reference(self, tensor: int) -> str:
        return self._place.get(tensor) or self._free(tensor)

    def _free(self, tensor: int) -> str:
        """A tensor that nobody writes, as the state of an SVDF: known by its first reader."""
        place = f"f{len(self._place)}"
        self._place[tensor] = place
        return f"{place}{self._described(self.graph.tensors[tensor])}"

    def _described(self, tensor: Tensor) -> str:
        variable = "v" if tensor.is_variable else ""
        quantization = tensor.quantization
        if quantization is None:
            return f"{tensor.shape}{tensor.dtype}{variable}"
        if len(quantization.scales) > 1:
            return f"{tensor.shape}{tensor.dtype}{variable}{_granularity(quantization)}"
        return f"{tensor.shape}{tensor.dtype}{variable}q{self._quantization_class(quantization)}"

    def _quantization_class(self, quantization: Quantization) -> int:
        exact = quantization.scales[0], quantization.zero_points[0]
        known = self._class_of.get(exact)
        if known is None:
            known = self._classes.setdefault(quantization.key, len(self._classes))
            self._class_of[exact] = known
        return known


def _granularity(quantization: Quantization | None) -> str:
    """Quantisation of weights: whole, per channel or none.

    Nothing depends on whether the weights' scale happens to be that of another tensor, and so an
    accident of that kind must not make another network of it.
    """
    if quantization is None:
        return ""
    count = len(quantization.scales)
    return "q" if count == 1 else f"q{count}@{quantization.axis}"


def canonical(graph: Graph) -> Canonical:
    """The canonical form, computed once a graph.

    Raises:
        InvalidGraph: an op calls a subgraph that is not there, or one that calls itself.
    """
    return graph.kept(_KEPT, _canonical)


def _canonical(graph: Graph) -> Canonical:
    bodies: dict[int, Canonical] = {}
    # bodies before what calls them, the graph itself last
    form = Canonical("", "")
    for inside in reversed(call_order(graph, None)):
        form = _Writer(respelt(inside), bodies).write()
        bodies[inside.index] = form
    return form


def structural_hash(graph: Graph) -> str:
    """32 hexadecimal digits that are equal for graphs with the same structure.

    Raises:
        InvalidGraph: an op calls a subgraph that is not there, or one that calls itself.
    """
    return canonical(graph).digest
