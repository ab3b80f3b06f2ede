"""What a rule makes of calls: ops whose operands are values still."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from perfcost.frontends.relay.program import Node
from perfcost.graph import AttrValue, Quantization

NHWC_OF_NCHW = (0, 2, 3, 1)
NCHW_OF_NHWC = (0, 3, 1, 2)


@dataclass(frozen=True, slots=True)
class Setting:
    """A small integer constant: axes, pads, a shape."""

    values: tuple[int, ...]
    dtype: str = "int32"
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """A constant (or what computes one) in another arrangement.

    Attributes:
        value: in the program.
        order: axes of the value in the order of the op's; ``None`` where they are the same.
        shape: of the op's operand, where axes are split or joined too.
        axis: of the channels in that shape.
    """

    value: int
    order: tuple[int, ...] | None = None
    shape: tuple[int, ...] | None = None
    axis: int = 0


@dataclass(frozen=True, slots=True)
class Image:
    """An (N, C, H, W) value that the op wants as (N, H, W, C)."""

    value: int


@dataclass(frozen=True, slots=True)
class Fill:
    """A scalar of a quantised or float type, as PADV2 fills with."""

    number: float
    dtype: str
    quantization: Quantization | None = None


Operand = int | Setting | Weights | Image | Fill | None


@dataclass(slots=True)
class Lowered:
    """One op.

    Attributes:
        kind: of the IR.
        inputs: operands; ``None`` is absent.
        outputs: values.
        attrs: of the IR.
        node: the call that the op ends with.
        images: whether the outputs are images in the order (N, H, W, C) of (N, C, H, W) values.
        follow: rewrites the op for operands that are at hand as (N, H, W, C) only; ``None`` where
            it needs them as the text has them.
        views: whether the op only looks at memory: an image of one pixel needs no transpose.
    """

    kind: str
    inputs: list[Operand]
    outputs: tuple[int, ...]
    node: Node
    attrs: dict[str, AttrValue] = field(default_factory=dict)
    images: bool = False
    follow: Callable[[Lowered], Lowered | None] | None = None
    views: bool = False

    def values(self) -> list[int]:
        """The values of the program that it reads."""
        found = []
        for one in self.inputs:
            if isinstance(one, int):
                found.append(one)
            elif isinstance(one, (Weights, Image)):
                found.append(one.value)
        return found


Attrs = Mapping[str, AttrValue]
