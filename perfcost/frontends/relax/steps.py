"""A Relax function as plain records: what the rest of the front end works on, free of TVM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Number = float | int
Attr = int | float | bool | str | tuple[int, ...] | tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Ref:
    """A value by its number."""

    value: int


@dataclass(frozen=True, slots=True)
class Refs:
    """A tuple of values."""

    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Extents that stand as an operand."""

    extents: tuple[int, ...]


Operand = Ref | Refs | Shape | Number | str | None


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor: an input, a constant where ``data`` is there, or what a step makes."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    data: NDArray[Any] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One operator call.

    Attributes:
        op: its name without ``relax.``; ``call_tir`` and its like for what is opaque.
        made: the values that it makes.
        name: of the variable that it is bound to.
    """

    op: str
    operands: tuple[Operand, ...]
    attrs: Mapping[str, Attr]
    made: tuple[int, ...]
    name: str

    def refs(self) -> tuple[int, ...]:
        """The values that it reads, in order."""
        found: list[int] = []
        for operand in self.operands:
            if isinstance(operand, Ref):
                found.append(operand.value)
            elif isinstance(operand, Refs):
                found.extend(operand.values)
        return tuple(found)

    def pair(self, name: str, default: tuple[int, int] = (1, 1)) -> tuple[int, int]:
        """(height, width) of an attribute."""
        found = self.attrs.get(name, default)
        if isinstance(found, tuple) and len(found) == 2:
            return int(found[0]), int(found[1])
        return default

    def integer(self, name: str, default: int = 0) -> int:
        found = self.attrs.get(name, default)
        return int(found) if isinstance(found, (int, float)) else default


@dataclass(frozen=True, slots=True)
class Program:
    """A function: values by number, steps in the order they run."""

    values: tuple[Value, ...]
    steps: tuple[Step, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
