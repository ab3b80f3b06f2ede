"""What the lowering rules ask of a program: who writes, who reads, what is constant."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from perfcost.frontends.relay.program import Node, Program
from perfcost.frontends.relay.syntax import Meta, Number
from perfcost.frontends.relay.types import TensorType
from perfcost.graph import Quantization

_IMPORTED = re.compile(r"v_param_\d+$")
_PLACE = re.compile(r":\d+:\d+$")

LEARNED: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(("nn.conv2d", "qnn.conv2d", "nn.conv2d_transpose", "qnn.conv2d_transpose",
                     "nn.dense", "qnn.dense", "nn.bias_add", "nn.prelu"), (1,)),
    "nn.batch_norm": (1, 2, 3, 4),
}  # fmt: skip
"""Operands that are learned: a parameter used nowhere else is a constant and no input."""


Bounds = tuple[tuple[int, int, int], ...]
"""(first, end, stride) of each axis."""


class View:
    """A program seen from its values."""

    def __init__(self, program: Program, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self.program = program
        self.arrays = arrays
        self.readers: dict[int, list[Node]] = {}
        for node in program.nodes:
            for value in node.inputs:
                self.readers.setdefault(value, []).append(node)
        self.results = frozenset(program.outputs)
        self.imported = any(
            node.op == "input" and _IMPORTED.match(node.name) for node in program.nodes
        )
        self.joined_names = any(";" in node.span for node in program.nodes)
        self.squeezed: dict[Node, list[Node] | None] = {}
        """The squeezes that are all that reads a split, once they were looked for."""
        self.cuts: dict[int, list[tuple[Node, Bounds]]] = {}
        """The first slices that read a value, with their bounds, once they were asked for."""
        self.quantization: dict[int, Quantization] = {}
        self._constants = self._find_constants()

    def _find_constants(self) -> frozenset[int]:
        found: set[int] = set()
        for node in self.program.nodes:
            if node.op == "constant":
                found.update(node.outputs)
            elif node.op == "input":
                given = node.name in self.arrays or _IMPORTED.match(node.name)
                for value in node.outputs:
                    if given or self._only_learned(value):
                        found.add(value)
        return frozenset(found)

    def _only_learned(self, value: int) -> bool:
        readers = self.readers.get(value, [])
        return bool(readers) and all(
            any(
                slot < len(node.args) and node.args[slot] == value
                for slot in LEARNED.get(node.op, ())
            )
            and node.args[0] != value
            for node in readers
        )

    def type(self, value: int) -> TensorType:
        return self.program.type_of(value)

    def shape(self, value: int) -> tuple[int, ...]:
        return self.type(value).shape

    def dtype(self, value: int) -> str:
        return self.type(value).dtype

    def writer(self, value: int) -> Node:
        return self.program.writers[value]

    def constant(self, value: int) -> bool:
        return value in self._constants

    def number(self, value: int) -> float | None:
        """The value of a literal."""
        literal = self.writer(value).literal
        return literal.value if isinstance(literal, Number) else None

    def array(self, value: int) -> NDArray[np.generic] | None:
        """The contents of a constant, where they are at hand."""
        node = self.writer(value)
        if isinstance(node.literal, Meta):
            return self.arrays.get(f"meta[{node.literal.kind}][{node.literal.index}]")
        return self.arrays.get(node.name) if node.op == "input" else None

    def sole(self, value: int) -> bool:
        """Whether one call alone reads the value, and it is no result."""
        return len(self.readers.get(value, ())) == 1 and value not in self.results

    def above(self, value: int, *ops: str, sole: bool = True) -> Node | None:
        """The writer of a value if it is one of ``ops``, and only this reader needs it."""
        node = self.writer(value)
        if node.op not in ops or (sole and not self.sole(value)):
            return None
        return node

    def joined(self, one: Node, other: Node) -> bool:
        """Whether two calls can be pieces of one op of the file that was imported.

        TVM's importer gives all calls of one op the same span.
        """
        return not self.imported or not one.span or not other.span or one.span == other.span

    def apart(self, one: Node, other: Node) -> bool:
        """Whether the importer says that two calls were two ops."""
        return not self.joined(one, other)

    def name_of(self, node: Node) -> str:
        """The name of what a call gives: the tensor's of the file, else none."""
        if node.op == "input":
            return node.name
        return _PLACE.sub("", node.span) if self.imported else ""
