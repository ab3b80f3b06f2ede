"""What a constraint is, and what it looks at: one op with its tensors sorted by role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from perfcost.graph import Op, Tensor
from perfcost.physics.ethos_u.support.roles import Layout
from perfcost.physics.price import Reason

Found = tuple[str, str]
"""Which tensor or attribute breaks a constraint, and what was found there."""


@dataclass(frozen=True, slots=True)
class Case:
    """One op as the constraints see it.

    ``inputs`` are in the order of the file, ``None`` where one is left out. ``ifms`` and ``ofms``
    are the feature maps among the inputs and outputs: data rather than parameters, constant or
    not. ``u85`` tells the family.
    """

    op: Op
    layout: Layout
    inputs: tuple[Tensor | None, ...]
    ifms: tuple[Tensor, ...]
    ofms: tuple[Tensor, ...]
    u85: bool

    @property
    def ifm(self) -> Tensor:
        return self.ifms[0]

    @property
    def ofm(self) -> Tensor:
        return self.ofms[0]

    def at(self, position: int) -> Tensor | None:
        """The input at a position of the file, ``None`` where it is left out."""
        return self.inputs[position] if position < len(self.inputs) else None

    @property
    def weights(self) -> Tensor | None:
        return self.at(self.layout.weights)

    @property
    def bias(self) -> Tensor | None:
        return self.at(self.layout.bias)

    def values(self, parameter: int = 0) -> tuple[int, ...] | None:
        """The contents of a parameter tensor where they are known."""
        tensor = self.at(self.layout.params[parameter])
        if tensor is None or tensor.constant is None:
            return None
        return tensor.constant.values


Check = Callable[[Case], Found | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One constraint: what it asks for, what to change where it is broken, and the test."""

    code: str
    constraint: str
    edit: str
    check: Check

    def reason(self, found: Found) -> Reason:
        return Reason(self.code, self.constraint, found[0], found[1], self.edit)


def shape_text(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def padded(shape: tuple[int, ...], rank: int = 4) -> tuple[int, ...]:
    """A shape with ones in front up to a rank; a longer one stays as it is."""
    return (1,) * (rank - len(shape)) + shape


def flag(case: Case, name: str) -> bool:
    return bool(case.op.attrs.get(name, False))
