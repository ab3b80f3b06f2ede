"""Relay types: tensors and tuples of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TensorType:
    """A tensor; an extent that is not known before the program runs is -1."""

    shape: tuple[int, ...]
    dtype: str

    def __str__(self) -> str:
        return f"Tensor[{tuple(self.shape)}, {self.dtype}]"


@dataclass(frozen=True, slots=True)
class TupleType:
    """A tuple of types."""

    fields: tuple[Type, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.fields))})"


@dataclass(frozen=True, slots=True)
class OtherType:
    """A function or something else that holds no data by itself."""

    words: str

    def __str__(self) -> str:
        return self.words


Type = TensorType | TupleType | OtherType


def leaves(found: Type) -> Iterator[TensorType]:
    """The tensors of a type in order, a nested tuple's in its place."""
    stack: list[Type] = [found]
    while stack:
        top = stack.pop()
        if isinstance(top, TensorType):
            yield top
        elif isinstance(top, TupleType):
            stack.extend(reversed(top.fields))


def agree(printed: Type, inferred: Type) -> bool:
    """Whether two types can be of the same value; an extent of -1 agrees with any."""
    pending: list[tuple[Type, Type]] = [(printed, inferred)]
    while pending:
        left, right = pending.pop()
        if isinstance(left, TupleType) and isinstance(right, TupleType):
            if len(left.fields) != len(right.fields):
                return False
            pending.extend(zip(left.fields, right.fields, strict=True))
        elif isinstance(left, TensorType) and isinstance(right, TensorType):
            if left.dtype != right.dtype or len(left.shape) != len(right.shape):
                return False
            if any(
                a != b and -1 not in (a, b) for a, b in zip(left.shape, right.shape, strict=True)
            ):
                return False
        elif type(left) is not type(right):
            return False
    return True
