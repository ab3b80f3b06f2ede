"""A Relay program as one flat list of calls over numbered values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

from perfcost.frontends.relay.attributes import Attrs, Mismatch
from perfcost.frontends.relay.places import Source
from perfcost.frontends.relay.syntax import Attr, Meta, Number
from perfcost.frontends.relay.types import TensorType, Type

Item = Union[int, tuple["Item", ...]]  # noqa: UP007 - read while the module loads
"""The number of a value, or a tuple of items."""


def values_of(item: Item) -> list[int]:
    """The values of an item in order."""
    found: list[int] = []
    stack: list[Item] = [item]
    while stack:
        top = stack.pop()
        if isinstance(top, int):
            found.append(top)
        else:
            stack.extend(reversed(top))
    return found


@dataclass(slots=True, eq=False)
class Node:
    """One call.

    Attributes:
        op: the operator; ``input`` for a parameter of the program, ``constant`` for a literal or a
            meta constant.
        args: operands; a tuple stays one.
        outputs: values it gives.
        at: where in the text.
        label: of the variable that it is bound to, empty for the result of a function.
    """

    op: str
    args: tuple[Item, ...]
    attrs: dict[str, Attr]
    outputs: tuple[int, ...]
    at: int
    span: str = ""
    name: str = ""
    literal: Number | Meta | None = None
    printed: Type | None = None
    label: str = ""

    @property
    def options(self) -> Attrs:
        return Attrs(self.attrs)

    def tensor(self, place: int) -> int:
        """The value of an operand that is one tensor; ``Mismatch`` if it is missing or a tuple."""
        if place >= len(self.args):
            raise Mismatch(f"{len(self.args)} operands, expected at least {place + 1}")
        found = self.args[place]
        if not isinstance(found, int):
            raise Mismatch(f"operand {place} is a tuple, expected a tensor")
        return found

    @property
    def inputs(self) -> list[int]:
        """The values it reads, tuples opened."""
        return values_of(self.args)


@dataclass(slots=True, eq=False)
class Program:
    """What a module computes: nodes in order, the type and the writer of each value."""

    source: Source
    nodes: list[Node] = field(default_factory=list)
    types: list[TensorType | None] = field(default_factory=list)
    writers: list[Node] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)

    def value(self, found: TensorType | None) -> int:
        self.types.append(found)
        return len(self.types) - 1

    def add(self, node: Node) -> Node:
        self.nodes.append(node)
        self.writers.extend([node] * (len(self.types) - len(self.writers)))
        return node

    def type_of(self, value: int) -> TensorType:
        """The type of a value once all are known."""
        found = self.types[value]
        assert found is not None
        return found
